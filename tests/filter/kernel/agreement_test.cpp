// The evaluator and the kernel, which the compiler has told the same rules, about the same packets:
// what passes, by which rule, and what is logged.

#include "filter/compiler/compiler.hpp"
#include "filter/evaluator/evaluator.hpp"
#include "filter/nft/commands.hpp"
#include "filter/packet/packet_parser.hpp"
#include "filter/packet/packet_text.hpp"
#include "tests/filter/kernel/gateway_wire.hpp"
#include "tests/filter/random_rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <map>
#include <sstream>
#include <utility>

namespace tunnel::filter::test {
namespace {

using evaluator::Evaluator;
using evaluator::Outcome;

/// What both must say about a packet that came in by one interface and was to go out by the other.
struct Said {
  bool passed = false;
  std::vector<SeenRecord> records{};
  bool operator==(const Said&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Said& said) {
  out << (said.passed ? "passed" : "blocked");
  for (const auto& record : said.records) {
    out << ' ' << record.prefix << (record.direction == Direction::In ? " in " : " out ")
        << record.mark;
  }
  return out;
}

/// Always the lowest of what is free.
class NoChance final : public evaluator::RandomSource {
 public:
  std::uint32_t below(std::uint32_t) override { return 0; }
};

struct Case {
  std::vector<Rule> rules{};
  std::vector<std::string> packets{};
};

constexpr std::array<std::pair<const char*, const char*>, 3> kQueries{
    {{" echo", " query=1"}, {" timest", " query=2"}, {" maskreq", " query=3"}}};

/// conntrack drops a flow from one end to the same end, whatever the rules say.
bool is_to_itself(const std::string& text) {
  const auto written = std::get<packet::WrittenPacket>(packet::parse_packet_text(text));
  const auto packet = std::get<packet::Packet>(packet::parse_packet(written.octets));
  return packet.ends == packet.ends.reversed();
}

World world() {
  World world;
  world.with_qualities = 0;
  return world;
}

Case random_case(std::uint64_t seed) {
  Chance chance{seed};
  const auto made_of = world();
  Case made;
  made.rules = random_rules(chance, made_of, 1 + chance.below(12));
  const auto count = 1 + chance.below(6);
  for (std::size_t i = 0; i < count; ++i) {
    auto text = random_packet(chance, made_of);
    text.replace(0, text.find(' '), "in");
    // Two kinds of questions with one number are two flows for conntrack, and one for IPFilter.
    for (const auto& [type, number] : kQueries) {
      if (text.find(type) != std::string::npos) text += number;
    }
    if (!is_to_itself(text)) made.packets.push_back(std::move(text));
  }
  return made;
}

/// Goes through a case with both, packet by packet.
class Comparison {
 public:
  Comparison(GatewayWire& wire, const Case& about) : wire_{wire}, case_{about} {}

  /// The first difference, in words; empty: they agree. nullopt: the kernel cannot have the rules.
  std::optional<std::string> run() {
    std::vector<Misplaced> misplaced;
    const auto lists = RuleLists::of(case_.rules, misplaced);
    compiler::Options options;
    const auto compiled = compiler::compile(lists, {}, options);
    if (!compiled.problems.empty()) return std::nullopt;
    for (const auto& each : compiled.rules) {
      if (each.kind == ListKind::Filter) numbers_[{each.direction, each.id.str()}] = each.number;
    }
    wire_.forget_flows();
    if (const auto why = wire_.apply(nft::replace(compiled.table)); !why.empty()) {
      return "the kernel refuses the rules: " + why;
    }
    NoChance chance;
    Evaluator evaluator{{lists, {}}, {}, chance};
    auto now = TimePoint{} + std::chrono::hours{1};
    for (const auto& text : case_.packets) {
      now += std::chrono::milliseconds{1};
      const auto written = std::get<packet::WrittenPacket>(packet::parse_packet_text(text));
      const auto expected = foretold(evaluator, written, now);
      const auto seen = wire_.send(written.interface.str(), written.octets);
      Said said{seen.forwarded.has_value(), seen.records};
      // A log rule has no say: the mark is that of the one that has.
      for (auto& record : said.records) {
        if (record.prefix.front() == 'L') record.mark = 0;
      }
      if (said == expected) continue;
      std::ostringstream out;
      out << text << ": the evaluator says " << expected << ", the kernel " << said;
      return out.str();
    }
    return "";
  }

