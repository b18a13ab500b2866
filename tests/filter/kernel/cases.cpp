#include "tests/filter/kernel/cases.hpp"

#include "filter/model/protocols.hpp"
#include "filter/packet/packet_parser.hpp"
#include "filter/packet/packet_text.hpp"
#include "tests/filter/random_rules.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tunnel::filter::test {

namespace {

constexpr std::array<std::pair<const char*, const char*>, 3> kQueries{
    {{" echo", " query=1"}, {" timest", " query=2"}, {" maskreq", " query=3"}}};

World world(Chance& chance) {
  World world;
  world.with_qualities = chance.percent(30) ? 20 : 0;
  world.of_ipv6 = chance.percent(20) ? 50 : 0;
  return world;
}

/// conntrack drops a flow from one end to the same end, whatever the rules say.
bool is_to_itself(const std::string& text) {
  const auto written = std::get<packet::WrittenPacket>(packet::parse_packet_text(text));
  const auto packet = std::get<packet::Packet>(packet::parse_packet(written.octets));
  return packet.ends == packet.ends.reversed();
}

std::string random_ipv6_packet(Chance& chance) {
  const std::vector<std::string> hosts{"2001:db8::1:2", "2001:db8::1:3", "2001:db8:1::9"};
  const auto interface = chance.one_of<std::string>({"em0", "tun0"});
  const auto source = chance.one_of(hosts);
  const auto destination = chance.one_of(hosts);
  const auto port = [&] { return ',' + std::to_string(chance.one_of<unsigned>({22, 53, 80})); };
  const auto ends = source + port() + ' ' + destination + port();
  const auto begin = "in6 on " + interface;
  const auto die = chance.below(4);
  if (die == 0) return begin + " ipv6-icmp " + source + ' ' + destination + " 128 query=4";
  if (die == 1) return begin + " udp " + ends;
  return begin + " tcp " + ends + ' ' + chance.one_of<std::string>({"S", "S", "A", "R", "SA"});
}

/// A port of its own for each flow, so that none is in another's way once it is translated.
std::string with_own_port(std::string text, std::size_t number) {
  const auto comma = text.find(',');
  if (comma == std::string::npos) return text;
  return text.replace(comma + 1, text.find(' ', comma) - comma - 1, std::to_string(10000 + number));
}

std::string fresh(Chance& chance, const World& made_of, const Case& made) {
  if (made_of.of_ipv6 > 0 && chance.percent(50)) return random_ipv6_packet(chance);
  auto text = random_packet(chance, made_of);
  text.replace(0, text.find(' '), "in");
  if (!made.policy.nat.empty()) text = with_own_port(std::move(text), made.packets.size());
  // Questions of one kind and one number are one flow.
  for (const auto& [type, number] : kQueries) {
    if (text.find(type) != std::string::npos) text += number;
  }
  if (chance.percent(2)) text += " ttl=3";
  if (text.find(" 47 ") != std::string::npos) text += " body=8";
  return text;
}

/// What both can be compared in: who has a turn is the kernel's own choice.
void simplify(NatRule& rule) {
  rule.round_robin = rule.sticky = false;
  if (const auto* range = std::get_if<AddressRange>(&rule.target)) {
    rule.target = MaskedIpv4{Ipv4Address{0xc612'0000 + range->first.value}};
  } else if (const auto* hosts = std::get_if<std::vector<Ipv4Address>>(&rule.target)) {
    rule.target = MaskedIpv4{hosts->front()};
  }
}

Policy random_policy(Chance& chance, const World& made_of) {
  Policy policy;
  policy.by_default = chance.percent(50) ? Policy::Default::Block : Policy::Default::Pass;
  policy.rules = random_rules(chance, made_of, 1 + chance.below(12));
  if (chance.percent(50)) {
    policy.nat = random_nat_rules(chance, made_of, 1 + chance.below(4));
    for (auto& rule : policy.nat) simplify(rule);
  }
  return policy;
}

/// The policy before a few lines of it were put in; or another one.
Policy earlier_than(const Policy& policy, Chance& chance, const World& made_of) {
  if (chance.percent(30)) return random_policy(chance, made_of);
  auto earlier = policy;
  const auto is_new = [&](const auto&) { return chance.percent(30); };
  std::erase_if(earlier.rules, is_new);
  std::erase_if(earlier.nat, is_new);
  if (chance.percent(20)) std::reverse(earlier.rules.begin(), earlier.rules.end());
  if (chance.percent(20)) earlier.by_default = Policy::Default::Pass;
  return earlier;
}

std::string text_with(const packet::Packet& packet, const std::string& interface) {
  return (packet.family == Family::Ipv6 ? "in6 on " : "in on ") + interface + ' ';
}

std::string number_of(std::uint32_t value) {
  return std::to_string(value);
}

}  // namespace

Case random_case(std::uint64_t seed) {
  Chance chance{seed};
  const auto made_of = world(chance);
  Case made;
  made.policy = random_policy(chance, made_of);
  if (seed % 2 == 0) made.before = earlier_than(made.policy, chance, made_of);
  const auto count = 1 + chance.below(7);
  while (made.packets.size() < count) {
    Packet next{Packet::Kind::Fresh, {}, 0};
    const auto known = made.packets.size();
    if (known > 0 && chance.percent(45)) {
      next.kind = chance.one_of<Packet::Kind>(
          {Packet::Kind::Answer, Packet::Kind::Answer, Packet::Kind::Again, Packet::Kind::Error});
      next.about = chance.below(known);
    } else {
      next.text = fresh(chance, made_of, made);
      if (is_to_itself(next.text)) continue;
    }
    made.packets.push_back(std::move(next));
  }
  return made;
}

std::string Policy::str() const {
  return std::string{"the default "} + (by_default == Default::Pass ? "pass" : "block") +
         "\nthe rules\n" + text_of(rules) + "the translations\n" + text_of(nat);
}

std::string Case::str() const {
  auto out = policy.str() + (before ? "changed from\n" + before->str() : "") + "and the packets\n";
  for (const auto& packet : packets) {
    const auto about = " step " + std::to_string(packet.about) + '\n';
    switch (packet.kind) {
      case Packet::Kind::Fresh:
        out += packet.text + '\n';
        break;
      case Packet::Kind::Again:
        out += "again" + about;
        break;
      case Packet::Kind::Answer:
        out += "the answer to" + about;
        break;
      case Packet::Kind::Error:
        out += "an error about" + about;
        break;
    }
  }
  return out;
}

std::optional<std::string> answer_to(const packet::Packet& packet, const std::string& interface) {
  const auto ends = packet.ends.reversed();
  const auto hosts = ends.source.str() + ' ' + ends.destination.str();
  const auto begin = text_with(packet, interface);
  if (packet.is_icmp()) {
    const bool six = packet.family == Family::Ipv6;
    const auto type = packet.icmp.type;
    if (six ? type != 128 : type != 8 && type != 13 && type != 17) return std::nullopt;
    return begin + (six ? "ipv6-icmp " : "icmp ") + hosts + ' ' +
           number_of(type == 8 ? 0 : type + 1U) + " query=" + number_of(ends.source_port);
  }
  if (!has_ports(packet.protocol)) {
    return begin + number_of(packet.protocol) + ' ' + hosts + " body=8";
  }
  const auto both = ends.source.str() + ',' + number_of(ends.source_port) + ' ' +
                    ends.destination.str() + ',' + number_of(ends.destination_port);
  if (packet.protocol == kUdp) return begin + "udp " + both;
  const bool opens = (packet.tcp.flags & (kSyn | kAck)) == kSyn;
  const auto next =
      packet.tcp.sequence + packet.tcp.payload + ((packet.tcp.flags & kSyn) != 0 ? 1 : 0);
  return begin + "tcp " + both + (opens ? " SA" : " A") +
         " seq=" + number_of(packet.tcp.acknowledgement) + " ack=" + number_of(next);
}

std::optional<std::string> error_about(const packet::Packet& packet, const std::string& interface) {
  if (!has_ports(packet.protocol)) return std::nullopt;
  const auto& ends = packet.ends;
  const bool six = packet.family == Family::Ipv6;
  return text_with(packet, interface) + (six ? "ipv6-icmp " : "icmp ") + ends.destination.str() +
         ' ' + ends.source.str() + (six ? " 1,4 for " : " unreach,3 for ") +
         (packet.protocol == kTcp ? "tcp " : "udp ") + ends.source.str() + ',' +
         number_of(ends.source_port) + ' ' + ends.destination.str() + ',' +
         number_of(ends.destination_port);
}

}  // namespace tunnel::filter::test
