#include "pppd-bridge/session/traced_frame.hpp"

#include "pppd-bridge/ppp/auth_packets.hpp"
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

ipc::TracedFrame traced_frame(ipc::Direction direction, ppp::Protocol protocol, Bytes packet,
                              std::size_t octets) {
  const auto header = ppp::write_header({}, protocol);
  ipc::TracedFrame traced;
  traced.direction = direction;
  traced.length = static_cast<std::uint32_t>(header.bytes().size() + packet.size());
  // Passwords and responses are overwritten.
  const auto shown = ppp::without_secrets(protocol, packet);
  ByteWriter out;
  out.bytes(header.bytes());
  out.bytes(Bytes{shown}.first(std::min(shown.size(), octets)));
  traced.octets = std::move(out).finish();
  traced.octets.resize(std::min({traced.octets.size(), octets, ipc::kMaxOctets}));
  return traced;
}

}  // namespace tunnel::session