 private:
  void note(Said& said, const Outcome& outcome, Direction direction, bool by_state) {
    for (const auto& record : outcome.log) {
      // A state may be of a rule of the other direction.
      const auto list = by_state ? outcome.rule->direction : direction;
      SeenRecord seen{direction, numbers_[{list, record.rule.str()}], ""};
      switch (record.action) {
        case evaluator::LogRecord::Action::Pass:
          seen.prefix = by_state ? "P" : "p";
          break;
        case evaluator::LogRecord::Action::Block:
          seen.prefix = by_state ? "B" : "b";
          break;
        case evaluator::LogRecord::Action::Log:
          seen.prefix = "L" + std::to_string(seen.mark);
          seen.mark = 0;
          break;
      }
      said.records.push_back(seen);
    }
  }

  Said foretold(Evaluator& evaluator, const packet::WrittenPacket& written, TimePoint now) {
    Said said;
    const auto parsed = packet::parse_packet(written.octets);
    const auto* whole = std::get_if<packet::Packet>(&parsed);
    if (whole == nullptr) return said;
    auto packet = *whole;
    for (const auto direction : {Direction::In, Direction::Out}) {
      packet.direction = direction;
      packet.interface = direction == Direction::In ? written.interface : other(written.interface);
      evaluator::Trace trace;
      const auto outcome = evaluator.evaluate(packet, now, &trace);
      const bool by_state = std::any_of(trace.begin(), trace.end(), [](const auto& step) {
        return step.kind == evaluator::Step::Kind::InState;
      });
      note(said, outcome, direction, by_state);
      if (!evaluator::passes(outcome.verdict)) return said;
    }
    said.passed = true;
    return said;
  }

  static InterfaceName other(const InterfaceName& interface) {
    return *InterfaceName::parse(interface.str() == "em0" ? "tun0" : "em0");
  }

  GatewayWire& wire_;
  const Case& case_;
  std::map<std::pair<Direction, std::string>, std::uint32_t> numbers_{};
};

std::string difference(GatewayWire& wire, const Case& about) {
  const auto found = Comparison{wire, about}.run();
  return found.value_or("");
}

/// The same difference with as few rules and packets as possible.
Case shrunk(GatewayWire& wire, Case failing) {
  const auto try_without = [&](auto member) {
    for (std::size_t i = 0; i < (failing.*member).size();) {
      auto smaller = failing;
      auto& all = smaller.*member;
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
      if (!smaller.packets.empty() && !difference(wire, smaller).empty()) {
        failing = std::move(smaller);
      } else {
        ++i;
      }
    }
  };
  try_without(&Case::packets);
  try_without(&Case::rules);
  try_without(&Case::packets);
  return failing;
}

TEST(Agreement, OfEvaluatorAndKernelAboutRandomRulesAndPackets) {
  GatewayWire wire;
  const auto* wanted = std::getenv("TUNNEL_SEED");
  const std::uint64_t first = wanted == nullptr ? 1 : std::strtoull(wanted, nullptr, 10);
  const std::uint64_t last = wanted == nullptr ? 2000 : first;
  std::size_t compared = 0;
  for (auto seed = first; seed <= last; ++seed) {
    const auto about = random_case(seed);
    const auto found = Comparison{wire, about}.run();
    if (!found) continue;
    ++compared;
    if (found->empty()) continue;
    const auto small = shrunk(wire, about);
    std::string packets;
    for (const auto& packet : small.packets) packets += packet + '\n';
    FAIL() << "seed " << seed << ": " << *found << "\nmade smaller: " << difference(wire, small)
           << "\nwith the rules\n"
           << text_of(small.rules) << "and the packets\n"
           << packets;
  }
  std::cout << compared << " policies compared\n";
  // The others say something that the kernel cannot be told, and are refused with words.
  EXPECT_GT(compared, (last - first + 1) / 3);
}

}  // namespace
}  // namespace tunnel::filter::test
