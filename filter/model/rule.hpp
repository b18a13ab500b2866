#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/identifiers.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// The rules of ipf.rules as values (ipf(5)); what they mean together is rule_lists.hpp's.

namespace tunnel::filter {

/// Where something stands: the number of the file in the order of reading, and the line, from 1.
struct Place {
  unsigned file = 0;
  unsigned line = 0;
  bool operator==(const Place&) const = default;
};

enum class Direction : std::uint8_t { In, Out };

enum class Action : std::uint8_t { Block, Pass, Log, Count };

/// What a blocked packet is answered with.
enum class Reply : std::uint8_t { None, Rst, Icmp, IcmpAsDestination };

/// Severities of syslog(3), by their numbers.
enum class Severity : std::uint8_t { Emerg, Alert, Crit, Err, Warn, Notice, Info, Debug };

/// "level local4.warn", "level warn". A facility is its number in syslog(3).
struct LogLevel {
  std::optional<std::uint8_t> facility{};
  Severity severity = Severity::Info;
  bool operator==(const LogLevel&) const = default;
};

/// "log body first or-block level local0.info".
struct LogOptions {
  bool body = false;      // up to 128 octets of the packet
  bool first = false;     // with keep state: only the packet that made the state
  bool or_block = false;  // a packet that cannot be logged is blocked
  std::optional<LogLevel> level{};
  bool operator==(const LogOptions&) const = default;
};

/// An IPv4 address under a mask, which need not be a prefix.
struct MaskedIpv4 {
  Ipv4Address address;  // bits outside the mask are zero
  std::uint32_t mask = 0xffff'ffff;
  bool operator==(const MaskedIpv4&) const = default;
};

/// "any", "192.168.1.0/24", "!10.0.0.1", "2001:db8::/32". "!any" is nobody.
struct AddressTest {
  bool negated = false;
  std::variant<std::monostate, MaskedIpv4, Prefix> address{};  // a Prefix is of IPv6
  bool operator==(const AddressTest&) const = default;

  bool any() const noexcept { return std::holds_alternative<std::monostate>(address); }

  /// The family of the packets that it can match; nullopt: either.
  std::optional<Family> family() const noexcept {
    if (any()) return std::nullopt;
    return std::holds_alternative<Prefix>(address) ? Family::Ipv6 : Family::Ipv4;
  }
};

/// "port = 80", "port 9900 >< 9990" (strictly between), "port 1 <> 3" (strictly outside),
/// "port 1:1024" (inclusive).
struct PortTest {
  enum class Operator : std::uint8_t { Any, Eq, Ne, Lt, Gt, Le, Ge, Between, Outside, Range };
  Operator op = Operator::Any;
  std::uint16_t first = 0;
  std::uint16_t last = 0;  // of Between, Outside and Range
  bool operator==(const PortTest&) const = default;

  bool matches(std::uint16_t port) const noexcept;
};

struct Endpoint {
  AddressTest address{};
  PortTest port{};
  bool operator==(const Endpoint&) const = default;
};

/// "proto tcp/udp".
struct TcpUdp {
  bool operator==(const TcpUdp&) const = default;
};

using ProtocolTest = std::variant<std::monostate, std::uint8_t, TcpUdp>;

/// Bits of a TCP header's flags.
enum TcpFlag : std::uint8_t {
  kFin = 0x01,
  kSyn = 0x02,
  kRst = 0x04,
  kPsh = 0x08,
  kAck = 0x10,
  kUrg = 0x20,
  kEce = 0x40,
  kCwr = 0x80,
};

/// "flags S/SA": of the flags in the mask exactly these. Without a mask ECE and CWR do not count.
struct FlagsTest {
  static constexpr std::uint8_t kDefaultMask = 0x3f;
  std::uint8_t value = 0;
  std::uint8_t mask = kDefaultMask;
  bool operator==(const FlagsTest&) const = default;
};

struct IcmpTest {
  std::uint8_t type = 0;
  std::optional<std::uint8_t> code{};
  bool operator==(const IcmpTest&) const = default;
};

/// What "with" can ask of a packet, but for its IP options.
enum class Quality : std::uint8_t {
  IpOptions,       // ipopts: an IPv4 header of more than 20 octets
  Short,           // a header that is cut
  Bad,             // contradictory flags of TCP, an ICMP error about nonsense
  Nat,             // translated
  Fragment,        // frag: a fragment, the first or another
  FragmentBody,    // frag-body: a fragment, not the first
  LowTtl,          // lowttl: less than 4
  Multicast,       // to a multicast address
  Broadcast,       // to a broadcast address
  MultiBroadcast,  // mbcast: either
};

/// "with not short"; "with opt rr,ts", all of which are there; "with not opt rr,ts": none is.
struct WithTest {
  bool negated = false;
  std::variant<Quality, std::vector<std::uint8_t>> what{};  // or the types of IP options
  bool operator==(const WithTest&) const = default;
};

/// How long a state is kept: the opener's direction, and back.
struct Ages {
  std::chrono::seconds forward{};
  std::chrono::seconds backward{};
  bool operator==(const Ages&) const = default;
};

/// "keep state (limit 100, age 60/30)".
struct KeepState {
  std::optional<unsigned> limit{};  // how many states of this rule there may be
  std::optional<Ages> ages{};
  bool no_icmp_errors = false;  // no-icmp-err: errors about the state are for the rules
  bool operator==(const KeepState&) const = default;
};

/// A line of ipf.rules.
struct Rule {
  Place place{};
  std::optional<unsigned> position{};  // "@N": where it is inserted in its list, from 0

  Action action = Action::Block;
  Reply reply = Reply::None;
  std::uint8_t reply_code = 0;  // of Icmp and IcmpAsDestination: of Destination Unreachable
  Direction direction = Direction::In;
  std::optional<LogOptions> log{};  // always of Action::Log
  bool quick = false;
  std::optional<InterfaceName> interface {};

  std::optional<Family> family{};
  std::optional<std::uint8_t> tos{};
  std::optional<std::uint8_t> ttl{};
  ProtocolTest protocol{};
  Endpoint source{};
  Endpoint destination{};
  std::optional<FlagsTest> flags{};
  std::optional<IcmpTest> icmp{};
  std::vector<WithTest> with{};

  std::optional<KeepState> keep_state{};
  bool keep_frags = false;

  std::string head{};   // the group that it opens; empty: none
  std::string group{};  // the group that it is in; empty: the main list

  bool operator==(const Rule&) const = default;
};

}  // namespace tunnel::filter
