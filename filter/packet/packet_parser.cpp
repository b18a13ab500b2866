// Octets become a Packet. The lengths are believed only as far as octets are there.

#include "filter/packet/packet_parser.hpp"

#include "filter/model/protocols.hpp"
#include "filter/packet/ip_header.hpp"
#include "filter/packet/tcp_flags.hpp"

#include <utility>

namespace tunnel::filter::packet {

namespace {

constexpr std::size_t kTcpHeader = 20;
constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kIcmpHeader = 8;

/// The header of an ICMP message, which is longer for some types (RFC 792, RFC 950).
std::size_t icmp_header(std::uint8_t type) noexcept {
  constexpr std::size_t kTimestamp = 20;
  constexpr std::size_t kMask = 12;
  switch (type) {
    case 13:
    case 14:
      return kTimestamp;
    case 15:
    case 16:
    case 17:
    case 18:
      return kMask;
    default:
      return kIcmpHeader;
  }
}

void parse_tcp_options(ByteReader in, TcpHeader& tcp) noexcept {
  while (const auto kind = in.u8()) {
    if (*kind == 0) return;
    if (*kind == 1) continue;
    const auto length = in.u8();
    if (!length || *length < 2) return;
    const auto value = in.take(*length - 2U);
    if (!value) return;
    ByteReader field{*value};
    if (*kind == 2 && value->size() == 2) tcp.segment_size = field.u16();
    if (*kind == 3 && value->size() == 1)
      tcp.window_scale = std::min<std::uint8_t>(*field.u8(), 14);
  }
}

/// A first fragment that holds at least twenty octets.
void parse_tcp(Bytes body, Packet& packet) noexcept {
  ByteReader in{body};
  packet.ends.source_port = in.u16().value_or(0);
  packet.ends.destination_port = in.u16().value_or(0);
  packet.tcp.sequence = in.u32().value_or(0);
  packet.tcp.acknowledgement = in.u32().value_or(0);
  const std::size_t header = (in.u8().value_or(0) >> 4) * 4U;
  packet.tcp.flags = in.u8().value_or(0);
  packet.tcp.window = in.u16().value_or(0);
  in.take(2);  // the checksum is the host's to check
  packet.tcp.urgent = in.u16().value_or(0);
  if (header < kTcpHeader || contradictory(packet.tcp.flags, packet.tcp.urgent)) {
    packet.is_bad = true;
  }
  if (header >= kTcpHeader && header <= body.size()) {
    packet.tcp.payload = static_cast<std::uint32_t>(body.size() - header);
    parse_tcp_options(ByteReader{body.subspan(kTcpHeader, header - kTcpHeader)}, packet.tcp);
  }
}

bool is_query(Family family, std::uint8_t type) noexcept {
  if (family == Family::Ipv6) return type == 128 || type == 129;
  return type == 0 || type == 8 || (type >= 13 && type <= 18);
}

/// The packet that an error is about. It must have been sent by the one who is told, and begin a
/// packet (RFC 1122 §3.2.2); else the error is a bad packet.
void parse_quoted(Bytes body, Packet& packet) {
  const auto header = parse_ip_header(body);
  if (!header || header->family != packet.family || header->offset != 0) {
    packet.is_bad = true;
    return;
  }
  if (header->source != packet.ends.destination) packet.is_bad = true;
  Quoted quoted{{header->source, header->destination}, header->protocol, 0};
  ByteReader in{body.subspan(std::min<std::size_t>(header->header_size, body.size()))};
  const auto first = in.u16();
  const auto second = in.u16();
  const auto third = in.u16();
  if (has_ports(quoted.protocol) && second) {
    quoted.ends.source_port = *first;
    quoted.ends.destination_port = *second;
  } else if ((quoted.protocol == kIcmp || quoted.protocol == kIcmp6) && third &&
             is_query(packet.family, static_cast<std::uint8_t>(*first >> 8))) {
    quoted.icmp_type = static_cast<std::uint8_t>(*first >> 8);
    quoted.ends.source_port = quoted.ends.destination_port = *third;
  }
  packet.quoted = quoted;
}

void parse_icmp(Bytes body, Packet& packet) {
  ByteReader in{body};
  packet.icmp.type = in.u8().value_or(0);
  packet.icmp.code = in.u8().value_or(0);
  in.take(2);
  const auto query = in.u16().value_or(0);
  if (is_query(packet.family, packet.icmp.type)) {
    packet.ends.source_port = packet.ends.destination_port = query;
  }
  const auto least = packet.family == Family::Ipv4 ? icmp_header(packet.icmp.type) : kIcmpHeader;
  if (body.size() < least) packet.is_short = true;
  if (is_icmp_error(packet.family, packet.icmp.type)) {
    parse_quoted(body.subspan(std::min(kIcmpHeader, body.size())), packet);
  }
}

std::size_t least_transport_header(const Packet& packet) noexcept {
  if (packet.protocol == kTcp) return kTcpHeader;
  if (packet.protocol == kUdp) return kUdpHeader;
  return packet.is_icmp() ? kIcmpHeader : 0;
}

/// What lies behind the headers of IP. An error says why the packet cannot be.
/// `body` is as much as is there.
std::optional<NotAPacket> parse_transport(Bytes body, Packet& packet) {
  const auto least = least_transport_header(packet);
  if (packet.is_fragment_body()) {
    if (packet.offset < least) packet.is_short = true;
    return std::nullopt;
  }
  if (packet.size - packet.header_size < least) packet.is_short = true;
  if (packet.is_short && has_ports(packet.protocol)) {
    return NotAPacket{"the first fragment does not hold the header of TCP or UDP"};
  }
  if (packet.protocol == kTcp) parse_tcp(body, packet);
  if (packet.protocol == kUdp) {
    ByteReader in{body};
    packet.ends.source_port = in.u16().value_or(0);
    packet.ends.destination_port = in.u16().value_or(0);
  }
  if (packet.is_icmp()) parse_icmp(body, packet);
  return std::nullopt;
}

Packet packet_with(const IpHeader& header) {
  Packet packet;
  packet.family = header.family;
  packet.protocol = header.protocol;
  packet.tos = header.tos;
  packet.ttl = header.ttl;
  packet.ends.source = header.source;
  packet.ends.destination = header.destination;
  packet.id = header.id;
  packet.offset = header.offset;
  packet.more_fragments = header.more_fragments;
  packet.header_size = header.header_size;
  packet.size = header.size;
  packet.options = header.options;
  packet.has_options = header.family == Family::Ipv4 && header.header_size > 20;
  return packet;
}

/// A fragment that ends beyond the largest packet, or whose successor could not begin where it ends
/// (RFC 791 §3.2).
bool cannot_be_put_together(const Packet& packet, std::size_t body) noexcept {
  constexpr std::size_t kLargest = 65535;
  if (!packet.is_fragment_body()) return false;
  return packet.offset + body > kLargest || body == 0 || (packet.more_fragments && body % 8 != 0);
}

}  // namespace

bool is_icmp_error(Family family, std::uint8_t type) noexcept {
  if (family == Family::Ipv6) return type < 128;
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

std::variant<Packet, NotAPacket> parse_packet(Bytes octets) {
  const auto header = parse_ip_header(octets);
  if (!header) return NotAPacket{"the header of IP is cut or contradicts itself"};
  if (header->size > octets.size()) return NotAPacket{"the packet is longer than what is there"};
  auto packet = packet_with(*header);
  const auto body = octets.first(header->size).subspan(header->header_size);
  if (cannot_be_put_together(packet, body.size())) packet.is_bad = true;
  if (const auto wrong = parse_transport(body, packet)) return *wrong;
  return packet;
}

std::optional<Packet> parse_beginning(Bytes octets) {
  const auto header = parse_ip_header(octets);
  if (!header) return std::nullopt;
  auto packet = packet_with(*header);
  const std::size_t there = std::min<std::size_t>(header->size, octets.size());
  const std::size_t missing = header->size - there;
  const auto body = octets.first(there).subspan(std::min<std::size_t>(header->header_size, there));
  if (cannot_be_put_together(packet, body.size() + missing)) packet.is_bad = true;
  // Of a header that is cut, nothing is known but that.
  if (parse_transport(body, packet)) return packet;
  if (packet.protocol == kTcp && !packet.is_fragment_body()) {
    packet.tcp.payload += static_cast<std::uint32_t>(missing);
  }
  return packet;
}

}  // namespace tunnel::filter::packet
