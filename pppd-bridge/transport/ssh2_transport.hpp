#pragma once

#include "pppd-bridge/transport/remote_text.hpp"
#include "pppd-bridge/transport/ssh2_session.hpp"
#include "pppd-bridge/transport/transport.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::transport {

/// The stream inside an open channel of an Ssh2Session.
class Ssh2Transport final : public Transport {
 public:
  /// How many octets the far side may send without hearing from us, on a path of this round trip:
  /// enough for 1 Gb/s, from 4 MiB (33 ms) to 16 MiB (130 ms). They cost no memory here, for bytes
  /// are decrypted only as they are read. But sshd reads as much ahead of a network that is slower
  /// than its command, and moves it about: with 16 MiB a short path had a ninth of its rate.
  static std::uint32_t window_for(Duration round_trip) noexcept;

  /// `session` has a channel of `window` octets with its command running; `peer` is "192.0.2.1 port
  /// 22".
  Ssh2Transport(std::unique_ptr<Ssh2Session> session, std::uint32_t window, std::string peer);

  Io read(MutableBytes into) noexcept override;
  Io write(Bytes from) noexcept override;
  Io flush() noexcept override;
  WatchList watches() const noexcept override;

  bool pending_input() const noexcept override { return pending_; }

  std::vector<std::string> take_remote_text(TimePoint now) override { return text_.take(now); }

  std::string close_reason() const override;
  std::string describe() const override;

 private:
  Ssh2Step read_round(MutableBytes into, std::size_t& filled);
  Ssh2Step keep_window_wide();
  void read_error_stream();
  bool send_held_back();
  IoStatus conclude(Ssh2Step last);
  IoStatus end(IoStatus status, std::string reason);

  std::unique_ptr<Ssh2Session> session_;
  std::uint32_t window_;
  std::string peer_;
  RemoteText text_;
  std::vector<std::uint8_t> held_back_;  // taken from the caller, not yet from us; see write()
  std::uint32_t widening_ = 0;           // a window adjustment that is not yet sent
  bool pending_ = false;
  bool broken_ = false;  // libssh2 has failed, after bytes that had to be handed out first
  std::optional<IoStatus> ended_;
  std::string reason_;
};

}  // namespace tunnel::transport
