#include "tunneld/supervisor/acceptor.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace tunnel::supervisor {

using boost::system::error_code;

Acceptor::Acceptor(boost::asio::io_context& context, UniqueFd listening, OnConnection on_connection,
                   HasRoom has_room, Duration rest)
    : listening_{context, listening.release()},
      timer_{context},
      on_connection_{std::move(on_connection)},
      has_room_{std::move(has_room)},
      rest_{rest} {
  next();
}

void Acceptor::close() {
  if (!listening_.is_open()) return;
  ::shutdown(listening_.native_handle(), SHUT_RDWR);
  error_code ignored;
  listening_.close(ignored);
  timer_.cancel();
}

void Acceptor::next() {
  if (!listening_.is_open()) return;
  if (has_room_ && !has_room_()) return pause();
  listening_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                        [this, alive = std::weak_ptr{alive_}](const error_code& error) {
                          if (!error && !alive.expired()) accept();
                        });
}

void Acceptor::pause() {
  timer_.expires_after(rest_);
  timer_.async_wait([this, alive = std::weak_ptr{alive_}](const error_code& error) {
    if (!error && !alive.expired()) next();
  });
}

void Acceptor::accept() {
  if (!listening_.is_open()) return;
  UniqueFd socket{
      ::accept4(listening_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  const bool went = errno == EAGAIN || errno == ECONNABORTED || errno == EINTR;
  if (!socket && !went) return pause();
  if (socket) on_connection_(std::move(socket));
  next();
}

}  // namespace tunnel::supervisor
