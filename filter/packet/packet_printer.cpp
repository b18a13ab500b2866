#include "filter/language/words.hpp"
#include "filter/model/protocols.hpp"
#include "filter/packet/packet_parser.hpp"
#include "filter/packet/packet_text.hpp"
#include "filter/packet/protocol_word.hpp"

#include <algorithm>

namespace tunnel::filter::packet {

namespace {

std::string ends_text(const Ends& ends, std::uint8_t protocol) {
  const auto end = [protocol](const HostAddress& host, std::uint16_t port) {
    return host.str() + (has_ports(protocol) ? ',' + std::to_string(port) : std::string{});
  };
  return protocol_word(protocol) + ' ' + end(ends.source, ends.source_port) + ' ' +
         end(ends.destination, ends.destination_port);
}

std::string value(const char* key, std::uint64_t number, std::uint64_t usual) {
  return number == usual ? std::string{} : std::string{' '} + key + '=' + std::to_string(number);
}

std::string options_text(const std::vector<std::uint8_t>& options) {
  std::string text;
  for (const auto type : options) {
    const auto name = language::ip_option_name(type);
    text +=
        (text.empty() ? " opt " : ",") + (name.empty() ? std::to_string(type) : std::string{name});
  }
  return text;
}

std::string tcp_text(const TcpHeader& tcp) {
  std::string text;
  if (tcp.flags != 0) text += ' ' + language::tcp_flags_text(tcp.flags);
  text += value("seq", tcp.sequence, 0) + value("ack", tcp.acknowledgement, 0) +
          value("win", tcp.window, 4096) +
          value("urp", tcp.urgent, (tcp.flags & kUrg) != 0 ? 1 : 0);
  if (tcp.segment_size) text += " mss=" + std::to_string(*tcp.segment_size);
  return text + value("len", tcp.payload, 0);
}

std::string icmp_text(const Packet& packet) {
  const auto name = language::icmp_type_name(packet.icmp.type, packet.family);
  std::string text = ' ' + (name.empty() ? std::to_string(packet.icmp.type) : std::string{name});
  if (packet.icmp.code != 0) text += ',' + std::to_string(packet.icmp.code);
  text += value("query", packet.ends.source_port, 0);
  // An error that quotes nothing of use is as good as one that ends behind its header.
  constexpr std::uint32_t kHeader = 8;
  const bool mute = is_icmp_error(packet.family, packet.icmp.type) && !packet.quoted;
  const auto body = packet.size - packet.header_size;
  if (mute) return text + " body=" + std::to_string(std::min(body, kHeader));
  return text + (packet.is_short ? " body=" + std::to_string(body) : std::string{});
}

}  // namespace

std::string print(const Packet& packet) {
  std::string text = packet.direction == Direction::In ? "in" : "out";
  if (packet.family == Family::Ipv6) text += '6';
  if (!packet.interface.str().empty()) text += " on " + packet.interface.str();
  text += ' ' + ends_text(packet.ends, packet.protocol);
  if (!packet.is_fragment_body()) {
    if (packet.protocol == kTcp) text += tcp_text(packet.tcp);
    if (packet.is_icmp()) text += icmp_text(packet);
  }
  text += options_text(packet.options) + (packet.more_fragments ? " mf" : "") +
          value("id", packet.id, 0) + value("off", packet.offset, 0) +
          value("ttl", packet.ttl, 64) + value("tos", packet.tos, 0);
  if (packet.quoted) text += " for " + ends_text(packet.quoted->ends, packet.quoted->protocol);
  return text;
}

}  // namespace tunnel::filter::packet
