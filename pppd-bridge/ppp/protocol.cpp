#include "pppd-bridge/ppp/protocol.hpp"

#include "tunneld/base/hex.hpp"

#include <array>
#include <string_view>

namespace tunnel::ppp {

namespace {

std::string_view known_name(Protocol protocol) noexcept {
  switch (protocol) {
    case Protocol::Ipv4:
      return "IPv4";
    case Protocol::Ipv6:
      return "IPv6";
    case Protocol::Compressed:
      return "compressed";
    case Protocol::Ipcp:
      return "IPCP";
    case Protocol::Ipv6cp:
      return "IPV6CP";
    case Protocol::Ccp:
      return "CCP";
    case Protocol::Lcp:
      return "LCP";
    case Protocol::Pap:
      return "PAP";
    case Protocol::Lqr:
      return "LQR";
    case Protocol::Chap:
      return "CHAP";
  }
  return {};
}

}  // namespace

std::string protocol_name(Protocol protocol) {
  if (const auto name = known_name(protocol); !name.empty()) return std::string{name};
  return "0x" + to_hex(static_cast<std::uint16_t>(protocol), 4);
}

}  // namespace tunnel::ppp
