#pragma once

#include "filter/evaluator/evaluator.hpp"
#include "filter/language/ipf_parser.hpp"
#include "filter/language/ipnat_parser.hpp"
#include "filter/packet/packet_parser.hpp"
#include "filter/packet/packet_text.hpp"
#include "tests/filter/fake_names.hpp"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

// The policy of the reference sites, and what it may see.

namespace tunnel::filter::bench {

using packet::Packet;

inline std::string rule_file(const std::string& name) {
  const std::ifstream file{TUNNEL_SOURCE_DIR "/examples/profiles/labs/" + name};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline evaluator::Policy reference_policy() {
  const test::FakeNames names;
  const auto rules = language::parse_ipf_rules({"ipf.rules", rule_file("ipf.rules"), 0}, names);
  const auto nat = language::parse_ipnat_rules({"ipnat.rules", rule_file("ipnat.rules"), 1}, names);
  std::vector<Misplaced> misplaced;
  return {RuleLists::of(rules.rules, misplaced), NatLists::of(nat.rules)};
}

inline Packet packet_of(const std::string& text) {
  const auto written = std::get<packet::WrittenPacket>(packet::parse_packet_text(text));
  auto packet = std::get<Packet>(packet::parse_packet(written.octets));
  packet.direction = written.direction;
  packet.interface = written.interface;
  return packet;
}

/// Telnet to routerA, both ways on both interfaces, for so many clients.
inline std::vector<Packet> sessions(int clients) {
  std::vector<Packet> packets;
  for (int client = 0; client < clients; ++client) {
    const auto pc = "192.168.1." + std::to_string(1 + client / 60000) + ',' +
                    std::to_string(1024 + client % 60000);
    const std::string router = "192.168.253.1,23";
    for (const std::string forward : {"S", "A seq=1 ack=1", "PA seq=1 ack=1 len=20"}) {
      packets.push_back(packet_of("in on tun0 tcp " + pc + ' ' + router + ' ' + forward));
      packets.push_back(packet_of("out on em0 tcp " + pc + ' ' + router + ' ' + forward));
      const std::string back = forward == "S" ? "SA ack=1" : "A seq=1 ack=21";
      packets.push_back(packet_of("out on tun0 tcp " + router + ' ' + pc + ' ' + back));
    }
  }
  return packets;
}

/// What the policy does not let through: every rule of the group is asked.
inline std::vector<Packet> strangers() {
  std::vector<Packet> packets;
  for (int port = 100; port < 1100; ++port) {
    packets.push_back(packet_of("in on tun0 tcp 192.168.1.215,1024 192.168.253.1," +
                                std::to_string(4000 + port) + " S"));
    packets.push_back(
        packet_of("out on tun0 udp 192.168.253.9,1024 192.168.1.6," + std::to_string(port)));
  }
  return packets;
}

}  // namespace tunnel::filter::bench
