// ipftest's form of a packet: any line; what is one prints to the same packet.

#include "filter/packet/packet_parser.hpp"
#include "filter/packet/packet_text.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"

#include <string>

namespace tunnel::filter::packet {
namespace {

/// Empty: the octets are no packet.
std::string printed(const WrittenPacket& written) {
  auto parsed = parse_packet(written.octets);
  auto* packet = std::get_if<Packet>(&parsed);
  if (packet == nullptr) return {};
  packet->direction = written.direction;
  packet->interface = written.interface;
  return print(*packet);
}

void check(const std::string& line) {
  const auto result = parse_packet_text(line);
  if (const auto* mistake = std::get_if<TextMistake>(&result)) {
    TUNNEL_CHECK(mistake->column >= 1 && mistake->width >= 1 && !mistake->message.empty());
    return;
  }
  const auto text = printed(std::get<WrittenPacket>(result));
  if (text.empty()) return;
  const auto again = parse_packet_text(text);
  TUNNEL_CHECK(std::holds_alternative<WrittenPacket>(again));
  TUNNEL_CHECK(printed(std::get<WrittenPacket>(again)) == text);
}

}  // namespace
}  // namespace tunnel::filter::packet

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tunnel::filter::packet::check(std::string(data, data + size));
  return 0;
}
