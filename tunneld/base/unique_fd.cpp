#include "tunneld/base/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace tunnel {

void UniqueFd::reset() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<UniqueFd> UniqueFd::duplicate() const {
  UniqueFd copy{::fcntl(fd_, F_DUPFD_CLOEXEC, 3)};
  if (!copy) return errno_error("duplicate a descriptor");
  return copy;
}

Result<void> set_nonblocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
    return errno_error("make a descriptor non-blocking");
  }
  return {};
}

}  // namespace tunnel
