#pragma once

#include "pppd-bridge/segments/offload.hpp"
#include "pppd-bridge/segments/packet_view.hpp"
#include "tunneld/base/bytes.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

// Packets from their description, octet by octet and with the checksum of the textbook, which has
// nothing in common with ours.

namespace tunnel::segments::test {

using Octets = std::vector<std::uint8_t>;

inline std::uint16_t textbook_sum(Bytes octets) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < octets.size(); i += 2) {
    sum += static_cast<std::uint32_t>(octets[i]) << 8;
    if (i + 1 < octets.size()) sum += octets[i + 1];
    if (sum > 0xffff) sum -= 0xffff;
  }
  return static_cast<std::uint16_t>(sum);
}

struct Description {
  Gso kind = Gso::Tcp4;
  Family udp_family = Family::Ipv4;
  std::uint8_t tos = 0;
  std::uint8_t ttl = 64;
  std::uint16_t identification = 0x1234;
  std::uint16_t fragment = ipv4::kDontFragment;
  Octets network_options{};  // IPv4 options, or IPv6 extension headers
  std::uint8_t first_extension = 0;
  std::uint32_t flow_label = 0x12345;
  std::uint8_t last_of_source = 1;
  std::uint16_t source_port = 40000;
  std::uint16_t destination_port = 443;
  std::uint32_t sequence = 0xffff'f000;
  std::uint32_t acknowledgment = 77;
  std::uint8_t flags = tcp::kAck;
  std::uint16_t window = 501;
  std::uint16_t urgent = 0;
  Octets tcp_options{1, 1, 8, 10, 0, 1, 2, 3, 9, 9, 9, 9};  // NOP, NOP, timestamps
  Octets payload{};

  Family family() const {
    if (kind == Gso::Udp) return udp_family;
    return kind == Gso::Tcp6 ? Family::Ipv6 : Family::Ipv4;
  }

  std::uint8_t protocol() const { return kind == Gso::Udp ? kUdp : kTcp; }

  std::size_t transport_size() const {
    return kind == Gso::Udp ? udp::kHeader : tcp::kHeader + tcp_options.size();
  }

  std::size_t network_size() const {
    return (family() == Family::Ipv4 ? ipv4::kHeader : ipv6::kHeader) + network_options.size();
  }

  std::size_t header_size() const { return network_size() + transport_size(); }
};

inline void append(Octets& to, Bytes octets) {
  to.insert(to.end(), octets.begin(), octets.end());
}

inline Octets addresses(const Description& what) {
  if (what.family() == Family::Ipv4) return {10, 1, 0, what.last_of_source, 192, 168, 5, 9};
  Octets both(32);
  both[0] = both[16] = 0xfd;
  both[15] = what.last_of_source;
  both[31] = 9;
  return both;
}

/// RFC 9293 §3.1, RFC 8200 §8.1.
inline Octets pseudo_header(const Description& what) {
  ByteWriter out;
  out.bytes(addresses(what));
  out.u32(static_cast<std::uint32_t>(what.transport_size() + what.payload.size()));
  out.u32(what.protocol());
  return std::move(out).finish();
}

inline Octets transport(const Description& what, std::uint16_t checksum) {
  ByteWriter out;
  out.u16(what.source_port);
  out.u16(what.destination_port);
  if (what.kind == Gso::Udp) {
    out.u16(static_cast<std::uint16_t>(udp::kHeader + what.payload.size()));
    out.u16(checksum);
  } else {
    out.u32(what.sequence);
    out.u32(what.acknowledgment);
    out.u8(static_cast<std::uint8_t>(what.transport_size() / 4 << 4));
    out.u8(what.flags);
    out.u16(what.window);
    out.u16(checksum);
    out.u16(what.urgent);
    out.bytes(what.tcp_options);
  }
  out.bytes(what.payload);
  return std::move(out).finish();
}

