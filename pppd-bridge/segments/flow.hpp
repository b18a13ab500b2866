#pragma once

#include "tunneld/base/bytes.hpp"

#include <cstdint>

namespace tunnel::segments {

/// A number for the flow that a packet belongs to: addresses, protocol and, of TCP and UDP, ports;
/// each direction is a flow of its own. All fragments between two hosts are one flow: with ports
/// only the first one would be of another, and with its identification each datagram, of which a
/// sparse flow's privileges could be had. So are all packets whose headers cannot be read.
///
/// `seed` is a random number of this process that nobody else knows. Whoever can send packets would
/// else choose ones that share a queue with somebody else's flow, and ruin that; hence SipHash-1-3
/// (Aumasson and Bernstein, 2012; with the rounds of today's hash tables), which cannot be worked
/// out from its effects as a mixing function with a seed can.
std::uint32_t flow_hash(Bytes packet, std::uint64_t seed) noexcept;

}  // namespace tunnel::segments
