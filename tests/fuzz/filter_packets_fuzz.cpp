// The evaluator: any octets as packets, one after the other, through a policy that has something of
// everything; twice, which must come to the same.

#include "filter/evaluator/evaluator.hpp"
#include "filter/language/ipf_parser.hpp"
#include "filter/language/ipnat_parser.hpp"
#include "filter/packet/packet_parser.hpp"
#include "filter/packet/packet_text.hpp"
#include "tests/filter/fake_names.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tunnel::filter {
namespace {

constexpr const char* kRules =
    "log in all with bad\ncount in all\nblock in log quick all with ipopts frag\n"
    "pass in on em0 all head 1\nblock return-rst in quick proto tcp all with short group 1\n"
    "pass in log first quick proto tcp all flags S keep state keep frags group 1\n"
    "pass in quick proto udp from any port < 1024 to any keep state (limit 3, age 9/5) group 1\n"
    "pass in proto icmp all icmp-type echo keep state group 1\n"
    "block in quick all with opt lsrr,rr\npass in family inet6 all with not frag-body keep state\n"
    "pass out all keep frags\nblock out from !10.0.0.0/8 to any\n";
constexpr const char* kNat =
    "map em0 10.0.0.0/8 -> 192.0.2.1/32 portmap tcp/udp 2000:2003 sequential mssclamp 1000\n"
    "map em0 10.0.0.0/8 -> 192.0.2.2-192.0.2.3\nbimap em1 10.0.0.0/8 -> 11.0.0.0/8\n"
    "rdr em0 0/0 port 1-1024 -> 10.0.0.1,10.0.0.2 port 5000 tcp sticky\n"
    "map-block em2 10.0.0.0/8 -> 192.0.2.0/24 ports 16\n";

/// Parsed once: the rules are not what is looked for here.
const evaluator::Policy& policy() {
  static const auto kPolicy = [] {
    const test::FakeNames names;
    const auto rules = language::parse_ipf_rules({"ipf.rules", kRules, 0}, names);
    const auto nat = language::parse_ipnat_rules({"ipnat.rules", kNat, 1}, names);
    TUNNEL_CHECK(rules.mistakes.empty() && nat.mistakes.empty());
    std::vector<Misplaced> misplaced;
    return evaluator::Policy{RuleLists::of(rules.rules, misplaced), NatLists::of(nat.rules)};
  }();
  return kPolicy;
}

struct Sent {
  packet::Packet packet{};
  TimePoint time{};
};

/// Of each: the way and the interface, the seconds since the one before, its length, itself.
std::vector<Sent> packets_of(fuzz::Input& in) {
  std::vector<Sent> sent;
  TimePoint now{};
  while (!in.empty() && sent.size() < 64) {
    const auto where = in.u8();
    now += std::chrono::seconds{in.u8()};
    const auto octets = in.take(in.u8());
    auto parsed = packet::parse_packet(octets);
    auto* packet = std::get_if<packet::Packet>(&parsed);
    if (packet == nullptr) continue;
    TUNNEL_CHECK(packet->size <= octets.size() && packet->header_size <= packet->size);
    packet->direction = (where & 1) == 0 ? Direction::In : Direction::Out;
    packet->interface = *InterfaceName::parse("em" + std::to_string(where >> 1 & 3));
    sent.push_back({*packet, now});
  }
  return sent;
}

std::vector<std::string> outcomes_of(const std::vector<Sent>& sent) {
  evaluator::SeededSource random{1};
  evaluator::Settings settings;
  settings.most_states = 4;
  settings.most_sessions = 4;
  evaluator::Evaluator filter{policy(), settings, random};
  std::vector<std::string> outcomes;
  for (const auto& each : sent) {
    evaluator::Trace trace;
    const auto outcome = filter.evaluate(each.packet, each.time, &trace);
    TUNNEL_CHECK(filter.states(each.time) <= 4 && filter.sessions(each.time) <= 4);
    TUNNEL_CHECK(!trace.empty());
    outcomes.push_back(words_for(outcome.verdict) + packet::print(outcome.packet) +
                       outcome.id.str());
  }
  return outcomes;
}

}  // namespace
}  // namespace tunnel::filter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tunnel::filter;
  tunnel::fuzz::Input in{{data, size}};
  const auto sent = packets_of(in);
  TUNNEL_CHECK(outcomes_of(sent) == outcomes_of(sent));
  return 0;
}
