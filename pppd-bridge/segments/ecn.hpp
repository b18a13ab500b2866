#pragma once

#include "tunneld/base/bytes.hpp"

namespace tunnel::segments {

/// Tells the receiver that there is congestion, if the flow has said that it understands (RFC 3168
/// §5): ECT(0) and ECT(1) become CE, in IPv4 with the header's checksum. Of a super-packet, all
/// segments are marked.
///
/// Returns whether the packet is marked now. false: it is not of such a flow, and another sign has
/// to be given: it is to be dropped.
bool mark_congestion(MutableBytes packet) noexcept;

}  // namespace tunnel::segments
