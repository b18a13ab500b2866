#pragma once

#include <cstdint>
#include <string>

namespace tunnel::ppp {

/// PPP Protocol field (RFC 1661 §2). Any other 16-bit value may stand in a variable of this type:
/// it is what the peer sent, and gets a Protocol-Reject.
enum class Protocol : std::uint16_t {
  Ipv4 = 0x0021,
  Ipv6 = 0x0057,
  Compressed = 0x00fd,  // RFC 1962 §3
  Ipcp = 0x8021,
  Ipv6cp = 0x8057,
  Ccp = 0x80fd,
  Lcp = 0xc021,
  Pap = 0xc023,
  Lqr = 0xc025,
  Chap = 0xc223,
};

/// "IPCP", or "0x1234" for one without a name here.
std::string protocol_name(Protocol protocol);

}  // namespace tunnel::ppp
