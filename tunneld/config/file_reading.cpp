#include "tunneld/config/file_reading.hpp"

#include "tunneld/base/secret.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tunnel::config {

std::error_code last_error() {
  return {errno, std::generic_category()};
}

// The buffer has its size from the start: growing
// would leave copies of a private key in memory.
File read_file(const std::filesystem::path& path, std::size_t limit) {
  File file;
  const auto failed = [&](std::error_code error) {
    file.facts.error = error;
    wipe(file.bytes);
    file.bytes.clear();
    return std::move(file);
  };
  // Non-blocking, for a FIFO in the place of a file must not hang the daemon.
  const UniqueFd fd{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};

  struct stat status {};

  if (!fd || fstat(fd.get(), &status) != 0) return failed(last_error());
  if (S_ISDIR(status.st_mode)) return failed(make_error_code(std::errc::is_a_directory));
  if (!S_ISREG(status.st_mode)) return failed(make_error_code(std::errc::invalid_argument));
  if (status.st_size > static_cast<off_t>(limit)) {
    return failed(make_error_code(std::errc::file_too_large));
  }
  file.facts.mode = status.st_mode & kPermissions;
  file.owner = status.st_uid;
  file.bytes.resize(static_cast<std::size_t>(status.st_size));
  std::size_t done = 0;
  while (done < file.bytes.size()) {
    const auto count = read(fd.get(), file.bytes.data() + done, file.bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(last_error());
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  file.bytes.resize(done);
  return file;
}

Result<std::string> read_text(const std::filesystem::path& path, std::size_t limit) {
  const auto file = read_file(path, limit);
  if (file.facts.error) {
    return Error{{file.facts.error.value(), std::system_category()},
                 "cannot read " + path.string()};
  }
  return std::string(file.bytes.begin(), file.bytes.end());
}

}  // namespace tunnel::config
