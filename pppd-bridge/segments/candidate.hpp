#pragma once

#include "pppd-bridge/segments/packet_view.hpp"
#include "tunneld/base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

// What a Joiner asks of a packet.

namespace tunnel::segments {

/// Whose a packet of TCP or UDP is; each direction is a flow of its own.
struct FlowKey {
  std::array<std::uint64_t, 4> addresses{};
  std::uint32_t ports = 0;
  std::uint8_t protocol = 0;
  Family family = Family::Ipv4;

  bool operator==(const FlowKey&) const = default;
};

/// nullopt: a fragment, or no TCP or UDP with its ports.
std::optional<FlowKey> flow_key(Bytes packet, const PacketView& view) noexcept;

/// What must be the same in all packets of a flow that are joined, but for TCP's options.
struct Likeness {
  std::uint32_t network = 0;  // IPv4: TOS, "don't fragment"; IPv6: traffic class and flow label
  std::uint16_t hops = 0;     // and the protocol
  std::uint32_t acknowledgment = 0;
  std::uint16_t offset_and_flags = 0;  // without CWR, PSH, FIN
  std::uint16_t window = 0;
  std::uint16_t urgent = 0;

  bool operator==(const Likeness&) const = default;
};

/// A packet that may be joined with others: its headers are plain, its lengths its own, its
/// checksums right.
struct Candidate {
  Likeness likeness{};
  std::size_t transport_offset = 0;
  std::size_t options_offset = 0;  // TCP's; header_size where there are none
  std::size_t header_size = 0;
  std::size_t payload_size = 0;  // never 0
  std::uint32_t sequence = 0;    // of TCP only, like the flags
  std::uint8_t flags = 0;
  std::uint16_t identification = 0;  // of IPv4 only
  bool identification_stays = false;
};

/// nullopt: the packet, of TCP or UDP, may not be joined with any other.
std::optional<Candidate> candidate_of(Bytes packet, const PacketView& view) noexcept;

}  // namespace tunnel::segments
