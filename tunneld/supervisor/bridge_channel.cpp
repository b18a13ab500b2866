#include "tunneld/supervisor/bridge_channel.hpp"

#include "tunneld/base/secret.hpp"
#include "tunneld/base/unix_socket.hpp"

#include <sys/socket.h>

#include <utility>

namespace tunnel::supervisor {

namespace {

/// Messages taken in one go, so that one talkative bridge does not keep the others waiting.
constexpr int kMessagesAtOnce = 64;

}  // namespace

BridgeChannel::BridgeChannel(boost::asio::io_context& context, UniqueFd socket)
    : socket_{context, socket.release()} {}

void BridgeChannel::listen(OnMessage on_message, OnGone on_gone) {
  const bool first = !on_message_;
  on_message_ = std::move(on_message);
  on_gone_ = std::move(on_gone);
  if (first) wait();
}

void BridgeChannel::wait() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       if (!error) self->receive_all();
                     });
}

void BridgeChannel::receive_all() {
  for (int i = 0; i < kMessagesAtOnce && socket_.is_open(); ++i) {
    Datagram datagram;
    const auto status = receive_datagram(socket_.native_handle(), ipc::kMaxMessage, datagram);
    if (!status) return gone(status.error().message());
    if (*status == ReceiveStatus::Closed) return gone("the bridge closed its socket");
    if (*status == ReceiveStatus::WouldBlock) break;
    auto message = ipc::decode_from_bridge(datagram.bytes);
    wipe(datagram.bytes);
    if (!message) return gone("the bridge sent a malformed message");
    const auto on_message = on_message_;  // listen() may put another in its place meanwhile
    on_message(std::move(*message), std::move(datagram.descriptors));
  }
  if (socket_.is_open()) wait();
}

void BridgeChannel::send(const ipc::ToBridge& message, std::span<const int> descriptors) {
  if (!socket_.is_open()) return;
  auto datagram = ipc::encode(message);
  const auto sent = send_datagram(socket_.native_handle(), datagram, descriptors);
  wipe(datagram);  // there may be a secret in it
  // What tunneld sends is little; a bridge that does not even take that is stuck.
  if (!sent) gone(sent.error().message());
}

void BridgeChannel::end_sending() {
  ::shutdown(socket_.native_handle(), SHUT_WR);
}

void BridgeChannel::close() {
  on_gone_ = nullptr;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void BridgeChannel::gone(const std::string& why) {
  const auto on_gone = std::exchange(on_gone_, nullptr);
  close();
  if (on_gone) on_gone(why);
}

}  // namespace tunnel::supervisor
