#include "pppd-bridge/transport/outer_socket.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tunnel::transport {

bool OuterSocket::append(Bytes packet) noexcept {
  if (send_broken_) return true;  // nobody will see it
  if (packet.size() > output_.free()) {
    state_ = State::Failed;
    reason_ = "sshd asks for more answers than it reads";
    return false;
  }
  output_.append(packet);
  return true;
}

ssize_t OuterSocket::receive(MutableBytes into) noexcept {
  drained_ = false;
  const auto size = std::min(into.size(), allowance_);
  if (size == 0) return -EAGAIN;
  ssize_t got = 0;
  do {
    got = ::recv(socket_.get(), into.data(), size, MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got > 0) {
    allowance_ -= static_cast<std::size_t>(got);
    return got;
  }
  drained_ = true;
  if (got == 0) {
    end_of_stream();
  } else if (errno != EAGAIN) {
    fail("receive from sshd", errno);
  }
  return -EAGAIN;
}

Io OuterSocket::flush() noexcept {
  while (!output_.empty() && !send_broken_) {
    const auto waiting = output_.readable();
    const auto sent =
        ::send(socket_.get(), waiting.data(), waiting.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      output_.consume(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      return {0, IoStatus::WouldBlock};
    } else if (errno != EINTR) {
      // What the peer said last may still be in the socket: only sending is over.
      send_broken_ = true;
      output_.clear();
      if (reason_.empty()) reason_ = std::string{"send to sshd: "} + std::strerror(errno);
    }
  }
  return {0, send_broken_ ? IoStatus::Failed : IoStatus::Done};
}

bool OuterSocket::wait(const Deadline& deadline) noexcept {
  flush();
  const auto events = static_cast<short>(has_output() ? POLLIN | POLLOUT : POLLIN);
  pollfd wanted{socket_.get(), events, 0};
  ::poll(&wanted, 1, deadline.poll_timeout());
  return !deadline.expired();  // however much was received: a peer may send a byte a second
}

void OuterSocket::end_of_stream() {
  if (state_ != State::Open) return;
  state_ = send_broken_ ? State::Failed : State::Closed;
  if (reason_.empty()) reason_ = "sshd closed the connection";
}

void OuterSocket::fail(const char* doing, int error) {
  if (state_ != State::Open) return;
  state_ = State::Failed;
  if (reason_.empty()) reason_ = std::string{doing} + ": " + std::strerror(error);
}

}  // namespace tunnel::transport
