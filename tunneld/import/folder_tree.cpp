#include "tunneld/import/folder_tree.hpp"

#include "tunneld/base/text.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace tunnel::importer {

namespace {

/// More than any file of rules that somebody wrote.
constexpr std::size_t kMostOctets = 4 * 1024 * 1024;

std::error_code last_error() {
  return {errno, std::generic_category()};
}

/// Where a file may be that was `path`, the likeliest place first.
std::vector<std::string> places_of(const std::string& path) {
  const auto relative = path.substr(std::min(path.find_first_not_of('/'), path.size()));
  const auto name = path.substr(path.rfind('/') + 1);
  std::vector<std::string> places{relative};
  constexpr std::string_view kEtc = "etc/";
  if (relative.starts_with(kEtc)) places.push_back(relative.substr(kEtc.size()));
  if (relative.find("/.ssh/") != std::string::npos) places.push_back(".ssh/" + name);
  places.push_back(name);
  return places;
}

/// openat2(2), for which the C library has no function.
int open_below(int folder, const std::string& path) {
  // Without O_NONBLOCK, a FIFO in the place of a file would be waited for.
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how));
}

std::error_code read_all(int fd, std::string& text) {
  struct stat status {};

  if (::fstat(fd, &status) != 0) return last_error();
  if (S_ISDIR(status.st_mode)) return make_error_code(std::errc::is_a_directory);
  if (!S_ISREG(status.st_mode)) return make_error_code(std::errc::invalid_argument);
  if (status.st_size > static_cast<off_t>(kMostOctets)) {
    return make_error_code(std::errc::file_too_large);
  }
  text.resize(static_cast<std::size_t>(status.st_size));
  std::size_t done = 0;
  while (done < text.size()) {
    const auto count = ::read(fd, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return last_error();
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  text.resize(done);
  return {};
}

}  // namespace

Result<FolderTree> FolderTree::open(const std::filesystem::path& folder) {
  UniqueFd fd{::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!fd) return errno_error("cannot look into " + printable(folder.native()));
  return FolderTree{std::move(fd)};
}

std::optional<OldFile> FolderTree::find(const std::string& path) const {
  for (const auto& place : places_of(path)) {
    if (place.empty()) continue;
    const UniqueFd fd{open_below(folder_.get(), place)};
    if (!fd && (errno == ENOENT || errno == ENOTDIR)) continue;
    OldFile file{place, {}, {}};
    file.error = fd ? read_all(fd.get(), file.text) : last_error();
    if (file.error) file.text.clear();
    return file;
  }
  return std::nullopt;
}

}  // namespace tunnel::importer
