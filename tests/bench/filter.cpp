// How many packets a second the evaluator decides by the policy of the reference sites.

#include "filter/evaluator/evaluator.hpp"
#include "filter/language/ipf_parser.hpp"
#include "filter/language/ipnat_parser.hpp"
#include "filter/packet/packet_parser.hpp"
#include "filter/packet/packet_text.hpp"
#include "tests/filter/fake_names.hpp"

#include <benchmark/benchmark.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace tunnel::filter {
namespace {

using evaluator::Evaluator;
using evaluator::SeededSource;
using packet::Packet;

std::string rule_file(const std::string& name) {
  const std::ifstream file{TUNNEL_SOURCE_DIR "/tests/data/reference-policy/" + name};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

evaluator::Policy reference_policy() {
  const test::FakeNames names;
  const auto rules = language::parse_ipf_rules({"ipf.rules", rule_file("ipf.rules"), 0}, names);
  const auto nat = language::parse_ipnat_rules({"ipnat.rules", rule_file("ipnat.rules"), 1}, names);
  std::vector<Misplaced> misplaced;
  return {RuleLists::of(rules.rules, misplaced), NatLists::of(nat.rules)};
}

Packet packet_of(const std::string& text) {
  const auto written = std::get<packet::WrittenPacket>(packet::parse_packet_text(text));
  auto packet = std::get<Packet>(packet::parse_packet(written.octets));
  packet.direction = written.direction;
  packet.interface = written.interface;
  return packet;
}

/// Telnet to routerA, both ways on both interfaces, for so many clients.
std::vector<Packet> sessions(int clients) {
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
std::vector<Packet> strangers() {
  std::vector<Packet> packets;
  for (int port = 100; port < 1100; ++port) {
    packets.push_back(packet_of("in on tun0 tcp 192.168.1.215,1024 192.168.253.1," +
                                std::to_string(4000 + port) + " S"));
    packets.push_back(
        packet_of("out on tun0 udp 192.168.253.9,1024 192.168.1.6," + std::to_string(port)));
  }
  return packets;
}

void decide(benchmark::State& state, const std::vector<Packet>& packets) {
  SeededSource random{1};
  evaluator::Settings settings;
  settings.most_states = 1'000'000;
  settings.most_sessions = 1'000'000;
  Evaluator evaluator{reference_policy(), settings, random};
  const TimePoint now{};
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(evaluator.evaluate(packets[next], now).verdict);
    if (++next == packets.size()) next = 0;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

void few_sessions(benchmark::State& state) {
  decide(state, sessions(10));
}

void many_sessions(benchmark::State& state) {
  decide(state, sessions(10'000));
}

void blocked_packets(benchmark::State& state) {
  decide(state, strangers());
}

BENCHMARK(few_sessions)->Name("filter/sessions/10");
BENCHMARK(many_sessions)->Name("filter/sessions/10000");
BENCHMARK(blocked_packets)->Name("filter/blocked");

}  // namespace
}  // namespace tunnel::filter

BENCHMARK_MAIN();
