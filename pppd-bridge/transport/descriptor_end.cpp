#include "pppd-bridge/transport/descriptor_end.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace tunnel::transport {

namespace {

/// The most that an unprivileged process may ask for, unless the administrator changed it.
constexpr int kPipeSize = 1024 * 1024;

}  // namespace

Result<DescriptorEnd> DescriptorEnd::create(UniqueFd fd) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0) return errno_error("read the flags of a descriptor");
  std::optional<int> former;
  if ((flags & O_NONBLOCK) == 0) {
    if (auto status = set_nonblocking(fd.get()); !status) return status.error();
    former = flags;
  }
  // Each is refused for the other's kind. The user's limit may be less, which sockets keep to.
  ::fcntl(fd.get(), F_SETPIPE_SZ, kPipeSize);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &kPipeSize, sizeof kPipeSize);
  return DescriptorEnd{std::move(fd), former};
}

void DescriptorEnd::close() noexcept {
  if (fd_ && former_flags_) ::fcntl(fd_.get(), F_SETFL, *former_flags_);
  former_flags_.reset();
  fd_.reset();
  write_blocked_ = false;
}

Io DescriptorEnd::read(MutableBytes into) noexcept {
  if (!fd_) return {0, IoStatus::Closed};
  ssize_t got = 0;
  do {
    got = ::read(fd_.get(), into.data(), into.size());
  } while (got < 0 && errno == EINTR);
  if (got > 0) return {static_cast<std::size_t>(got), IoStatus::Done};
  if (got == 0 || errno == EIO) return {0, IoStatus::Closed};
  return failed(errno);
}

Io DescriptorEnd::write(Bytes from) noexcept {
  if (!fd_) return {0, IoStatus::Closed};
  ssize_t put = 0;
  do {
    put = ::write(fd_.get(), from.data(), from.size());
  } while (put < 0 && errno == EINTR);
  write_blocked_ = put < 0 ? errno == EAGAIN : static_cast<std::size_t>(put) < from.size();
  if (put >= 0) return {static_cast<std::size_t>(put), IoStatus::Done};
  if (errno == EPIPE || errno == EIO) return {0, IoStatus::Closed};
  return failed(errno);
}

Io DescriptorEnd::failed(int error) noexcept {
  if (error == EAGAIN) return {0, IoStatus::WouldBlock};
  error_ = error;
  return {0, IoStatus::Failed};
}

}  // namespace tunnel::transport
