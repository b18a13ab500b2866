#pragma once

#include "tunneld/base/time.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace tunnel::supervisor {

/// Takes what connects to a listening socket, until it is closed or goes. Where there is no
/// descriptor for another connection, say, the callers wait in the socket's own queue: asking again
/// at once would keep the daemon busy with nothing else.
class Acceptor {
 public:
  /// A connection: non-blocking, close-on-exec. The acceptor may be closed from within.
  using OnConnection = std::function<void(UniqueFd socket)>;
  /// Whether there is room for another one; asked again after a pause if not. None: always.
  using HasRoom = std::function<bool()>;

  static constexpr Duration kPause = std::chrono::seconds{1};

  Acceptor(boost::asio::io_context& context, UniqueFd listening, OnConnection on_connection,
           HasRoom has_room = nullptr, Duration rest = kPause);
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// Nobody is listened to any more: neither here nor by way of a copy of the descriptor, such as a
  /// child that is about to execute a program has.
  void close();

 private:
  void next();
  void pause();
  void accept();

  boost::asio::posix::stream_descriptor listening_;
  boost::asio::steady_timer timer_;
  OnConnection on_connection_;
  HasRoom has_room_;
  Duration rest_;
  // For handlers that are still on their way when this goes.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace tunnel::supervisor
