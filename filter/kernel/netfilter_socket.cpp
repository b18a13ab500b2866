#include "filter/kernel/netfilter_socket.hpp"

#include <netlink/errno.h>
#include <netlink/netlink.h>

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace tunnel::filter::kernel {

Error NetfilterSocket::failed(int code, const std::string& what) const {
  return make_error(std::errc::io_error, what + " " + what_ + ": " + nl_geterror(code));
}

Result<NetfilterSocket> NetfilterSocket::open(std::string what, int receive_buffer) {
  NetfilterSocket socket;
  socket.what_ = std::move(what);
  socket.socket_.reset(nl_socket_alloc());
  if (!socket.socket_) return make_error(std::errc::not_enough_memory, "open " + socket.what_);
  if (const int code = nl_connect(socket.get(), NETLINK_NETFILTER); code < 0) {
    return socket.failed(code, "open");
  }
  // Without CAP_NET_ADMIN in the first user namespace: as much as an ordinary socket gets.
  if (::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer,
                   sizeof receive_buffer) < 0) {
    nl_socket_set_buffer_size(socket.get(), receive_buffer, 0);
  }
  return socket;
}

void NetfilterSocket::deliver(std::size_t octets,
                              const std::function<void(const NetlinkMessage&)>& each) const {
  Bytes datagram{buffer_.get(), octets};
  while (const auto message = take_message(datagram)) each(*message);
}

Result<NetfilterSocket::Rest> NetfilterSocket::read(
    const std::function<void(const NetlinkMessage&)>& each) {
  for (int count = 0; count < kMostDatagrams;) {
    const auto got = ::recv(fd(), buffer_.get(), kLargestDatagram, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Rest::No;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == ENOBUFS) {
      ++overruns_;
      continue;
    }
    if (got < 0) return errno_error("read " + what_);
    deliver(static_cast<std::size_t>(got), each);
    ++count;
  }
  return Rest::Yes;
}

Result<void> NetfilterSocket::wait(const std::function<void(const NetlinkMessage&)>& each) {
  ssize_t got = 0;
  do {
    got = ::recv(fd(), buffer_.get(), kLargestDatagram, 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return errno_error("read " + what_);
  deliver(static_cast<std::size_t>(got), each);
  return {};
}

}  // namespace tunnel::filter::kernel
