#include "tests/support/packets.hpp"

#include "filter/language/words.hpp"
#include "filter/packet/checksum.hpp"
#include "filter/packet/packet_parser.hpp"
#include "filter/packet/packet_text.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <stdexcept>
#include <utility>

namespace tunnel::test {

namespace {

using filter::packet::Packet;

constexpr std::size_t kLength = 2;  // where fields of IPv4's header are
constexpr std::size_t kOffset = 6;
constexpr std::size_t kChecksum = 10;
constexpr std::uint16_t kMoreFragments = 0x2000;

std::vector<std::uint8_t> fragment(Bytes header, Bytes body, std::uint16_t offset) {
  ByteWriter out;
  out.bytes(header);
  out.bytes(body);
  out.patch_u16(kLength, static_cast<std::uint16_t>(out.size()));
  out.patch_u16(kOffset, offset);
  out.patch_u16(kChecksum, 0);
  const auto sum = filter::packet::add_to_sum(0, out.view().first(header.size()));
  out.patch_u16(kChecksum, filter::packet::folded(sum));
  return std::move(out).finish();
}

}  // namespace

std::vector<std::uint8_t> octets_of(const std::string& text) {
  auto parsed = filter::packet::parse_packet_text("in on tun0 " + text);
  if (const auto* mistake = std::get_if<filter::packet::TextMistake>(&parsed)) {
    throw std::runtime_error{text + ": " + mistake->message};
  }
  return std::get<filter::packet::WrittenPacket>(std::move(parsed)).octets;
}

std::vector<std::vector<std::uint8_t>> in_two(Bytes packet, std::uint16_t first) {
  const auto header = packet.first(std::size_t{4} * (packet[0] & 0x0fU));
  const auto body = packet.subspan(header.size());
  return {fragment(header, body.first(first), kMoreFragments),
          fragment(header, body.subspan(first), first / 8)};
}

std::vector<Packet> packets_in(const std::vector<Frame>& frames) {
  std::vector<Packet> packets;
  for (const auto& frame : frames) {
    ByteReader in{frame.bytes};
    in.take(2 * ETH_ALEN);
    if (frame.outgoing || in.u16() != ETH_P_IP) continue;
    const auto packet = filter::packet::parse_beginning(Bytes{frame.bytes}.subspan(ETH_HLEN));
    if (packet) packets.push_back(*packet);
  }
  return packets;
}

std::vector<std::string> segments_in(const std::vector<Frame>& frames) {
  std::vector<std::string> found;
  for (const auto& packet : packets_in(frames)) {
    if (packet.protocol != filter::kTcp) continue;
    const auto ends = packet.ends.source.str() + " -> " + packet.ends.destination.str();
    found.push_back(packet.is_fragment_body()
                        ? ends + " fragment"
                        : ends + ',' + std::to_string(packet.ends.destination_port) + ' ' +
                              filter::language::tcp_flags_text(packet.tcp.flags));
  }
  return found;
}

Injector::Injector(const World& world, const std::string& node, const std::string& device) {
  const InNetwork inside{world, node};
  socket_ = UniqueFd{::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!socket_) fail_errno("open a packet socket");
  sockaddr_ll where{};
  where.sll_family = AF_PACKET;
  where.sll_protocol = htons(ETH_P_IP);
  where.sll_ifindex = static_cast<int>(::if_nametoindex(device.c_str()));
  if (::bind(socket_.get(), static_cast<const sockaddr*>(static_cast<const void*>(&where)),
             sizeof where) < 0) {
    fail_errno("bind to " + device);
  }
}

void Injector::send(Bytes packet) const {
  if (::send(socket_.get(), packet.data(), packet.size(), 0) < 0) fail_errno("inject a packet");
}

}  // namespace tunnel::test