inline Octets network(const Description& what) {
  const auto behind = what.transport_size() + what.payload.size();
  ByteWriter out;
  if (what.family() == Family::Ipv6) {
    out.u32(0x6000'0000U | std::uint32_t{what.tos} << 20 | what.flow_label);
    out.u16(static_cast<std::uint16_t>(what.network_options.size() + behind));
    out.u8(what.network_options.empty() ? what.protocol() : what.first_extension);
    out.u8(what.ttl);
    out.bytes(addresses(what));
    out.bytes(what.network_options);
    return std::move(out).finish();
  }
  out.u8(static_cast<std::uint8_t>(0x40U | what.network_size() / 4));
  out.u8(what.tos);
  out.u16(static_cast<std::uint16_t>(what.network_size() + behind));
  out.u16(what.identification);
  out.u16(what.fragment);
  out.u8(what.ttl);
  out.u8(what.protocol());
  out.u16(0);
  out.bytes(addresses(what));
  out.bytes(what.network_options);
  const auto checksum = static_cast<std::uint16_t>(~textbook_sum(out.view()));
  out.patch_u16(10, checksum);
  return std::move(out).finish();
}

/// The packet with its checksums.
inline Octets build(const Description& what) {
  auto covered = pseudo_header(what);
  append(covered, transport(what, 0));
  auto checksum = static_cast<std::uint16_t>(~textbook_sum(covered));
  if (what.kind == Gso::Udp && checksum == 0) checksum = 0xffff;
  auto packet = network(what);
  append(packet, transport(what, checksum));
  return packet;
}

/// The packet with the sum of the pseudo-header for a checksum.
inline Octets build_partial(const Description& what) {
  auto packet = network(what);
  append(packet, transport(what, textbook_sum(pseudo_header(what))));
  return packet;
}

/// What the kernel says of a super-packet, or with Gso::None of one with a Partial checksum.
inline Offload offload_of(const Description& what, Gso gso, std::uint16_t segment_size) {
  Offload offload{.gso = gso, .checksum = Checksum::Partial, .segment_size = segment_size};
  if (gso != Gso::None && gso != Gso::Udp && (what.flags & tcp::kCwr) != 0) offload.cwr = Cwr::Set;
  offload.checksum_start = static_cast<std::uint16_t>(what.network_size());
  offload.checksum_offset = what.kind == Gso::Udp ? 6 : 16;
  offload.header_size = static_cast<std::uint16_t>(what.header_size());
  return offload;
}

/// What a super-packet is to be cut into: each segment described, and built from that.
inline std::vector<Description> pieces_of(const Description& whole, std::size_t segment_size) {
  std::vector<Description> pieces;
  for (std::size_t begin = 0; begin < whole.payload.size(); begin += segment_size) {
    const auto size = std::min(segment_size, whole.payload.size() - begin);
    auto piece = whole;
    piece.payload.assign(whole.payload.begin() + static_cast<std::ptrdiff_t>(begin),
                         whole.payload.begin() + static_cast<std::ptrdiff_t>(begin + size));
    piece.sequence = whole.sequence + static_cast<std::uint32_t>(begin);
    const bool stays = whole.identification == 0 && (whole.fragment & ipv4::kDontFragment) != 0;
    if (!stays) {
      piece.identification =
          static_cast<std::uint16_t>(whole.identification + begin / segment_size);
    }
    if (begin != 0) piece.flags &= static_cast<std::uint8_t>(~tcp::kCwr);
    if (begin + size != whole.payload.size()) {
      piece.flags &= static_cast<std::uint8_t>(~(tcp::kFin | tcp::kPsh));
    }
    pieces.push_back(piece);
  }
  return pieces;
}

inline std::vector<Octets> cut(const Description& whole, std::size_t segment_size) {
  std::vector<Octets> packets;
  for (const auto& piece : pieces_of(whole, segment_size)) packets.push_back(build(piece));
  return packets;
}

inline Octets random_octets(std::mt19937& random, std::size_t size) {
  Octets octets(size);
  std::generate(octets.begin(), octets.end(), [&] { return static_cast<std::uint8_t>(random()); });
  return octets;
}

/// Any packet that may be a super-packet, with `payload` octets.
inline Description random_description(std::mt19937& random, std::size_t payload) {
  Description what;
  what.kind = std::vector{Gso::Tcp4, Gso::Tcp6, Gso::Udp}[random() % 3];
  what.udp_family = random() % 2 == 0 ? Family::Ipv4 : Family::Ipv6;
  what.tos = static_cast<std::uint8_t>(random());
  what.ttl = static_cast<std::uint8_t>(random());
  what.identification = static_cast<std::uint16_t>(random() % 4 == 0 ? 0 : random());
  what.fragment = random() % 2 == 0 ? ipv4::kDontFragment : std::uint16_t{0};
  what.source_port = static_cast<std::uint16_t>(random());
  what.sequence = static_cast<std::uint32_t>(random());
  what.acknowledgment = static_cast<std::uint32_t>(random());
  what.flags = static_cast<std::uint8_t>(
      tcp::kAck | (random() & (tcp::kPsh | tcp::kFin | tcp::kCwr | tcp::kEce)));
  what.window = static_cast<std::uint16_t>(random());
  what.tcp_options = random_octets(random, random() % 11 * 4);
  what.payload = random_octets(random, payload);
  return what;
}

}  // namespace tunnel::segments::test
