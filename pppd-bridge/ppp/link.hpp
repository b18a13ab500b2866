#pragma once

#include "pppd-bridge/ppp/automaton.hpp"
#include "pppd-bridge/ppp/control_protocol.hpp"
#include "pppd-bridge/ppp/echo_monitor.hpp"
#include "pppd-bridge/ppp/frame.hpp"
#include "pppd-bridge/ppp/ipcp.hpp"
#include "pppd-bridge/ppp/lcp.hpp"
#include "pppd-bridge/ppp/output.hpp"
#include "pppd-bridge/ppp/packet_log.hpp"
#include "pppd-bridge/ppp/random.hpp"
#include "tunneld/base/address.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace tunnel::ppp {

/// What a profile says about the PPP of one site.
struct LinkOptions {
  Ipv4Address local;
  Ipv4Address remote;
  Mru mru{1500};
  std::uint32_t accm = 0;                            // control characters the peer shall escape
  Compress protocol_field = Compress::Yes;           // whether the peer is offered to compress it
  Compress address_control = Compress::Yes;          // likewise
  std::string ident;                                 // RFC 1570 Identification; empty: none is sent
  Duration echo_interval = std::chrono::seconds{1};  // zero: no echoes
  unsigned echo_failures = 3;
  AutomatonLimits limits;
};

/// One PPP link: LCP, then IPCP, through the phases of RFC 1661 §3.2.
///
///     Dead --transport_up--> Establish --LCP up--> Network --close, failure--> Terminate --> Dead
///
/// A value without descriptors, threads or a clock: the owner brings frames and the time, and does
/// what LinkOutput asks. Each transport_up() is followed by exactly one finished(), with the
/// reason; after it transport_up() may begin anew. Nothing the peer sends can make it fail, abort,
/// grow, or answer faster than its rate limits.
class Link final : private EngineOutput {
 public:
  Link(const LinkOptions& options, LinkOutput& out, Random& random);

  /// The connection below can carry frames: LCP begins at once.
  void transport_up(TimePoint now);
  /// It cannot any more.
  void transport_down(TimePoint now);
  /// Ends the link in good order; finished() follows when the peer has agreed, or does not answer
  /// Max-Terminate requests. `reason` is said to the peer and in finished().
  void close(std::string reason, TimePoint now);

  /// One frame's packet. Data packets (IPv4) that come here are dropped: the data path takes those
  /// itself while ip_open().
  void receive(Protocol protocol, Bytes packet, TimePoint now);

  /// A good frame came that receive() does not see.
  void note_life(TimePoint now) noexcept { echo_.note_life(now); }

  void expire(TimePoint now);                          // call once now >= *deadline()
  std::optional<TimePoint> deadline() const noexcept;  // nullopt: nothing to wait for

  Phase phase() const noexcept { return phase_; }

  bool ip_open() const noexcept { return ipcp_.opened(); }

  /// For data, and all control packets but LCP's.
  TransmitFormat transmit_format() const noexcept;

  /// Of the last Echo-Request that was answered; nullopt: none was.
  std::optional<Duration> round_trip() const noexcept { return echo_.round_trip(); }

  /// The peer's Identification, escaped; empty: none came.
  const std::string& peer_ident() const noexcept { return lcp_.peer_ident(); }

  /// Control packets of both layers that were dropped since the link was made.
  DropCounters dropped() const noexcept { return lcp_.dropped() + ipcp_.dropped(); }

 private:
  void send_packet(const ControlProtocol& from, Bytes packet) override;
  void layer_up(const ControlProtocol& which, TimePoint now) override;
  void layer_down(const ControlProtocol& which, TimePoint now) override;
  void layer_finished(const ControlProtocol& which, TimePoint now) override;

  void receive_lcp(Bytes packet, TimePoint now);
  void peer_rejected(Protocol protocol, TimePoint now);
  void run_echo(TimePoint now);
  void abandon(DownReason reason, TimePoint now);
  std::optional<DownReason> ipcp_failure() const;
  void set_phase(Phase phase);
  void settle(TimePoint now);
  void finish();
  bool consistent() const noexcept;

  LinkOutput& out_;
  PacketLog log_;
  Lcp lcp_;
  Ipcp ipcp_;
  EchoMonitor echo_;
  Phase phase_ = Phase::Dead;
  std::optional<DownReason> reason_;  // why the link is ending
};

}  // namespace tunnel::ppp
