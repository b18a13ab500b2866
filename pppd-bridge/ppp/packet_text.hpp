#pragma once

#include "pppd-bridge/ppp/control_packet.hpp"
#include "pppd-bridge/ppp/protocol.hpp"

#include <string>

namespace tunnel::ppp {

/// One option of a Configure packet of `protocol`, in the field's words: " MRU[4] 1500".
std::string describe_option(Protocol protocol, const RawOption& option);

/// A control packet in one line, the peer's text in it escaped, secrets left out:
/// "LCP ConfigReq(1) MRU[4] 1500 MAGICNUM[6] 0x0a0b0c0d".
std::string describe_packet(Protocol protocol, Bytes packet);

}  // namespace tunnel::ppp
