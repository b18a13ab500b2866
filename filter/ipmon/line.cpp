#include "filter/ipmon/line.hpp"

#include "filter/ipmon/dump.hpp"
#include "filter/language/words.hpp"
#include "filter/model/protocols.hpp"
#include "filter/packet/protocol_word.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace tunnel::filter::ipmon {

namespace {

using packet::Ends;
using packet::Packet;

char letter(Record::Action action) {
  switch (action) {
    case Record::Action::Passed:
      return 'p';
    case Record::Action::Blocked:
      return 'b';
    case Record::Action::PassedByDefault:
      return 'P';
    case Record::Action::BlockedByDefault:
      return 'B';
    case Record::Action::Logged:
      return 'L';
    case Record::Action::Unmatched:
      return 'n';
  }
  return 'n';
}

/// "-AS": the order is ipmon's.
std::string flags_text(std::uint8_t flags) {
  constexpr std::array<std::pair<std::uint8_t, char>, 8> kLetters{{{kAck, 'A'},
                                                                   {kRst, 'R'},
                                                                   {kSyn, 'S'},
                                                                   {kFin, 'F'},
                                                                   {kUrg, 'U'},
                                                                   {kPsh, 'P'},
                                                                   {kEce, 'E'},
                                                                   {kCwr, 'C'}}};
  std::string text{"-"};
  for (const auto& [flag, name] : kLetters) {
    if ((flags & flag) != 0) text += name;
  }
  return text;
}

struct CodeName {
  std::uint8_t type;
  std::uint8_t code;
  const char* name;
};

/// RFC 792, RFC 1812 §5.2.7, in ipmon's words.
constexpr std::array<CodeName, 20> kCodeNames{{{3, 0, "net"},          {3, 1, "host"},
                                               {3, 2, "protocol"},     {3, 3, "port"},
                                               {3, 4, "needfrag"},     {3, 5, "srcfail"},
                                               {3, 6, "net_unknown"},  {3, 7, "host_unknown"},
                                               {3, 8, "isolated"},     {3, 9, "net_prohib"},
                                               {3, 10, "host_prohib"}, {3, 11, "tosnet"},
                                               {3, 12, "toshost"},     {3, 13, "admin_prohibit"},
                                               {5, 0, "net"},          {5, 1, "host"},
                                               {5, 2, "tosnet"},       {5, 3, "toshost"},
                                               {11, 0, "transit"},     {11, 1, "reassembly"}}};

std::string icmp_text(const Packet& packet) {
  const auto& [type, code] = packet.icmp;
  const auto known = language::icmp_type_name(type, packet.family);
  std::string text = known.empty() ? std::to_string(type) : std::string{known};
  std::string_view word;
  for (const auto& each : kCodeNames) {
    if (packet.family == Family::Ipv4 && each.type == type && each.code == code) word = each.name;
  }
  text += '/';
  return word.empty() ? text + std::to_string(code) : text.append(word);
}

std::string ends_text(const Ends& ends, std::string_view between, bool ports) {
  const auto port = [&](std::uint16_t number) {
    return ports ? std::optional{number} : std::nullopt;
  };
  return fmt::format("{} {} {}", end_text(ends.source, port(ends.source_port)), between,
                     end_text(ends.destination, port(ends.destination_port)));
}

/// " (frag 4711:64@1480+)"
std::string fragment_text(const Packet& packet) {
  return fmt::format(" (frag {}:{}@{}{})", packet.id, packet.size - packet.header_size,
                     packet.offset, packet.more_fragments ? "+" : "");
}

std::string packet_text(const Packet& packet) {
  const auto name = packet::protocol_word(packet.protocol);
  if (packet.is_fragment_body()) {
    return fmt::format("{} PR {} len {} ({}){}", ends_text(packet.ends, "->", false), name,
                       packet.header_size, packet.size, fragment_text(packet));
  }
  if (packet.carries_ports()) {
    auto text = fmt::format("{} PR {} len {} {}", ends_text(packet.ends, "->", true), name,
                            packet.header_size, packet.size);
    if (packet.protocol == kTcp) text += ' ' + flags_text(packet.tcp.flags);
    return packet.more_fragments ? text + fragment_text(packet) : text;
  }
  if (packet.is_icmp()) {
    auto text = fmt::format("{} PR {} len {} {} {} {}", ends_text(packet.ends, "->", false), name,
                            packet.header_size, packet.size, name, icmp_text(packet));
    if (packet.quoted) {
      text += fmt::format(" for {} PR {}",
                          ends_text(packet.quoted->ends, "-", has_ports(packet.quoted->protocol)),
                          packet::protocol_word(packet.quoted->protocol));
    }
    return packet.more_fragments ? text + fragment_text(packet) : text;
  }
  return fmt::format("{} PR {} len {} ({})", ends_text(packet.ends, "->", false), name,
                     packet.header_size, packet.size);
}

/// Of the transport header, as far as the packet is known to have one.
std::size_t transport_header(const Packet& packet) noexcept {
  constexpr std::size_t kUdpHeader = 8;
  constexpr std::size_t kIcmpHeader = 8;
  if (packet.is_fragment_body()) return 0;
  if (packet.protocol == kTcp) return packet.size - packet.header_size - packet.tcp.payload;
  if (packet.protocol == kUdp) return kUdpHeader;
  return packet.is_icmp() ? kIcmpHeader : 0;
}

}  // namespace

