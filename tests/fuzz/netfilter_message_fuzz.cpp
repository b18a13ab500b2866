// What the kernel says of flows and of logged packets, whose insides a stranger has sent.

#include "filter/ipmon/line.hpp"
#include "filter/ipmon/line_parser.hpp"
#include "filter/kernel/flow_message.hpp"
#include "filter/kernel/log_message.hpp"
#include "filter/packet/packet_parser.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"

#include <functional>
#include <vector>

namespace tunnel::filter::kernel {
namespace {

bool lies_in(Bytes part, Bytes whole) {
  const std::less_equal<const std::uint8_t*> not_behind;
  return part.empty() || (not_behind(whole.data(), part.data()) &&
                          not_behind(part.data() + part.size(), whole.data() + whole.size()));
}

void check_flow(const NetlinkMessage& message) {
  const auto event = parse_flow_event(message);
  if (!event) return;
  const auto& flow = event->flow;
  TUNNEL_CHECK(!flow.tcp_state || *flow.tcp_state <= flows::TcpState::SynSent2);
  TUNNEL_CHECK(flow.timeout >= std::chrono::seconds{0});
}

/// Its line can be written, and read again.
void check_logged(Bytes payload) {
  const auto logged = parse_logged_packet(payload);
  if (!logged) return;
  TUNNEL_CHECK(lies_in(logged->packet, payload));
  TUNNEL_CHECK(logged->prefix.size() <= payload.size());
  TUNNEL_CHECK(logged->prefix.find('\0') == std::string::npos);
  TUNNEL_CHECK(logged->time >= std::chrono::microseconds{0});
  const auto packet = packet::parse_beginning(logged->packet);
  if (!packet) return;
  ipmon::Record record;
  record.time = ipmon::WallTime{logged->time};
  record.packet = *packet;
  record.packet.direction = logged->direction;
  record.packet.interface = *InterfaceName::parse("tun0");
  record.rule = {"300", 2};
  TUNNEL_CHECK(ipmon::parse_line(ipmon::line_of(record)));
}

void check(Bytes datagram) {
  const auto whole = datagram;
  for (auto rest = datagram.size(); const auto message = take_message(datagram);) {
    TUNNEL_CHECK(datagram.size() < rest);
    rest = datagram.size();
    TUNNEL_CHECK(lies_in(message->payload, whole));
    check_flow(*message);
    check_logged(message->payload);
  }
}

}  // namespace
}  // namespace tunnel::filter::kernel

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tunnel::filter::kernel::check({data, size});
  return 0;
}
