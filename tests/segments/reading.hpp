#pragma once

#include "tests/segments/packets.hpp"

#include <cstddef>
#include <cstdint>

// The other way round: the description of a packet that build() or build_partial() would make. Of
// one that is damaged in any way they make another, so that a test need only compare.

namespace tunnel::segments::test {

namespace detail {

inline std::uint16_t u16_at(Bytes octets, std::size_t place) {
  return static_cast<std::uint16_t>(octets[place] << 8 | octets[place + 1]);
}

inline std::uint32_t u32_at(Bytes octets, std::size_t place) {
  return std::uint32_t{u16_at(octets, place)} << 16 | u16_at(octets, place + 2);
}

inline Octets copy_of(Bytes octets) {
  return {octets.begin(), octets.end()};
}

inline void read_transport(Bytes transport, Description& what) {
  what.source_port = u16_at(transport, 0);
  what.destination_port = u16_at(transport, 2);
  std::size_t size = udp::kHeader;
  if (what.kind != Gso::Udp) {
    size = (transport[12] >> 4) * 4U;
    what.sequence = u32_at(transport, 4);
    what.acknowledgment = u32_at(transport, 8);
    what.flags = transport[13];
    what.window = u16_at(transport, 14);
    what.urgent = u16_at(transport, 18);
    what.tcp_options = copy_of(transport.first(size).subspan(tcp::kHeader));
  }
  what.payload = copy_of(transport.subspan(size));
}

}  // namespace detail

/// Of a whole TCP or UDP packet, over IPv6 without extension headers.
inline Description read_description(Bytes packet) {
  using namespace detail;
  Description what;
  const bool v4 = packet[0] >> 4 == 4;
  const auto protocol = packet[v4 ? 9 : 6];
  what.kind = protocol == kUdp ? Gso::Udp : v4 ? Gso::Tcp4 : Gso::Tcp6;
  what.udp_family = v4 ? Family::Ipv4 : Family::Ipv6;
  std::size_t header = ipv6::kHeader;
  if (v4) {
    header = (packet[0] & 15U) * 4U;
    what.tos = packet[1];
    what.identification = u16_at(packet, 4);
    what.fragment = u16_at(packet, 6);
    what.ttl = packet[8];
    what.last_of_source = packet[15];
    what.network_options = copy_of(packet.first(header).subspan(ipv4::kHeader));
  } else {
    what.tos = static_cast<std::uint8_t>(u16_at(packet, 0) >> 4);
    what.flow_label = u32_at(packet, 0) & 0xf'ffffU;
    what.ttl = packet[7];
    what.last_of_source = packet[23];
  }
  read_transport(packet.subspan(header), what);
  return what;
}

}  // namespace tunnel::segments::test