std::string end_text(const HostAddress& host, std::optional<std::uint16_t> port) {
  return port ? fmt::format("{},{}", host.str(), *port) : host.str();
}

std::string time_text(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(time - seconds);
  const auto local = fmt::localtime(std::chrono::system_clock::to_time_t(seconds));
  return fmt::format("{:02}/{:02}/{:04} {:02}:{:02}:{:02}.{:06}", local.tm_mday, local.tm_mon + 1,
                     local.tm_year + 1900, local.tm_hour, local.tm_min, local.tm_sec, rest.count());
}

std::string text_of(const Record& record) {
  const auto& packet = record.packet;
  auto text = fmt::format("{} {} {}{} {}", packet.interface.str(), record.rule.str(),
                          packet.is_short ? "S" : "", letter(record.action), packet_text(packet));
  if (record.keeps_state) text += " K-S";
  if (record.keeps_frags) text += " K-F";
  text += packet.direction == Direction::In ? " IN" : " OUT";
  for (const auto& line : dump_of(record.body)) text += '\n' + line;
  return text;
}

std::string line_of(WallTime time, unsigned count, const std::string& text) {
  if (count < 2) return fmt::format("{} {}", time_text(time), text);
  return fmt::format("{} {}x {}", time_text(time), count, text);
}

std::string line_of(const Record& record) {
  return line_of(record.time, record.count, text_of(record));
}

Severity severity_of(const Record& record) noexcept {
  if (record.level) return record.level->severity;
  if (record.packet.is_short) return Severity::Err;
  switch (record.action) {
    case Record::Action::Passed:
    case Record::Action::PassedByDefault:
      return Severity::Notice;
    case Record::Action::Blocked:
    case Record::Action::BlockedByDefault:
      return Severity::Warn;
    case Record::Action::Logged:
    case Record::Action::Unmatched:
      return Severity::Info;
  }
  return Severity::Info;
}

std::uint8_t facility_of(const Record& record) noexcept {
  constexpr std::uint8_t kLocal0 = 16;
  return record.level ? record.level->facility.value_or(kLocal0) : kLocal0;
}

Bytes body_of(const packet::Packet& packet, Bytes octets) noexcept {
  const auto there = octets.first(std::min<std::size_t>(octets.size(), packet.size));
  const auto headers = packet.header_size + transport_header(packet);
  const auto body = there.subspan(std::min<std::size_t>(headers, there.size()));
  return body.first(std::min(body.size(), kMostBody));
}

}  // namespace tunnel::filter::ipmon
