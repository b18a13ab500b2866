#include "tunneld/audit/log_file.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace tunnel::audit {

LogFile::LogFile(std::filesystem::path path) : path_{std::move(path)} {}

bool LogFile::current() const noexcept {
  struct stat there {};

  return file_ && ::stat(path_.c_str(), &there) == 0 && there.st_dev == device_ &&
         there.st_ino == inode_;
}

bool LogFile::reopen() noexcept {
  UniqueFd file{
      ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640)};

  struct stat there {};

  if (!file || ::fstat(file.get(), &there) < 0) return false;
  file_ = std::move(file);
  device_ = there.st_dev;
  inode_ = there.st_ino;
  return true;
}

bool LogFile::append(std::string_view line) noexcept {
  const auto written = ::write(file_.get(), line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) return true;
  if (written > 0) {
    // Half a line on a full disk: take it back, so that the log holds whole lines only.
    const auto end = ::lseek(file_.get(), 0, SEEK_END);
    if (end >= written && ::ftruncate(file_.get(), end - written) < 0) return false;
  }
  return false;
}

void LogFile::write(std::string_view line, std::string_view prefix) {
  const bool open = current() || reopen();
  if (open && unreported_ > 0 &&
      append(fmt::format("{}{} lines were lost here: the log could not be written\n", prefix,
                         unreported_))) {
    unreported_ = 0;
  }
  if (!open || !append(fmt::format("{}\n", line))) {
    ++lost_;
    ++unreported_;
  }
}

}  // namespace tunnel::audit
