#pragma once

#include "pppd-bridge/segments/packet_view.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <type_traits>

// The Internet checksum (RFC 1071): a sum of 16-bit words in one's complement arithmetic, whose
// complement is what a header carries. Sums here are values, not octets; 0 is the sum of zeros
// only, else 0xffff stands for zero.

namespace tunnel::segments {

/// The sum in 16 bits: what is above them is added to them, as often as need be.
constexpr std::uint16_t fold(std::uint64_t sum) noexcept {
  sum = (sum & 0xffff'ffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

namespace detail {

/// sum_of(), 32 octets a step.
std::uint16_t sum_by_lanes(Bytes octets) noexcept;

}  // namespace detail

/// The sum of the octets as big-endian words; an odd one at the end is the high half of a word.
constexpr std::uint16_t sum_of(Bytes octets) noexcept {
  if (!std::is_constant_evaluated()) return detail::sum_by_lanes(octets);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    sum += static_cast<std::uint64_t>(octets[i]) << (i % 2 == 0 ? 8 : 0);
  }
  return fold(sum);
}

/// The checksum that a header carries for a sum.
constexpr std::uint16_t complement(std::uint16_t sum) noexcept {
  return static_cast<std::uint16_t>(~sum);
}

/// The same for UDP, where 0 says that there is none (RFC 768).
constexpr std::uint16_t udp_complement(std::uint16_t sum) noexcept {
  return sum == 0xffff ? std::uint16_t{0xffff} : complement(sum);
}

/// What a checksum becomes when a word that it covers changes (RFC 1624 §3, equation 3).
constexpr std::uint16_t updated_checksum(std::uint16_t checksum, std::uint16_t before,
                                         std::uint16_t after) noexcept {
  return complement(fold(std::uint64_t{complement(checksum)} + complement(before) + after));
}

/// Source and destination, one after the other; the packet has been read by parse_packet().
constexpr Bytes addresses_of(Bytes packet, const PacketView& view) noexcept {
  return view.family == Family::Ipv4 ? packet.subspan(ipv4::kSource, 8)
                                     : packet.subspan(ipv6::kSource, 32);
}

/// The sum of the pseudo-header (RFC 9293 §3.1, RFC 8200 §8.1) for `length` octets of transport
/// header and payload. The destination is the header's: with a routing header that has not been
/// followed to its end it would be another.
constexpr std::uint16_t pseudo_header_sum(Bytes packet, const PacketView& view,
                                          std::uint32_t length) noexcept {
  return fold(std::uint64_t{sum_of(addresses_of(packet, view))} + view.protocol + length);
}

/// The checksum that an IPv4 header of `header` octets should have.
constexpr std::uint16_t ipv4_header_checksum(Bytes header) noexcept {
  const auto fields = Fields<ipv4::kHeader>::at(header, 0);
  if (!fields) return 0;
  const auto present = fields->u16<ipv4::kChecksum>();
  return complement(fold(std::uint64_t{sum_of(header)} + complement(present)));
}

}  // namespace tunnel::segments
