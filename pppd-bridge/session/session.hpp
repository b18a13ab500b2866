#pragma once

#include "pppd-bridge/hdlc/decoder.hpp"
#include "pppd-bridge/loop/loop.hpp"
#include "pppd-bridge/ppp/link.hpp"
#include "pppd-bridge/session/source_check.hpp"
#include "pppd-bridge/transport/transport.hpp"
#include "tunneld/base/byte_buffer.hpp"
#include "tunneld/base/unique_fd.hpp"
#include "tunneld/ipc/messages.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::session {

/// What has crossed since the session began.
struct Counters {
  std::uint64_t packets_in = 0;  // from the peer, taken by the tun device
  std::uint64_t bytes_in = 0;
  std::uint64_t packets_out = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t dropped_source = 0;
  std::uint64_t dropped_malformed = 0;
  std::uint64_t dropped_too_big = 0;
  std::uint64_t dropped_down = 0;
  std::uint64_t dropped_tun = 0;
  std::uint64_t dropped_unsent = 0;  // control packets that found the outgoing buffer full
  std::uint64_t wire_bytes_in = 0;
  std::uint64_t wire_bytes_out = 0;
  // Of the fast path, as ipc::Statistics has them.
  std::uint64_t super_packets_in = 0;
  std::uint64_t super_packets_out = 0;
  std::uint64_t splits = 0;
  std::uint64_t segments = 0;
  std::uint64_t joins = 0;
  std::uint64_t mss_clamped = 0;
  std::uint64_t ecn_marked = 0;
  std::uint64_t dropped_queue = 0;
  std::uint64_t dropped_full = 0;
  std::uint64_t dropped_metadata = 0;
};

/// Told what becomes of the link. Implementations must not call back into the session.
class Observer {
 public:
  virtual void phase_changed(ppp::Phase phase) = 0;
  virtual void network_up(const ppp::Agreed& agreed) = 0;
  virtual void network_down() = 0;
  /// To be answered by Session::answer(), and not from within.
  virtual void ask(ppp::AuthSerial serial, ppp::AuthQuestion question) = 0;
  virtual void log(ppp::Layer layer, std::string text) = 0;
  /// A frame of a trace, without its time.
  virtual void traced(ipc::TracedFrame frame) = 0;
  virtual void remote_text(std::string line) = 0;
  /// The session has ended; nothing more comes.
  virtual void ended(const ppp::DownReason& reason) = 0;

 protected:
  ~Observer() = default;
};

/// One PPP link at work: packets from the tun device become frames on the transport, and the
/// other way round (docs/architecture.md, "Life of a packet").
///
/// One wakeup takes many packets: the tun device is read until it is empty or the outgoing buffer
/// is full, everything is framed into that buffer, and written once. While the transport takes
/// nothing, the tun device is left unread: the kernel's queue, not ours, fills and drops.
class Session final : private ppp::LinkOutput, private hdlc::FrameSink {
 public:
  struct Parts {
    std::unique_ptr<transport::Transport> transport;
    UniqueFd tun;
    ppp::LinkOptions ppp;
    /// Nothing: every source is accepted (a bridge without a profile).
    std::optional<SourceCheck> sources;
  };

  Session(loop::Loop& loop, Parts parts, Observer& observer, ppp::Random& random);
  ~Session();

  /// PPP begins.
  Result<void> start();
  /// Ends the link in good order; ended() follows.
  void close(std::string reason);
  /// The answer to Observer::ask().
  void answer(ppp::AuthSerial serial, ppp::AuthAnswer answer);
  /// From now on frames of this scope are reported by Observer::traced(), at most so many octets of
  /// each.
  void trace(ipc::TraceScope scope, std::size_t octets) noexcept;
  /// Does what there is to do after a wakeup of the loop, and sets what to wait for next.
  Result<void> turn();

  bool over() const noexcept { return over_; }

  std::optional<TimePoint> deadline() const noexcept;

  const Counters& counters() const noexcept { return counters_; }

  std::uint64_t bad_frames() const noexcept;

  /// Packets of PPP's own that came, or were to go, and were dropped.
  std::uint64_t dropped_control() const noexcept;

  std::optional<Duration> round_trip() const noexcept { return link_.round_trip(); }

  const transport::Transport& transport() const noexcept { return *parts_.transport; }

  const UniqueFd& tun() const noexcept { return parts_.tun; }

 private:
  // ppp::LinkOutput
  void send(const ppp::TransmitFormat& format, ppp::Protocol protocol, Bytes packet) override;
  void network_up(const ppp::Agreed& agreed) override;
  void network_down() override;
  void ask(ppp::AuthSerial serial, ppp::AuthQuestion question) override;
  void phase_changed(ppp::Phase phase) override;
  void finished(const ppp::DownReason& reason) override;
  void set_receive_format(const ppp::ReceiveFormat& format) override;
  void log(ppp::Layer layer, std::string text) override;
  // hdlc::FrameSink
  void frame(Bytes content) override;

  void read_transport();
  void write_transport();
  void read_tun();
  void discard_stale_packets();
  void compressed_frame(Bytes information);
  void record(ipc::Direction direction, ppp::Protocol protocol, Bytes packet);
  void deliver(ppp::Protocol protocol, Bytes packet);
  void forward(Bytes packet, const ppp::TransmitFormat& format);
  void append_frame(const ppp::TransmitFormat& format, ppp::Protocol protocol, Bytes packet);
  void tell_remote_text();
  void transport_lost();
  Result<void> watch_transport();
  Result<void> watch_tun();

  loop::Loop& loop_;
  Parts parts_;
  Observer& observer_;
  ppp::Link link_;
  hdlc::Decoder decoder_;
  ByteBuffer outgoing_;
  std::unique_ptr<std::uint8_t[]> incoming_;
  std::unique_ptr<std::uint8_t[]> packet_;
  transport::WatchList watched_;
  TimePoint now_;
  std::uint16_t transmit_mru_ = 1500;
  ipc::TraceScope trace_ = ipc::TraceScope::None;
  std::size_t trace_octets_ = 0;
  bool network_up_ = false;
  bool tun_watched_ = false;
  bool tun_ready_ = false;
  bool link_finished_ = false;
  TimePoint last_words_until_{};
  bool over_ = false;
  Counters counters_;
};

}  // namespace tunnel::session
