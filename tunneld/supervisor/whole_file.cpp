#include "tunneld/supervisor/whole_file.hpp"

#include "tunneld/base/unique_fd.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

namespace tunnel::supervisor {

namespace {

constexpr mode_t kMode = 0644;

/// False: errno says why not.
bool write_all(const UniqueFd& file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// The same. What an earlier attempt, or somebody else, has left there is not written into: it
/// might be a link to another file.
bool write_new(const std::string& path, std::string_view text, FileUse use) {
  if (::unlink(path.c_str()) < 0 && errno != ENOENT) return false;
  const UniqueFd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode)};
  if (!file || !write_all(file, text)) return false;
  return use == FileUse::State ? ::fsync(file.get()) == 0 : ::fchmod(file.get(), kMode) == 0;
}

/// The same. Some file systems know of nothing to do for a directory, and say EINVAL.
bool sync_directory(const std::filesystem::path& path) {
  const auto there = path.empty() ? std::filesystem::path{"."} : path;
  const UniqueFd directory{::open(there.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  return directory && (::fsync(directory.get()) == 0 || errno == EINVAL);
}

}  // namespace

// A rename may reach the disk before the octets of what is renamed, and is itself not there before
// its directory is: a power cut in between would leave an empty file, or none.
Result<void> replace_file(const std::filesystem::path& file, std::string_view text, FileUse use) {
  const auto fresh = file.native() + ".new";
  if (!write_new(fresh, text, use) || std::rename(fresh.c_str(), file.c_str()) != 0) {
    auto error = errno_error(fmt::format("write {}", file.native()));
    ::unlink(fresh.c_str());
    return error;
  }
  if (use == FileUse::State && !sync_directory(file.parent_path())) {
    return errno_error(fmt::format("write {}", file.native()));
  }
  return {};
}

}  // namespace tunnel::supervisor
