#pragma once

#include "pppd-bridge/hdlc/decoder.hpp"
#include "pppd-bridge/loop/loop.hpp"
#include "pppd-bridge/ppp/link.hpp"
#include "pppd-bridge/queue/in_flight.hpp"
#include "pppd-bridge/session/acknowledger.hpp"
#include "pppd-bridge/session/counters.hpp"
#include "pppd-bridge/session/inbound.hpp"
#include "pppd-bridge/session/outbound.hpp"
#include "pppd-bridge/session/source_check.hpp"
#include "pppd-bridge/transport/transport.hpp"
#include "pppd-bridge/tun/packet_device.hpp"
#include "pppd-bridge/vendor/demultiplexer.hpp"
#include "tunneld/base/byte_buffer.hpp"
#include "tunneld/base/unique_fd.hpp"
#include "tunneld/ipc/messages.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::session {

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
/// One wakeup takes many packets: the tun device is read until it is empty, or has given enough for
/// one turn; what waits is framed into the outgoing buffer until that is full, and written at once.
/// While the transport takes nothing, packets wait in Outbound, in an order of their own; the
/// outgoing buffer, behind which nothing can be overtaken, stays short.
class Session final : private ppp::LinkOutput,
                      private hdlc::FrameSink,
                      private vendor::FrameSink,
                      private PacketSink {
 public:
  struct Parts {
    std::unique_ptr<transport::Transport> transport;
    UniqueFd tun;
    tun::Features features;  // of use_offloads()
    ppp::LinkOptions ppp;
    ClampMss clamp_mss = ClampMss::Yes;
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
  /// The path to the peer may be another, or gone.
  void path_changed() noexcept;
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

  const UniqueFd& tun() const noexcept { return device_.fd(); }

  const Outbound& outbound() const noexcept { return outbound_; }

  /// How long packets have waited here since this was last called.
  queue::Delays take_delays() noexcept { return outbound_.take_delays(); }

  /// Gives back the memory that a busy hour has needed.
  void release_unused() noexcept;

 private:
  /// Outgoing octets beyond which no packet is framed: enough for full SSH packets, little enough
  /// that what comes behind does not wait for long.
  static constexpr std::size_t kOutgoingBound = 128 * 1024;

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
  // vendor::FrameSink
  void vendor_frame(const vendor::Header& header, MutableBytes content) override;
  // PacketSink
  void send_packet(Bytes packet, const segments::Offload& offload) override;

  void read_transport();
  void take_incoming();
  void write_transport();
  void read_tun();
  void discard_stale_packets();
  void compressed_frame(Bytes information);
  void record(ipc::Direction direction, ppp::Protocol protocol, Bytes packet);
  void deliver(ppp::Protocol protocol, Bytes packet);
  OutboundRules outbound_rules() const noexcept;
  InboundRules inbound_rules() const noexcept;
  std::optional<std::uint16_t> clamped_mtu() const noexcept;
  bool sends_whole() const noexcept;
  bool may_send() const noexcept;
  void fill_outgoing();
  void append_vendor_frame(Bytes packet, const segments::Offload& offload);
  void acknowledge();
  void take_acknowledgement(Bytes content);
  void device_lost();
  void tell_end(const ppp::DownReason& reason);
  void end_lying_peer();
  void append_frame(const ppp::TransmitFormat& format, ppp::Protocol protocol, Bytes packet);
  void tell_remote_text();
  void transport_lost();
  Result<void> watch_transport();
  Result<void> watch_tun();

  loop::Loop& loop_;
  Parts parts_;
  Observer& observer_;
  ppp::Link link_;
  Counters counters_;
  tun::PacketDevice device_;
  Outbound outbound_;
  Inbound inbound_;
  hdlc::Decoder decoder_;
  vendor::Demultiplexer demultiplexer_;
  queue::InFlight in_flight_;
  std::uint64_t vendor_octets_ = 0;  // of frames of our own that were sent
  Acknowledger acknowledger_;        // of those that came
  ByteBuffer outgoing_;
  ByteBuffer incoming_;
  transport::WatchList watched_;
  TimePoint now_;
  TimePoint began_;
  Mru transmit_mru_{ppp::kDefaultMru};
  Mru receive_mru_{ppp::kDefaultMru};
  ipc::TraceScope trace_ = ipc::TraceScope::None;
  std::size_t trace_octets_ = 0;
  bool network_up_ = false;
  bool tun_watched_ = false;
  bool tun_ready_ = false;
  bool link_finished_ = false;
  TimePoint last_words_until_{};
  bool over_ = false;
  bool end_told_ = false;
};

}  // namespace tunnel::session
