#pragma once

#include "tunneld/base/result.hpp"
#include "tunneld/config/parse.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace tunnel::config {

/// The bits of a mode that chmod(2) sets.
inline constexpr mode_t kPermissions = 07777;

/// A file as it was read at once; without octets where the facts say why not.
struct File {
  FileFacts facts;
  std::vector<std::uint8_t> bytes;
  uid_t owner = 0;
};

/// Reads a plain file of at most `limit` octets.
File read_file(const std::filesystem::path& path, std::size_t limit);

/// The text of one; else an error whose context names the file.
Result<std::string> read_text(const std::filesystem::path& path, std::size_t limit);

/// What errno says.
std::error_code last_error();

}  // namespace tunnel::config
