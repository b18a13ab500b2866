#pragma once

#include "tunneld/base/unique_fd.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

namespace tunnel::audit {

/// A log that others may rotate: it is opened again when another file, or none, stands at its path.
/// A line that cannot be written (the disk is full) is counted, and the count is written as soon as
/// there is room; nothing ever waits for it.
class LogFile {
 public:
  explicit LogFile(std::filesystem::path path);

  /// Appends one line, a newline is added. `prefix` stands before the notice of lost lines.
  void write(std::string_view line, std::string_view prefix);

  /// The same for many lines at once, each with its newline: in one write.
  void write_all(std::string_view lines, std::string_view prefix);

  std::uint64_t lost() const noexcept { return lost_; }

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  bool current() const noexcept;
  bool reopen() noexcept;
  std::size_t append(std::string_view lines) noexcept;

  std::filesystem::path path_;
  UniqueFd file_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t unreported_ = 0;
};

}  // namespace tunnel::audit
