// Random rules and packets: the evaluator and the shortest definition of the language agree.

#include "filter/evaluator/match.hpp"
#include "filter/language/printer.hpp"
#include "tests/filter/policy_fixture.hpp"
#include "tests/filter/random_rules.hpp"

#include <gtest/gtest.h>

namespace tunnel::filter::test {
namespace {

/// Only what decides, without anything that is remembered from packet to packet.
World deciding_world() {
  World world;
  world.with_keep = 0;
  world.with_log = 0;
  world.with_group = 40;
  return world;
}

/// A list decides by its first quick match, or else by its last. A head is what its group decides,
/// or else itself. nullptr: no rule matches.
const Rule* decided_by(const RuleLists& lists, const std::string& group,
                       const packet::Packet& packet, unsigned depth) {
  const auto* list = lists.find(ListKind::Filter, packet.direction, group);
  if (list == nullptr || depth >= kMaxGroupDepth) return nullptr;
  const Rule* last = nullptr;
  for (const auto& rule : list->rules) {
    if (!evaluator::matches(rule, packet)) continue;
    const auto* inner =
        rule.head.empty() ? nullptr : decided_by(lists, rule.head, packet, depth + 1);
    const auto* decides = inner != nullptr ? inner : rule.action == Action::Log ? nullptr : &rule;
    if (decides == nullptr) continue;
    last = decides;
    if (decides->quick) break;
  }
  return last;
}

TEST(Decisions, AreThoseOfTheShortestDefinition) {
  const auto world = deciding_world();
  std::size_t decided = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Chance chance{seed};
    const auto rules = random_rules(chance, world, 20);
    std::vector<Misplaced> misplaced;
    const auto lists = RuleLists::of(rules, misplaced);
    Gateway gateway{text_of(rules)};
    for (int i = 0; i < 30; ++i) {
      const auto text = random_packet(chance, world);
      const auto* expected = decided_by(lists, "", packet_of(text), 0);
      const auto outcome = gateway.send(text);
      ASSERT_EQ(outcome.rule == nullptr, expected == nullptr) << text_of(rules) << text;
      if (expected == nullptr) continue;
      ++decided;
      ASSERT_EQ(outcome.rule->place.line, expected->place.line) << "seed " << seed << '\n'
                                                                << text_of(rules) << text;
    }
  }
  EXPECT_GT(decided, 3000U);  // or the packets have missed the rules
}

/// Whatever is remembered, a policy does the same to the same packets.
TEST(Decisions, AreTheSameEveryTime) {
  World world;
  world.with_keep = 60;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Chance chance{seed};
    const auto rules = text_of(random_rules(chance, world, 20));
    const auto nat = text_of(random_nat_rules(chance, world, 5));
    Gateway first{rules, nat};
    Gateway second{rules, nat};
    for (int i = 0; i < 40; ++i) {
      const auto text = random_packet(chance, world);
      ASSERT_EQ(first.decision(text), second.decision(text)) << rules << nat << text;
      ASSERT_EQ(first.forwarded(text), second.forwarded(text)) << rules << nat << text;
    }
  }
}

}  // namespace
}  // namespace tunnel::filter::test
