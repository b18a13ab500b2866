#include "pppd-bridge/session/supervisor_channel.hpp"

#include "tunneld/base/secret.hpp"
#include "tunneld/base/unix_socket.hpp"

#include <fmt/format.h>

#include <poll.h>

#include <cerrno>
#include <utility>
#include <variant>

namespace tunnel::session {

namespace {

/// Beyond this, lines for the log and statistics are lost.
constexpr std::size_t kMaxPending = 256;
/// Beyond this tunneld is as good as dead: a peer that negotiates anew for ever must not fill our
/// memory with the news of it.
constexpr std::size_t kMostPending = 1024;

bool would_block(const Error& error) {
  return error.code == std::errc::resource_unavailable_try_again ||
         error.code == std::errc::operation_would_block;
}

bool may_be_lost(const ipc::FromBridge& message) {
  return std::holds_alternative<ipc::PppEvent>(message) ||
         std::holds_alternative<ipc::RemoteText>(message) ||
         std::holds_alternative<ipc::Statistics>(message) ||
         std::holds_alternative<ipc::TracedFrame>(message);
}

}  // namespace

SupervisorChannel& SupervisorChannel::operator=(SupervisorChannel&& other) noexcept {
  close();
  socket_ = std::move(other.socket_);
  pending_ = std::move(other.pending_);
  other.pending_.clear();
  lost_lines_ = other.lost_lines_;
  return *this;
}

void SupervisorChannel::close() noexcept {
  socket_.reset();
  for (auto& datagram : pending_) wipe(datagram);  // there may be a secret in it
  pending_.clear();
}

void SupervisorChannel::send(const ipc::FromBridge& message, int descriptor) {
  if (!open()) return;
  auto datagram = ipc::encode(message);
  if (descriptor >= 0) {
    if (!send_datagram(socket_.get(), datagram, {&descriptor, 1})) close();
    return;
  }
  if (pending_.size() >= kMaxPending && may_be_lost(message)) {
    ++lost_lines_;
    return;
  }
  if (pending_.size() >= kMostPending) return close();
  pending_.push_back(std::move(datagram));
  flush();
}

void SupervisorChannel::flush() {
  while (open() && !pending_.empty()) {
    const auto sent = send_datagram(socket_.get(), pending_.front());
    if (!sent && would_block(sent.error())) return;
    if (!sent) return close();
    wipe(pending_.front());
    pending_.pop_front();
  }
  if (open() && lost_lines_ > 0) {
    const auto lost = std::exchange(lost_lines_, 0);
    send(ipc::PppEvent{ipc::Layer::Link, fmt::format("{} messages were lost here", lost)});
  }
}

std::optional<FromSupervisor> SupervisorChannel::receive() {
  if (!open()) return std::nullopt;
  Datagram datagram;
  const auto status = receive_datagram(socket_.get(), ipc::kMaxMessage, datagram);
  if (status && *status == ReceiveStatus::WouldBlock) return std::nullopt;
  if (!status || *status == ReceiveStatus::Closed) {
    close();
    return std::nullopt;
  }
  auto message = ipc::decode_to_bridge(datagram.bytes);
  wipe(datagram.bytes);
  if (!message) {
    close();
    return std::nullopt;
  }
  return FromSupervisor{std::move(*message), std::move(datagram.descriptors)};
}

Result<FromSupervisor> SupervisorChannel::wait(std::chrono::milliseconds patience) {
  const Error gone{std::make_error_code(std::errc::connection_reset),
                   "tunneld closed the connection"};
  if (!open()) return gone;  // seen while sending
  pollfd waiting{socket_.get(), POLLIN, 0};
  const int ready = ::poll(&waiting, 1, static_cast<int>(patience.count()));
  if (ready < 0) return errno_error("wait for tunneld");
  if (ready == 0) {
    return make_error(std::errc::timed_out,
                      fmt::format("tunneld did not answer within {} s", patience.count() / 1000));
  }
  auto message = receive();
  if (!message) return gone;
  return std::move(*message);
}

}  // namespace tunnel::session
