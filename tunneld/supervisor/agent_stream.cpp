#include "tunneld/supervisor/agent_stream.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace tunnel::supervisor {

AgentStream::AgentStream(boost::asio::io_context& context, UniqueFd socket, std::size_t longest,
                         Duration patience)
    : socket_{context, socket.release()},
      timer_{context},
      assembler_{longest},
      patience_{patience} {}

void AgentStream::serve(OnMessage on_message, OnEnd on_end) {
  on_message_ = std::move(on_message);
  on_end_ = std::move(on_end);
  wait();
}

void AgentStream::send(Bytes answer) {
  if (socket_.is_open() && push(answer)) wait();
}

void AgentStream::ask(Bytes request, Duration patience, OnMessage on_message, OnEnd on_end) {
  on_message_ = std::move(on_message);
  on_end_ = std::move(on_end);
  if (!socket_.is_open() || !push(request)) return;
  arm(patience);
  wait();
}

/// What is sent is far less than a socket's buffer.
bool AgentStream::push(Bytes message) {
  const auto sent =
      ::send(socket_.native_handle(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(message.size())) return true;
  const bool hung_up = sent < 0 && (errno == EPIPE || errno == ECONNRESET);
  end(hung_up ? AgentEnd::Closed : AgentEnd::Misbehaved,
      hung_up ? "it hung up" : "it does not read what it is sent");
  return false;
}

void AgentStream::arm(Duration patience) {
  armed_ = true;
  timer_.expires_after(patience);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    if (error) return;
    if (const auto self = weak.lock()) self->end(AgentEnd::Misbehaved, "it is too slow");
  });
}

void AgentStream::wait() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       if (!error) self->receive();
                     });
}

void AgentStream::receive() {
  std::array<std::uint8_t, 4096> buffer;
  while (assembler_.wanted() > 0) {
    const auto room = std::min(assembler_.wanted(), buffer.size());
    const auto got = ::recv(socket_.native_handle(), buffer.data(), room, MSG_DONTWAIT);
    if (got == 0) return end(AgentEnd::Closed, "it hung up");
    if (got < 0 && errno != EAGAIN && errno != EINTR) {
      return end(AgentEnd::Closed, std::generic_category().message(errno));
    }
    if (got < 0) {
      if (assembler_.begun() && !armed_) arm(patience_);
      return wait();
    }
    assembler_.add(Bytes{buffer}.first(static_cast<std::size_t>(got)));
  }
  timer_.cancel();
  armed_ = false;
  if (assembler_.refused()) return end(AgentEnd::Misbehaved, "its message is too long");
  const auto message = assembler_.take();
  const auto on_message = on_message_;  // it may put another in its place
  on_message(message);
}

void AgentStream::close() {
  on_message_ = nullptr;
  on_end_ = nullptr;
  timer_.cancel();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void AgentStream::end(AgentEnd how, const std::string& why) {
  const auto on_end = std::exchange(on_end_, nullptr);
  close();
  if (on_end) on_end(how, why);
}

}  // namespace tunnel::supervisor
