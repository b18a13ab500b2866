#pragma once

#include "pppd-bridge/ppp/authenticator.hpp"
#include "pppd-bridge/ppp/ccp.hpp"
#include "pppd-bridge/ppp/control_protocol.hpp"
#include "pppd-bridge/ppp/echo_monitor.hpp"
#include "pppd-bridge/ppp/frame.hpp"
#include "pppd-bridge/ppp/ipcp.hpp"
#include "pppd-bridge/ppp/ipv6cp.hpp"
#include "pppd-bridge/ppp/lcp.hpp"
#include "pppd-bridge/ppp/link_options.hpp"
#include "pppd-bridge/ppp/output.hpp"
#include "pppd-bridge/ppp/packet_log.hpp"
#include "pppd-bridge/ppp/packet_ring.hpp"
#include "pppd-bridge/ppp/prover.hpp"
#include "pppd-bridge/ppp/random.hpp"
#include "tunneld/base/time.hpp"

#include <array>
#include <optional>
#include <string>

namespace tunnel::ppp {

/// One PPP link, through the phases of RFC 1661 §3.2.
///
///     Dead --transport_up--> Establish --LCP up--> Authenticate --both proved--> Network
///     --close, failure--> Terminate --> Dead
///
/// In the Network phase each family has its control protocol, and compression has one. One that
/// fails takes the link along where the profile requires it, or where no family is left.
///
/// A value without descriptors, threads or a clock: the owner brings frames and the time, and does
/// what LinkOutput asks. Each transport_up() is followed by exactly one finished(), with the
/// reason; after it transport_up() may begin anew. Nothing the peer sends can make it fail, abort,
/// grow, or answer faster than its rate limits.
class Link final : private EngineOutput, private AuthOutput {
 public:
  Link(const LinkOptions& options, LinkOutput& out, Random& random);

  /// The connection below can carry frames: LCP begins at once.
  void transport_up(TimePoint now);
  /// It cannot any more.
  void transport_down(TimePoint now);
  /// Ends the link in good order; finished() follows when the peer has agreed, or does not answer
  /// Max-Terminate requests. `reason` is said to the peer and in finished().
  void close(std::string reason, TimePoint now);

  /// Ends it at once, for something that the peer has done, as `reason` says.
  void fail(DownReason reason, TimePoint now);

  /// One frame's packet. Data packets that come here are dropped: the data path takes those itself
  /// while their family is open().
  void receive(Protocol protocol, Bytes packet, TimePoint now);

  /// The answer to LinkOutput::ask(); one that is late is dropped.
  void answer(AuthSerial serial, AuthAnswer answer, TimePoint now);

  /// A good frame came that receive() does not see.
  void note_life(TimePoint now) noexcept { echo_.note_life(now); }

  /// The path to the peer may be gone: it is asked at once.
  void doubt(TimePoint now) noexcept { echo_.doubt(now); }

  void expire(TimePoint now);                          // call once now >= *deadline()
  std::optional<TimePoint> deadline() const noexcept;  // nullopt: nothing to wait for

  Phase phase() const noexcept { return phase_; }

  /// Whether packets of this protocol may cross: IPv4 or IPv6, whose control protocol is opened.
  bool open(Protocol network) const noexcept {
    return told_ && ((network == Protocol::Ipv4 && usable(ipcp_)) ||
                     (network == Protocol::Ipv6 && usable(ipv6cp_)));
  }

  /// Whether packets of any protocol may: a family is there, and all that the profile requires.
  bool network_open() const noexcept;

  /// For data.
  TransmitFormat transmit_format() const noexcept;

  /// Whether data packets are to go through compress(), and those that come through decompress()
  /// and note_uncompressed().
  bool compresses() const noexcept { return ccp_.compresses(); }

  bool decompresses() const noexcept { return ccp_.decompresses(); }

  /// The Information field of a Protocol::Compressed frame, valid until the next call; nullopt:
  /// the packet is to be sent as it is.
  std::optional<Bytes> compress(Protocol protocol, Bytes packet) {
    return ccp_.compress(protocol, packet);
  }

