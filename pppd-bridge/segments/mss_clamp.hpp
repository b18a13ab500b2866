#pragma once

#include "pppd-bridge/segments/offload.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstdint>

namespace tunnel::segments {

/// Lowers the MSS option (RFC 9293 §3.7.1) of a TCP packet with SYN to what fits into packets of
/// `mtu` octets, with headers that have no options: mtu - 40 over IPv4, mtu - 60 over IPv6. A lower
/// MSS stays, and a missing one is not added. A Complete checksum is kept right if it was; a
/// Partial one does not cover the options yet.
///
/// Returns whether the packet has changed. What is not such a packet, or has options that cannot be
/// read, does not.
bool clamp_mss(MutableBytes packet, Checksum checksum, std::uint16_t mtu) noexcept;

}  // namespace tunnel::segments
