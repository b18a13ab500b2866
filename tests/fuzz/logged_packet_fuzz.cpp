// What the kernel hands over of a logged packet, which is what a stranger has sent: its line is
// read again as the same packet.

#include "filter/ipmon/line.hpp"
#include "filter/ipmon/line_parser.hpp"
#include "filter/packet/packet_parser.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"

namespace tunnel::filter::ipmon {
namespace {

void check(Bytes octets) {
  const auto packet = packet::parse_beginning(octets);
  if (!packet) return;
  Record record;
  record.packet = *packet;
  record.packet.interface = *InterfaceName::parse("tun0");
  record.rule = {"300", 2};
  const auto body = body_of(*packet, octets);
  TUNNEL_CHECK(body.size() <= kMostBody && body.size() <= octets.size());
  record.body.assign(body.begin(), body.end());
  const auto read = parse_line(line_of(record));
  TUNNEL_CHECK(read && read->kind == Fields::Kind::Packet);
  TUNNEL_CHECK(read->source.host == packet->ends.source);
  TUNNEL_CHECK(read->destination.host == packet->ends.destination);
  TUNNEL_CHECK(read->is_short == packet->is_short && read->size == packet->size);
  if (packet->carries_ports()) TUNNEL_CHECK(read->source.port == packet->ends.source_port);
}

}  // namespace
}  // namespace tunnel::filter::ipmon

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tunnel::filter::ipmon::check({data, size});
  return 0;
}