  /// What was in a Protocol::Compressed frame: protocol field and packet; nullopt: dropped.
  std::optional<Bytes> decompress(Bytes information, TimePoint now);
  void note_uncompressed(Protocol protocol, Bytes packet, TimePoint now);

  /// Of the last Echo-Request that was answered; nullopt: none was.
  std::optional<Duration> round_trip() const noexcept { return echo_.round_trip(); }

  /// The peer's Identification, escaped; empty: none came.
  const std::string& peer_ident() const noexcept { return lcp_.peer_ident(); }

  /// What receive() has dropped since the link was made.
  DropCounters dropped() const noexcept {
    return dropped_ + lcp_.dropped() + authenticator_.dropped() + prover_.dropped() +
           ipcp_.dropped() + ipv6cp_.dropped() + ccp_.dropped();
  }

 private:
  // EngineOutput
  void send_packet(const ControlProtocol& from, Bytes packet) override;
  void layer_up(const ControlProtocol& which, TimePoint now) override;
  void layer_down(const ControlProtocol& which, TimePoint now) override;
  void layer_finished(const ControlProtocol& which, TimePoint now) override;
  // AuthOutput
  void send_auth(Protocol protocol, Bytes packet) override;
  void ask(AuthSerial serial, AuthQuestion question) override;

  TransmitFormat control_format() const noexcept;
  std::string carriage() const;

  /// A control protocol of the Network phase, and what the profile says about it.
  struct Ncp {
    ControlProtocol* engine = nullptr;
    Policy policy = Policy::Deny;
  };

  static bool usable(const ControlProtocol& ncp) noexcept { return ncp.opened() && !ncp.failure(); }

  /// RFC 1661 §3.3 to §3.5: what is not of the present phase is dropped.
  void drop_untimely() noexcept { ++dropped_.unexpected; }

  void receive_lcp(Bytes packet, TimePoint now);
  void receive_auth(Protocol protocol, Bytes packet, TimePoint now);
  void receive_ncp(const Ncp& ncp, Bytes packet, TimePoint now);
  void receive_other(Protocol protocol, Bytes packet, TimePoint now);
  const Ncp* find_ncp(Protocol protocol) const noexcept;
  void peer_rejected(Protocol protocol, TimePoint now);
  void run_echo(TimePoint now);
  void abandon(DownReason reason, TimePoint now);

  void begin_authentication(TimePoint now);
  bool no_method_left() const noexcept;
  bool authenticated() const noexcept;
  void begin_network(TimePoint now);
  void end_layers_above_lcp(TimePoint now);
  static void start_ncp(const Ncp& ncp, TimePoint now);

  std::optional<DownReason> ncp_failure(const Ncp& ncp) const;
  std::optional<DownReason> network_failure() const;
  std::optional<DownReason> any_failure() const;
  DownReason why_lcp_ended() const;
  void tell_network();
  void set_phase(Phase phase);
  void settle(TimePoint now);
  void finish(TimePoint now);
  bool consistent() const noexcept;

  LinkOutput& out_;
  const LinkOptions options_;
  PacketLog log_;
  PacketRing ring_;
  TimePoint now_{};  // of the call under way
  Lcp lcp_;
  Authenticator authenticator_;
  Prover prover_;
  Ipcp ipcp_;
  Ipv6cp ipv6cp_;
  Ccp ccp_;
  std::array<Ncp, 3> ncps_;
  EchoMonitor echo_;
  DropCounters dropped_;  // those that no layer has seen
  Phase phase_ = Phase::Dead;
  std::uint32_t receive_accm_ = 0xffff'ffff;  // agreed last
  std::optional<DownReason> reason_;          // why the link is ending
  std::optional<Agreed> told_;                // what the owner believes about the network
  bool has_been_up_ = false;                  // the network, since transport_up()
};

}  // namespace tunnel::ppp
