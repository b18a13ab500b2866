#include "pppd-bridge/session/traced_frame.hpp"

#include "pppd-bridge/ppp/auth_packets.hpp"
#include "pppd-bridge/ppp/control_packet.hpp"
#include "pppd-bridge/ppp/frame.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace tunnel::session {

bool is_traced(ipc::TraceScope scope, ppp::Protocol protocol) noexcept {
  constexpr std::uint16_t kFirstControl = 0x8000;
  switch (scope) {
    case ipc::TraceScope::None:
      return false;
    case ipc::TraceScope::Control:
      return static_cast<std::uint16_t>(protocol) >= kFirstControl;
    case ipc::TraceScope::All:
      return true;
  }
  return false;
}

namespace {

/// The packet as it may be shown: passwords and responses are overwritten, also where a
/// Protocol-Reject quotes them (RFC 1661 §5.7).
std::vector<std::uint8_t> without_secrets(ppp::Protocol protocol, Bytes packet) {
  const auto known = [](ppp::Protocol of) {
    return of == ppp::Protocol::Pap || of == ppp::Protocol::Chap;
  };
  const auto hide = [](ppp::Protocol of, Bytes octets) {
    const bool pap = of == ppp::Protocol::Pap;
    return ppp::without_secrets(pap ? ppp::AuthProtocol::Pap : ppp::AuthProtocol::Chap, octets);
  };
  if (known(protocol)) return hide(protocol, packet);
  constexpr std::size_t kQuoted = ppp::kControlHeader + 2;
  ByteReader in{packet};
  const auto code = in.u8();
  if (protocol == ppp::Protocol::Lcp && packet.size() > kQuoted &&
      code == static_cast<std::uint8_t>(ppp::Code::ProtocolReject)) {
    in.take(ppp::kControlHeader - 1);
    const ppp::Protocol rejected{in.u16().value_or(0)};
    if (known(rejected)) {
      std::vector<std::uint8_t> shown{packet.begin(), packet.begin() + kQuoted};
      const auto quoted = hide(rejected, packet.subspan(kQuoted));
      shown.insert(shown.end(), quoted.begin(), quoted.end());
      return shown;
    }
  }
  return {packet.begin(), packet.end()};
}

}  // namespace

ipc::TracedFrame traced_frame(ipc::Direction direction, ppp::Protocol protocol, Bytes packet,
                              std::size_t octets) {
  const auto header = ppp::write_header({}, protocol);
  ipc::TracedFrame traced;
  traced.direction = direction;
  traced.length = static_cast<std::uint32_t>(header.bytes().size() + packet.size());
  const auto shown = without_secrets(protocol, packet);
  ByteWriter out;
  out.bytes(header.bytes());
  out.bytes(Bytes{shown}.first(std::min(shown.size(), octets)));
  traced.octets = std::move(out).finish();
  traced.octets.resize(std::min({traced.octets.size(), octets, ipc::kMaxOctets}));
  return traced;
}

}  // namespace tunnel::session
