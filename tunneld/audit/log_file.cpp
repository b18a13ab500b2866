#include "tunneld/audit/log_file.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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

/// How many octets are in the file now: whole lines only. What a full disk took of another is taken
/// back.
std::size_t LogFile::append(std::string_view lines) noexcept {
  const auto result = ::write(file_.get(), lines.data(), lines.size());
  const auto written = result < 0 ? 0 : static_cast<std::size_t>(result);
  if (written == lines.size()) return written;
  const auto last = lines.substr(0, written).rfind('\n');
  const auto whole = last == std::string_view::npos ? 0 : last + 1;
  const auto surplus = static_cast<off_t>(written - whole);
  if (surplus > 0) {
    const auto end = ::lseek(file_.get(), 0, SEEK_END);
    if (end >= surplus && ::ftruncate(file_.get(), end - surplus) < 0) return whole;
  }
  return whole;
}

void LogFile::write(std::string_view line, std::string_view prefix) {
  write_all(fmt::format("{}\n", line), prefix);
}

void LogFile::write_all(std::string_view lines, std::string_view prefix) {
  const bool open = current() || reopen();
  if (open && unreported_ > 0) {
    const auto notice = fmt::format("{}{} lines were lost here: the log could not be written\n",
                                    prefix, unreported_);
    if (append(notice) == notice.size()) unreported_ = 0;
  }
  const auto there = open ? append(lines) : 0;
  const auto missing = lines.substr(there);
  const auto lost = static_cast<std::uint64_t>(std::count(missing.begin(), missing.end(), '\n'));
  lost_ += lost;
  unreported_ += lost;
}

}  // namespace tunnel::audit
