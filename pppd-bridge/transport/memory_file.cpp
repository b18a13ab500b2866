#include "pppd-bridge/transport/memory_file.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace tunnel::transport {

namespace {

Result<void> write_all(int fd, Bytes bytes, std::size_t offset) {
  while (!bytes.empty()) {
    const auto put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno_error("write a memory file");
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::size_t>(put);
  }
  return {};
}

}  // namespace

Result<MemoryFile> MemoryFile::create(const char* name, Bytes contents) {
  MemoryFile file{UniqueFd{::memfd_create(name, MFD_CLOEXEC)}, contents.size()};
  if (!file.fd_) return errno_error("make a memory file");
  if (::fchmod(file.fd_.get(), S_IRUSR | S_IWUSR) < 0) return errno_error("chmod a memory file");
  if (auto status = write_all(file.fd_.get(), contents, 0); !status) return status.error();
  return file;
}

MemoryFile::~MemoryFile() {
  if (!fd_) return;
  const std::vector<std::uint8_t> zeros(size_);
  static_cast<void>(write_all(fd_.get(), zeros, 0));
}

std::string MemoryFile::path() const {
  return path_through_this_process(fd_.get());
}

std::string path_through_this_process(int fd) {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd);
}

}  // namespace tunnel::transport
