#include "tunneld/base/unix_socket.hpp"

#include "tunneld/base/secret.hpp"

#include <linux/sockios.h>
#include <linux/un.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tunnel {

namespace {

int socket_type(SocketKind kind) {
  return kind == SocketKind::Stream ? SOCK_STREAM : SOCK_SEQPACKET;
}

Result<std::pair<UniqueFd, UniqueFd>> socket_pair(SocketKind kind) {
  std::array<int, 2> ends{};
  const int type = socket_type(kind) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  if (::socketpair(AF_UNIX, type, 0, ends.data()) < 0) return errno_error("make a socket pair");
  return std::pair{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

Result<sockaddr_un> unix_address(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto& text = path.native();
  if (text.size() >= sizeof address.sun_path) {
    return make_error(std::errc::filename_too_long,
                      "socket path " + text + " is longer than " +
                          std::to_string(sizeof address.sun_path - 1) +
                          " bytes; choose a shorter runtime_dir");
  }
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  return address;
}

/// The sockets API takes every address as a sockaddr.
const sockaddr* generic(const sockaddr_un& address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

void collect_descriptors(msghdr& message, std::vector<UniqueFd>& out) {
  for (auto* control = CMSG_FIRSTHDR(&message); control != nullptr;
       control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof(int));
      out.emplace_back(fd);
    }
  }
}

int number_option(int socket, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(socket, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

bool is_unix(int socket, SocketKind kind) {
  return number_option(socket, SO_DOMAIN) == AF_UNIX &&
         number_option(socket, SO_TYPE) == socket_type(kind);
}

/// Whether who connects to `path` gets to this socket: another one may have been bound there since.
/// Without CAP_NET_ADMIN the kernel does not say, and that there is a socket has to do.
bool is_file_of(int socket, const std::filesystem::path& path) {
  struct stat there {};

  if (::lstat(path.c_str(), &there) < 0 || !S_ISSOCK(there.st_mode)) return false;
  const UniqueFd file{::ioctl(socket, SIOCUNIXFILE)};

  struct stat bound {};

  if (!file || ::fstat(file.get(), &bound) < 0) return errno == EPERM;
  return bound.st_dev == there.st_dev && bound.st_ino == there.st_ino;
}

/// Removes a socket file on which nobody listens. Whatever else stands at `path` stays: a live
/// listener of either kind, and a file that was never a socket.
Result<void> clear_the_way(const std::filesystem::path& path, SocketKind kind) {
  const auto live = connect_unix(path, kind);
  const auto code = live ? std::error_code{} : live.error().code;
  if (code == std::errc::no_such_file_or_directory) return {};
  if (!code || code == std::errc::wrong_protocol_type ||
      code == std::errc::resource_unavailable_try_again) {
    return make_error(std::errc::address_in_use,
                      "another tunneld is listening on " + path.native());
  }
  if (code != std::errc::connection_refused) return live.error();
  std::error_code failure;
  if (!std::filesystem::is_socket(path, failure)) {
    return make_error(std::errc::file_exists,
                      path.native() +
                          " is in the way and is not a socket; remove it, or choose "
                          "another runtime_dir");
  }
  if (::unlink(path.c_str()) < 0 && errno != ENOENT) {
    return errno_error("remove the stale socket " + path.native());
  }
  return {};
}

}  // namespace

Result<std::pair<UniqueFd, UniqueFd>> seqpacket_pair() {
  return socket_pair(SocketKind::SeqPacket);
}

Result<std::pair<UniqueFd, UniqueFd>> stream_pair() {
  return socket_pair(SocketKind::Stream);
}

Result<UniqueFd> connect_unix(const std::filesystem::path& path, SocketKind kind) {
  const auto address = unix_address(path);
  if (!address) return address.error();
  // Non-blocking before it connects: a listener that is stopped, and whose backlog is full, would
  // otherwise stop its callers too.
  UniqueFd socket{::socket(AF_UNIX, socket_type(kind) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket) return errno_error("make a Unix socket");
  if (::connect(socket.get(), generic(*address), sizeof *address) < 0) {
    return errno_error("connect to " + path.native());
  }
  return socket;
}

Result<UniqueFd> bind_unix(const std::filesystem::path& path, SocketKind kind, mode_t mode) {
  const auto address = unix_address(path);
  if (!address) return address.error();
  UniqueFd socket{::socket(AF_UNIX, socket_type(kind) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket) return errno_error("make a Unix socket");
  const auto previous = ::umask(0777);  // nobody connects before the mode and the group are right
  const int bound = ::bind(socket.get(), generic(*address), sizeof *address);
  ::umask(previous);
  if (bound < 0) return errno_error("bind " + path.native());
  if (::chmod(path.c_str(), mode) < 0) return errno_error("chmod " + path.native());
  return socket;
}

Result<UniqueFd> listen_unix(const std::filesystem::path& path, SocketKind kind, mode_t mode) {
  if (auto cleared = clear_the_way(path, kind); !cleared) return cleared.error();
  auto socket = bind_unix(path, kind, mode);
  if (!socket) return socket;
  if (::listen(socket->get(), SOMAXCONN) < 0) return errno_error("listen on " + path.native());
  return socket;
}

Result<void> check_listening(int socket, const std::filesystem::path& path, SocketKind kind) {
  if (!is_unix(socket, kind) || number_option(socket, SO_ACCEPTCONN) != 1) {
    return make_error(std::errc::invalid_argument, "it is no Unix socket that listens");
  }
  sockaddr_un bound{};
  socklen_t size = sizeof bound;
  void* into = &bound;
  if (::getsockname(socket, static_cast<sockaddr*>(into), &size) < 0) {
    return errno_error("read the name of a socket");
  }
  const std::string_view name{bound.sun_path, ::strnlen(bound.sun_path, sizeof bound.sun_path)};
  if (name != path.native() || !is_file_of(socket, path)) {
    return make_error(std::errc::invalid_argument,
                      "it is not the socket that is found at " + path.native());
  }
  return {};
}

Result<void> check_connected(int socket) {
  sockaddr_un peer{};
  socklen_t size = sizeof peer;
  void* into = &peer;
  if (is_unix(socket, SocketKind::SeqPacket) &&
      ::getpeername(socket, static_cast<sockaddr*>(into), &size) == 0) {
    return {};
  }
  return make_error(std::errc::invalid_argument, "it is no Unix socket that is connected");
}

Result<PeerCredentials> peer_credentials(int socket) {
  ucred raw{};
  socklen_t length = sizeof raw;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &raw, &length) < 0) {
    return errno_error("read the credentials of a socket's peer");
  }
  return PeerCredentials{raw.pid, raw.uid, raw.gid};
}

Result<void> send_datagram(int socket, Bytes bytes, std::span<const int> descriptors) {
  // iovec is not const-correct; sendmsg does not write through it.
  iovec part{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(int) * kMaxDescriptors)> control{};
  if (descriptors.size() > kMaxDescriptors) {
    return make_error(std::errc::invalid_argument, "too many descriptors for one message");
  }
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  if (::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    return errno_error("send a message");
  }
  return {};
}

Result<ReceiveStatus> receive_datagram(int socket, std::size_t limit, Datagram& out) {
  out.bytes.clear();
  out.descriptors.clear();
  // Not zeroed: a message is a hundredth of what one may be.
  const auto buffer = std::make_unique_for_overwrite<std::uint8_t[]>(limit);
  iovec part{buffer.get(), limit};
  alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(int) * kMaxDescriptors)> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const auto received = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (received < 0) {
    if (errno == EAGAIN || errno == EINTR) return ReceiveStatus::WouldBlock;
    if (errno == ECONNRESET) return ReceiveStatus::Closed;
    return errno_error("receive a message");
  }
  collect_descriptors(message, out.descriptors);
  const MutableBytes got{buffer.get(), static_cast<std::size_t>(received)};
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    out.descriptors.clear();
    return make_error(std::errc::message_size, "a message is longer than allowed");
  }
  out.bytes.assign(got.begin(), got.end());
  wipe(got);  // there may be a secret in it
  return received == 0 ? ReceiveStatus::Closed : ReceiveStatus::Received;
}

}  // namespace tunnel
