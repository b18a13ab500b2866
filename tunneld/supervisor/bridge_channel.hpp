#pragma once

#include "tunneld/base/unique_fd.hpp"
#include "tunneld/ipc/messages.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tunnel::supervisor {

/// tunneld's end of the socket to one bridge. A datagram that does not decode, or a queue that the
/// bridge does not empty, closes it: a bridge that misbehaves costs itself its life, nobody else.
///
/// Held by shared_ptr, because a pending wait of the io_context refers to it.
class BridgeChannel : public std::enable_shared_from_this<BridgeChannel> {
 public:
  using OnMessage = std::function<void(ipc::FromBridge, std::vector<UniqueFd>)>;
  using OnGone = std::function<void(const std::string& why)>;

  BridgeChannel(boost::asio::io_context& context, UniqueFd socket);

  /// Begins to listen. Neither is called again after close(); on_gone is called at most once.
  void listen(OnMessage on_message, OnGone on_gone);

  void send(const ipc::ToBridge& message, std::span<const int> descriptors = {});

  /// The bridge sees the end of what we say, and ends its own part; what it has said until then can
  /// still be read.
  void end_sending();

  void close();

  /// For who keeps it open beyond this process.
  int descriptor() { return socket_.native_handle(); }

 private:
  void wait();
  void receive_all();
  void gone(const std::string& why);

  boost::asio::posix::stream_descriptor socket_;
  OnMessage on_message_;
  OnGone on_gone_;
};

}  // namespace tunnel::supervisor
