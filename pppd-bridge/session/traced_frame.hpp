#pragma once

#include "pppd-bridge/ppp/protocol.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/ipc/messages.hpp"

#include <cstddef>

namespace tunnel::session {

/// Whether a trace of this scope takes packets of this protocol: from 0x8000 on they control
/// (RFC 1661 §2).
bool is_traced(ipc::TraceScope scope, ppp::Protocol protocol) noexcept;

/// A frame as DLT_PPP has it, whatever its header looked like on the wire: ff 03, protocol, packet;
/// at most `octets` of it. Of PAP and CHAP the passwords and responses are blotted out. The time is
/// the caller's to fill in.
ipc::TracedFrame traced_frame(ipc::Direction direction, ppp::Protocol protocol, Bytes packet,
                              std::size_t octets);

}  // namespace tunnel::session
