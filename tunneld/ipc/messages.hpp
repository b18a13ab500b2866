#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/interface_id.hpp"
#include "tunneld/base/ppp_terms.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

/// What tunneld and a bridge say to each other: one SOCK_SEQPACKET datagram a message.
///
/// A message is one type byte and then the fields of its struct, in order, big-endian, with nothing
/// behind them. A bridge reports facts; it never asks for an action. tunneld checks each fact
/// against the profile; a datagram that does not decode costs that bridge its life.
namespace tunnel::ipc {

/// Bumped with every change of a message, so that an old bridge and a new daemon part politely.
inline constexpr std::uint8_t kVersion = 5;

/// Longest datagram; settings with many networks are the largest.
inline constexpr std::size_t kMaxMessage = 64 * 1024;
inline constexpr std::size_t kMaxText = 1024;
inline constexpr std::size_t kMaxOctets = 16 * 1024;  // of a challenge, a proof, a traced frame
inline constexpr std::size_t kMaxItems = 1024;

/// How far a link has come (DESIGN section 5). The order is the order of a link's life.
enum class Stage : std::uint8_t { Resolve, Connect, HostKey, Auth, Lcp, PppAuth, Ncp };
inline constexpr auto kLastStage = Stage::Ncp;

enum class SshClient : std::uint8_t { Libssh2, Openssh };
enum class Role : std::uint8_t { Dial, Answer };

/// Whether trying again soon can help.
enum class Permanence : std::uint8_t { Transient, Permanent, Abusive };

enum class Layer : std::uint8_t { Link, Lcp, Auth, Ipcp, Ipv6cp, Ccp };
inline constexpr auto kLastLayer = Layer::Ccp;

/// Which way a traced frame went.
enum class Direction : std::uint8_t { Received, Sent };

/// Which frames a trace takes.
enum class TraceScope : std::uint8_t { None, Control, All };

/// Whether the peer has proved itself.
enum class AuthOutcome : std::uint8_t { Refused, Accepted };

// ---- tunneld to bridge ------------------------------------------------------------------------

/// How to reach an answering gateway. What signs our login comes as the third descriptor, if
/// anything does: with Libssh2 a socket connected to an agent, with Openssh one to connect to by
/// its path in /proc; or the file of a FIDO key, which only ssh can use.
struct DialSettings {
  std::string host;
  std::uint16_t port = 22;
  std::string user;
  std::vector<std::string> host_keys;
  SshClient client = SshClient::Libssh2;
  std::string ssh_config;  // a file, or empty
  bool operator==(const DialSettings&) const = default;
};

/// [ppp.auth] of a profile, as far as a bridge needs it: the secrets stay with tunneld.
struct PppAuth {
  std::vector<AuthMethod> require;  // of the peer, best first
  std::vector<AuthMethod> accept;   // of us, best first
  std::string name;                 // ours
  std::chrono::milliseconds rechallenge{0};
  bool operator==(const PppAuth&) const = default;
};

/// [ppp] of a profile.
struct Ppp {
  AddressWish local;
  AddressWish remote;
  InterfaceId interface_id;  // zero: one at random
  Mru mru;
  std::uint32_t accm = 0;
  Fcs fcs = Fcs::Ccitt16;
  std::string ident;
  std::chrono::milliseconds echo_interval{1000};
  std::uint32_t echo_failures = 3;
  std::chrono::milliseconds restart{3000};
  std::uint32_t max_configure = 10;
  std::uint32_t max_terminate = 2;
  std::uint32_t max_failure = 5;
  std::vector<Ipv4Address> dns;
  std::vector<Ipv4Address> nbns;
  Offload offload = Offload::Use;
  ClampMss clamp_mss = ClampMss::Yes;
  PppPolicies policies;
  PppAuth auth;
  bool operator==(const Ppp&) const = default;
};

/// All a bridge may know. The tun device is the first descriptor; the second is a socket that is
/// bound, and on which the bridge listens for the next tunneld when this one is gone.
struct Settings {
  std::uint8_t version = kVersion;
  SiteName site;
  InterfaceName interface;
  Ppp ppp;
  std::optional<Ipv6Address> remote6;  // the peer's address beside its link-local one
  std::vector<Prefix> networks;  // the only sources accepted from the peer, besides its address
  std::optional<DialSettings> dial;
  /// The identity's path, or the keys that may open the session. A bridge has no use for them, but
  /// that a link which was made with others is not adopted.
  std::vector<std::string> credentials;
  bool operator==(const Settings&) const = default;
};

/// A claim that is not granted. The text is for the peer's administrator.
struct Refused {
  std::string reason;
  bool operator==(const Refused&) const = default;
};

/// Close the link in good order, then exit.
struct Shutdown {
  std::string reason;
  bool operator==(const Shutdown&) const = default;
};

/// The answers to the questions of authentication below, by their serials.
struct Challenge {
  std::uint32_t serial = 0;
  std::vector<std::uint8_t> value;
  bool operator==(const Challenge&) const = default;
};

struct AuthDecision {
  std::uint32_t serial = 0;
  AuthOutcome outcome = AuthOutcome::Refused;
  std::string message;  // for the peer, where it is accepted by MS-CHAPv2
  std::string reason;   // of a refusal, for our administrator
  bool operator==(const AuthDecision&) const = default;
};

struct Proof {
  std::uint32_t serial = 0;
  std::string name;
  std::vector<std::uint8_t> response;  // secret where the method is PAP
  std::string expected;                // MS-CHAPv2: how the Success packet must begin
  bool operator==(const Proof&) const = default;
};

struct NoProof {
  std::uint32_t serial = 0;
  std::string reason;
  bool operator==(const NoProof&) const = default;
};

/// Send the frames that cross as TracedFrame, until another Trace says otherwise.
struct Trace {
  TraceScope scope = TraceScope::None;
  std::uint16_t octets = 0;  // of each frame, at most
  bool operator==(const Trace&) const = default;
};

/// The gateway's addresses outside the tunnel have changed: the path to the peer may be another, or
/// gone.
struct PathChanged {
  bool operator==(const PathChanged&) const = default;
};

// ---- bridge to tunneld ------------------------------------------------------------------------

/// "sshd started me for this site." The peer and the key are sshd's words, not the peer's; the
/// ticket, of the forced command, is tunneld's own.
struct Claim {
  std::uint8_t version = kVersion;
  SiteName site;
  std::string peer;                  // "198.51.100.10 port 40022"
  std::string key;                   // "SHA256:…" of the key that opened the session
  std::vector<std::uint8_t> ticket;  // secret; empty: none
  bool operator==(const Claim&) const = default;
};

struct LinkIpv4 {
  Ipv4Address local;
  Ipv4Address remote;
  std::vector<Ipv4Address> dns;  // the peer's
  std::vector<Ipv4Address> nbns;
  bool operator==(const LinkIpv4&) const = default;
};

struct LinkIpv6 {
  InterfaceId local;
  InterfaceId remote;
  bool operator==(const LinkIpv6&) const = default;
};

/// What was agreed with the peer. It comes again when a family or compression comes or goes.
struct LinkUp {
  std::optional<LinkIpv4> ipv4;
  std::optional<LinkIpv6> ipv6;
  Mru receive_mru;
  Mru transmit_mru;
  Compression receive_compression = Compression::None;
  Compression transmit_compression = Compression::None;
  std::string transport;  // "libssh2 aes128-ctr hmac-sha2-256 to 203.0.113.4 port 22"
  bool operator==(const LinkUp&) const = default;
};

/// "I have a link already": to a tunneld that was restarted. The tun device comes with it.
struct Adopt {
  std::uint8_t version = kVersion;
  SiteName site;
  Role role = Role::Dial;
  std::string peer;
  std::string key;
  Settings settings;         // that it runs on
  std::optional<LinkUp> up;  // empty: not up yet
  std::chrono::milliseconds up_for{0};
  bool operator==(const Adopt&) const = default;
};

struct StageReached {
  Stage stage = Stage::Resolve;
  std::string detail;
  bool operator==(const StageReached&) const = default;
};

struct LinkDown {
  Permanence permanence = Permanence::Transient;
  std::string reason;
  bool operator==(const LinkDown&) const = default;
};

/// The last word of a bridge that its sandbox ends: the call that it was refused.
struct CallRefused {
  std::string call;  // "socket"
  bool operator==(const CallRefused&) const = default;
};

/// Totals since this bridge began; sent every second, so that they are also its heartbeat.
struct Statistics {
  std::uint64_t packets_in = 0;  // from the peer, delivered to the tun device
  std::uint64_t bytes_in = 0;
  std::uint64_t packets_out = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t dropped_source = 0;     // source address outside the site's networks
  std::uint64_t dropped_malformed = 0;  // not an IP packet
  std::uint64_t dropped_too_big = 0;    // longer than the peer's MRU
  std::uint64_t dropped_down = 0;       // while the link was not open
  std::uint64_t dropped_tun = 0;        // the tun device did not take it
  std::uint64_t bad_frames = 0;         // FCS, length
  std::uint64_t wire_bytes_in = 0;
  std::uint64_t wire_bytes_out = 0;
  std::uint64_t dropped_control = 0;    // control packets: malformed, unexpected, or too many
  std::uint64_t super_packets_in = 0;   // carried whole, and one packet each in those above
  std::uint64_t super_packets_out = 0;  // the same
  std::uint64_t splits = 0;             // super-packets that were cut into segments
  std::uint64_t segments = 0;           // that came of it
  std::uint64_t joins = 0;              // segments that went into a larger packet
  std::uint64_t mss_clamped = 0;        // SYNs whose Maximum Segment Size was lowered
  std::uint64_t ecn_marked = 0;         // told of congestion in place of being dropped (RFC 3168)
  std::uint64_t dropped_queue = 0;      // waited for too long (RFC 8289)
  std::uint64_t dropped_full = 0;       // found the queue full
  std::uint64_t dropped_metadata = 0;   // super-packets from the peer that cannot be
  std::uint32_t round_trip_us = 0;      // of the last Echo; 0: none yet
  std::uint32_t queue_packets = 0;      // waiting for the transport now
  std::uint32_t queue_bytes = 0;
  std::uint32_t queue_delay_us = 0;      // mean of those that left since the last Statistics
  std::uint32_t queue_delay_max_us = 0;  // the longest of them
  bool operator==(const Statistics&) const = default;
};

/// The counters of Statistics, in wire order: what may be summed over bridges. The rest, which is
/// of one moment, follows them on the wire.
inline constexpr std::array kCounters{
    &Statistics::packets_in,      &Statistics::bytes_in,         &Statistics::packets_out,
    &Statistics::bytes_out,       &Statistics::dropped_source,   &Statistics::dropped_malformed,
    &Statistics::dropped_too_big, &Statistics::dropped_down,     &Statistics::dropped_tun,
    &Statistics::bad_frames,      &Statistics::wire_bytes_in,    &Statistics::wire_bytes_out,
    &Statistics::dropped_control, &Statistics::super_packets_in, &Statistics::super_packets_out,
    &Statistics::splits,          &Statistics::segments,         &Statistics::joins,
    &Statistics::mss_clamped,     &Statistics::ecn_marked,       &Statistics::dropped_queue,
    &Statistics::dropped_full,    &Statistics::dropped_metadata,
};

/// One line for ppp.log; peer text in it is escaped already.
struct PppEvent {
  Layer layer = Layer::Link;
  std::string text;
  bool operator==(const PppEvent&) const = default;
};

/// A line that the far side printed on its standard error.
struct RemoteText {
  std::string text;
  bool operator==(const RemoteText&) const = default;
};

/// The peer must prove itself: which challenge shall it get?
struct ChallengeWanted {
  std::uint32_t serial = 0;
  AuthMethod method = AuthMethod::Pap;
  bool operator==(const ChallengeWanted&) const = default;
};

/// The peer has answered the last challenge, or sent a password: is it right?
struct ProofReceived {
  std::uint32_t serial = 0;
  AuthMethod method = AuthMethod::Pap;
  std::uint8_t id = 0;
  std::vector<std::uint8_t> name;
  std::vector<std::uint8_t> response;  // secret where the method is PAP
  bool operator==(const ProofReceived&) const = default;
};

/// The peer asks us to prove ourselves: what is our answer?
struct ProofWanted {
  std::uint32_t serial = 0;
  AuthMethod method = AuthMethod::Pap;
  std::uint8_t id = 0;
  std::vector<std::uint8_t> challenge;
  std::vector<std::uint8_t> name;
  bool operator==(const ProofWanted&) const = default;
};

/// One frame, without framing: address, control, protocol and packet, secrets blotted out.
struct TracedFrame {
  Direction direction = Direction::Received;
  std::uint64_t microseconds = 0;  // since 1970
  std::uint32_t length = 0;        // of the whole frame
  std::vector<std::uint8_t> octets;
  std::uint32_t lost = 0;  // frames before this one that did not fit
  bool operator==(const TracedFrame&) const = default;
};

using ToBridge = std::variant<Settings, Refused, Shutdown, Challenge, AuthDecision, Proof, NoProof,
                              Trace, PathChanged>;
using FromBridge =
    std::variant<Claim, Adopt, StageReached, LinkUp, LinkDown, Statistics, PppEvent, RemoteText,
                 ChallengeWanted, ProofReceived, ProofWanted, TracedFrame, CallRefused>;

/// Adds the counters of `part` to those of `sum`, of which the rest stays as it is.
void add_counters(Statistics& sum, const Statistics& part) noexcept;

/// The datagram for a message. Texts are cut at kMaxText.
std::vector<std::uint8_t> encode(const ToBridge& message);
std::vector<std::uint8_t> encode(const FromBridge& message);

/// The first octet of a bridge's message, for who cannot call encode(): a handler of signals.
template <typename Message>
constexpr std::uint8_t type_of() noexcept {
  return []<typename... Each>(std::type_identity<std::variant<Each...>>) {
    std::uint8_t type = 0x80;
    static_cast<void>(((std::is_same_v<Message, Each> || (++type, false)) || ...));
    return type;
  }(std::type_identity<FromBridge>{});
}

/// nullopt for anything but exactly one message with every field in range.
std::optional<ToBridge> decode_to_bridge(Bytes datagram);
std::optional<FromBridge> decode_from_bridge(Bytes datagram);

}  // namespace tunnel::ipc
