#pragma once

#include "tunneld/base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace tunnel::supervisor {

/// Whom a file is written for.
enum class FileUse : std::uint8_t {
  /// For the next tunneld: on the disk when it is written, and of the mode that the umask leaves.
  State,
  /// For another program to read now: of mode 0644 whatever the umask, and not worth waiting
  /// for the disk, as the next one replaces it.
  Export,
};

/// Replaces a file as a whole, so that whoever opens it finds the old text or the new one: by way
/// of NAME.new beside it, which is not left behind.
Result<void> replace_file(const std::filesystem::path& file, std::string_view text, FileUse use);

}  // namespace tunnel::supervisor
