#pragma once

#include "filter/model/host_address.hpp"
#include "filter/model/protocols.hpp"
#include "filter/model/rule.hpp"
#include "tunneld/base/identifiers.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tunnel::filter::packet {

/// The ends of a flow, as far as its protocol has any: ports of TCP and UDP, the number of an ICMP
/// query as both.
struct Ends {
  HostAddress source{};
  HostAddress destination{};
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;

  bool operator==(const Ends&) const = default;

  Ends reversed() const noexcept { return {destination, source, destination_port, source_port}; }
};

struct TcpHeader {
  std::uint8_t flags = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint16_t window = 0;
  std::uint16_t urgent = 0;
  std::uint32_t payload = 0;  // octets behind the header
  std::optional<std::uint8_t> window_scale{};
  std::optional<std::uint16_t> segment_size{};  // MSS
};

struct IcmpHeader {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
};

/// What an ICMP error is about, as far as it quotes it.
struct Quoted {
  Ends ends{};
  std::uint8_t protocol = 0;
  std::uint8_t icmp_type = 0;  // of a quoted ICMP packet
};

/// A packet as the filter sees it: what its headers say, and what is odd about them.
struct Packet {
  Direction direction = Direction::In;
  InterfaceName interface {};  // none: matches rules without an interface only
  Family family = Family::Ipv4;
  std::uint8_t protocol = 0;
  std::uint8_t tos = 0;
  std::uint8_t ttl = 64;
  Ends ends{};  // ports are 0 where there are none

  std::uint32_t id = 0;      // of fragments
  std::uint16_t offset = 0;  // of a fragment, in octets
  bool more_fragments = false;
  std::uint32_t header_size = 20;       // with options and extension headers
  std::uint32_t size = 0;               // of the whole packet
  std::vector<std::uint8_t> options{};  // types of IPv4's, without the end

  bool is_short = false;
  bool is_bad = false;
  bool has_options = false;
  bool is_translated = false;  // on the way in

  TcpHeader tcp{};                 // of the first fragment of a TCP packet
  IcmpHeader icmp{};               // of the first fragment of an ICMP packet
  std::optional<Quoted> quoted{};  // of an ICMP error

  bool is_fragment() const noexcept { return more_fragments || offset != 0; }

  bool is_fragment_body() const noexcept { return offset != 0; }

  /// Of TCP or UDP, and with its header.
  bool carries_ports() const noexcept { return has_ports(protocol) && !is_fragment_body(); }

  /// Of the ICMP of its family.
  bool is_icmp() const noexcept { return protocol == (family == Family::Ipv4 ? kIcmp : kIcmp6); }
};

/// An octet string that is no packet: the headers lie.
struct NotAPacket {
  const char* reason = "";
};

}  // namespace tunnel::filter::packet
