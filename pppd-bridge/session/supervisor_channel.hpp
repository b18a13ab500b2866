#pragma once

#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"
#include "tunneld/ipc/messages.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::session {

/// A message from tunneld with the descriptors that came along.
struct FromSupervisor {
  ipc::ToBridge message;
  std::vector<UniqueFd> descriptors;
};

/// The bridge's end of the socket to tunneld. Packets never wait for it: what does not fit is
/// queued up to a bound, beyond which lines for the log are dropped and counted; a tunneld that
/// does not even take what matters is given up.
class SupervisorChannel {
 public:
  SupervisorChannel() = default;  // closed

  explicit SupervisorChannel(UniqueFd socket) noexcept : socket_{std::move(socket)} {}

  ~SupervisorChannel() { close(); }

  SupervisorChannel(SupervisorChannel&&) noexcept = default;
  SupervisorChannel& operator=(SupervisorChannel&& other) noexcept;

  int fd() const noexcept { return socket_.get(); }

  bool open() const noexcept { return static_cast<bool>(socket_); }

  bool wants_write() const noexcept { return !pending_.empty(); }

  /// Whether so much waits that what is not vital had better be left out.
  bool congested() const noexcept { return pending_.size() >= kCongested; }

  void close() noexcept;

  /// Sends, or queues, a message; `descriptor` travels with it where it is not -1, and then the
  /// message is not queued but sent at once or lost with the channel.
  void send(const ipc::FromBridge& message, int descriptor = -1);

  /// Sends what is queued, as far as the socket takes it.
  void flush();

  /// The next message, if there is one. A message that does not decode closes the channel, as does
  /// the end of the stream.
  std::optional<FromSupervisor> receive();

  /// Waits for the next message, at most for `patience`; an error when none comes.
  Result<FromSupervisor> wait(std::chrono::milliseconds patience);

 private:
  static constexpr std::size_t kCongested = 64;

  UniqueFd socket_;
  std::deque<std::vector<std::uint8_t>> pending_;
  std::size_t lost_lines_ = 0;
};

}  // namespace tunnel::session
