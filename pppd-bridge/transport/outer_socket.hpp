#pragma once

#include "pppd-bridge/transport/deadline.hpp"
#include "pppd-bridge/transport/io.hpp"
#include "tunneld/base/byte_buffer.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace tunnel::transport {

/// The TCP socket under an SSH library, as the library is made to see it.
///
/// Outgoing packets are always taken whole, into a buffer: libssh2 in non-blocking mode breaks when
/// a packet is left half written (its issues 1672 and 2110: BAD_USE, and a rekey that never ends).
/// Incoming bytes are metered: libssh2 decrypts all that it is given before it hands out any of it,
/// which for a full window is memory that has left the cache, and it does so in writes too, behind
/// epoll's back.
///
/// The end of the connection is kept from the library, which would throw away what it has queued;
/// state() tells it to whoever drives both.
class OuterSocket {
 public:
  enum class State : std::uint8_t { Open, Closed, Failed };

  /// Callers put data in only while less than kWriteBound waits. The rest is room for what the
  /// library sends on its own: window adjustments, key exchanges, refusals.
  static constexpr std::size_t kWriteBound = 192 * 1024;
  static constexpr std::size_t kCapacity = 640 * 1024;

  explicit OuterSocket(UniqueFd socket) : socket_{std::move(socket)} {}

  int fd() const noexcept { return socket_.get(); }

  /// Takes one whole packet. When there is no room the peer has asked for more answers than it
  /// reads, and the connection has Failed; false.
  bool append(Bytes packet) noexcept;

  /// recv(2) as libssh2 wants it: bytes, or -errno. -EAGAIN also for a spent allowance, and for a
  /// connection that has ended.
  ssize_t receive(MutableBytes into) noexcept;

  /// How many bytes receive() may hand out from now on.
  void allow_input(std::size_t bytes) noexcept {
    allowance_ = bytes;
    drained_ = false;
  }

  /// Whether the last receive() since allow_input() found nothing more in the socket, as opposed to
  /// a spent allowance.
  bool drained() const noexcept { return drained_; }

  bool has_output() const noexcept { return !output_.empty(); }

  bool accepts_data() const noexcept { return output_.size() < kWriteBound; }

  /// Sends what waits. Done when nothing is left.
  Io flush() noexcept;

  /// Flushes, then blocks until something can be received or sent. False once `deadline` is past.
  bool wait(const Deadline& deadline) noexcept;

  State state() const noexcept { return state_; }

  /// Words for the log once not Open.
  const std::string& reason() const noexcept { return reason_; }

 private:
  void end_of_stream();
  void fail(const char* doing, int error);

  UniqueFd socket_;
  ByteBuffer output_{kCapacity};
  std::size_t allowance_ = 0;
  bool drained_ = false;
  bool send_broken_ = false;
  State state_ = State::Open;
  std::string reason_;
};

}  // namespace tunnel::transport
