#pragma once

#include "tunneld/base/address.hpp"

#include <cstdint>

namespace tunnel::segments {

/// Numbers of IANA's "Protocol Numbers".
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;

/// What a packet is to be cut into before it meets a wire: nothing, or segments of TCP over IPv4 or
/// IPv6, or datagrams of UDP over either (Linux's UDP_L4, "USO").
enum class Gso : std::uint8_t { None, Tcp4, Tcp6, Udp };

/// That of a super-packet of `protocol`, which is TCP if it is not UDP.
constexpr Gso super_packet_of(Family family, std::uint8_t protocol) noexcept {
  if (protocol == kUdp) return Gso::Udp;
  return family == Family::Ipv4 ? Gso::Tcp4 : Gso::Tcp6;
}

/// Whether the transport checksum is there, or only the sum of the pseudo-header in its place (RFC
/// 9293 §3.1), not complemented, with the length of the whole super-packet in it.
enum class Checksum : std::uint8_t { Complete, Partial };

/// Whether a TCP super-packet has CWR set (RFC 3168 §6.1.2), which belongs to its first segment
/// alone.
enum class Cwr : std::uint8_t { Clear, Set };

/// What the kernel, or a peer of ours, says of a packet beside its octets. The default is a packet
/// as a wire carries it.
struct Offload {
  Gso gso = Gso::None;
  Checksum checksum = Checksum::Complete;
  Cwr cwr = Cwr::Clear;
  /// Octets of transport payload in each segment but the last; 0 without Gso.
  std::uint16_t segment_size = 0;
  /// Where the octets that a Partial checksum is to cover begin, from the packet's first octet;
  /// they end with the packet. 0 when Complete.
  std::uint16_t checksum_start = 0;
  /// Where the checksum lies, from `checksum_start`. 0 when Complete.
  std::uint16_t checksum_offset = 0;
  /// Octets of all headers: a hint, which may be 0, or as Linux has it, some of the payload more.
  std::uint16_t header_size = 0;

  bool operator==(const Offload&) const = default;
};

}  // namespace tunnel::segments
