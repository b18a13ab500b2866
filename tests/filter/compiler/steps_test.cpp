// Which rules become one look into a map, and which may not.

#include "filter/compiler/steps.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tunnel::filter::compiler {
namespace {

Conditions host_and_port(const std::string& host, unsigned port) {
  Conditions out;
  out.exact.push_back({Field::Destination4, nft::payload("ip", "daddr"), nft::Value(host)});
  out.exact.push_back({Field::DestinationPort, nft::payload("th", "dport"), nft::Value(port)});
  return out;
}

Conditions host(const std::string& host) {
  Conditions out;
  out.exact.push_back({Field::Destination4, nft::payload("ip", "daddr"), nft::Value(host)});
  return out;
}

Conditions interface(const std::string& name) {
  Conditions out;
  out.exact.push_back({Field::Interface, nft::meta("iifname"), nft::Value(name)});
  return out;
}

TEST(Steps, RulesOfOneShapeAreOneStep) {
  StepList list;
  for (unsigned i = 0; i < 100; ++i) {
    list.add(Quick::Yes, {i, host_and_port("10.0.0." + std::to_string(i), 80)});
  }
  ASSERT_EQ(list.all().size(), 1U);
  EXPECT_EQ(list.all()[0].entries().size(), 100U);
}

TEST(Steps, QuickAndOtherRulesAreNot) {
  StepList list;
  list.add(Quick::Yes, {1, host_and_port("10.0.0.1", 80)});
  list.add(Quick::No, {2, host_and_port("10.0.0.2", 80)});
  EXPECT_EQ(list.all().size(), 2U);
}

TEST(Steps, OfTwoQuickRulesForTheSameTheFirstCounts) {
  StepList list;
  list.add(Quick::Yes, {1, host("10.0.0.1")});
  list.add(Quick::Yes, {2, host("10.0.0.1")});
  ASSERT_EQ(list.all()[0].entries().size(), 1U);
  EXPECT_EQ(list.all()[0].entries()[0].number, 1U);
}

TEST(Steps, OfTwoOthersForTheSameTheLastCounts) {
  StepList list;
  list.add(Quick::No, {1, host("10.0.0.1")});
  list.add(Quick::No, {2, host("10.0.0.1")});
  ASSERT_EQ(list.all()[0].entries().size(), 1U);
  EXPECT_EQ(list.all()[0].entries()[0].number, 2U);
}

TEST(Steps, ARuleJoinsOthersAcrossWhatExcludesIt) {
  StepList list;
  list.add(Quick::Yes, {1, host_and_port("10.0.0.1", 80)});
  list.add(Quick::Yes, {2, host("10.0.0.2")});
  list.add(Quick::Yes, {3, host_and_port("10.0.0.3", 80)});
  ASSERT_EQ(list.all().size(), 2U);
  EXPECT_EQ(list.all()[0].entries().size(), 2U);
}

TEST(Steps, ARuleDoesNotPassAnotherThatMatchesTheSamePackets) {
  StepList list;
  list.add(Quick::Yes, {1, host_and_port("10.0.0.1", 80)});
  list.add(Quick::Yes, {2, host("10.0.0.3")});
  list.add(Quick::Yes, {3, host_and_port("10.0.0.3", 80)});
  EXPECT_EQ(list.all().size(), 3U);
}

TEST(Steps, ARuleDoesNotPassOneThatSharesNoField) {
  StepList list;
  list.add(Quick::Yes, {1, host("10.0.0.1")});
  list.add(Quick::Yes, {2, interface("em0")});
  list.add(Quick::Yes, {3, host("10.0.0.2")});
  EXPECT_EQ(list.all().size(), 3U);
}

TEST(Steps, ARuleDoesNotPassAHeadOfItsOwnInterface) {
  StepList list;
  list.add(Quick::No, {1, interface("em0")});
  list.add_alone(1, interface("em1"));
  list.add(Quick::No, {3, interface("em2")});
  EXPECT_EQ(list.all().size(), 2U) << "em2 is neither em0 nor em1";
  list.add_alone(3, interface("em2"));
  list.add(Quick::No, {5, interface("em2")});
  EXPECT_EQ(list.all().size(), 4U) << "the head comes first";
}

TEST(Steps, RulesWithExceptionsStandAlone) {
  StepList list;
  auto special = host("10.0.0.1");
  special.unless.push_back({nft::equal(nft::meta("l4proto"), nft::Value(6))});
  list.add(Quick::Yes, {1, special});
  list.add(Quick::Yes, {2, host("10.0.0.2")});
  EXPECT_EQ(list.all().size(), 2U);
}

/// The rules of each step.
std::vector<std::vector<std::uint32_t>> numbers_of(const StepList& list) {
  std::vector<std::vector<std::uint32_t>> all;
  for (const auto& step : list.all()) {
    auto& numbers = all.emplace_back();
    for (const auto& entry : step.entries()) numbers.push_back(entry.number);
  }
  return all;
}

TEST(Steps, ARuleGoesToTheFirstStepThatItMayStandIn) {
  StepList list;
  list.add(Quick::Yes, {1, host("10.0.0.1")});
  list.add(Quick::Yes, {2, host_and_port("10.0.0.2", 80)});
  list.add(Quick::Yes, {3, host("10.0.0.2")});  // behind 2
  list.add(Quick::Yes, {4, host("10.0.0.4")});
  list.add(Quick::Yes, {5, host_and_port("10.0.0.4", 80)});
  list.add(Quick::Yes, {6, host_and_port("10.0.0.2", 22)});  // behind 3
  EXPECT_EQ(numbers_of(list), (std::vector<std::vector<std::uint32_t>>{{1, 4}, {2, 5}, {3}, {6}}));
}

TEST(Steps, ARuleThatIsNotQuickTakesThePlaceOfOneOnlyWhereNothingCameBetween) {
  StepList list;
  list.add(Quick::No, {1, host("10.0.0.1")});
  list.add(Quick::No, {2, host_and_port("10.0.0.2", 80)});
  list.add(Quick::No, {3, host("10.0.0.1")});
  list.add(Quick::No, {4, host_and_port("10.0.0.1", 80)});
  list.add(Quick::No, {5, host("10.0.0.1")});
  EXPECT_EQ(numbers_of(list), (std::vector<std::vector<std::uint32_t>>{{3}, {2, 4}, {5}}));
}

// Each host has a rule of either shape, and it is chance which of them stands first.
TEST(Steps, RulesOfTwoShapesInTurnAreAFewSteps) {
  constexpr unsigned kHosts = 1000;
  constexpr unsigned kStride = 389;
  StepList list;
  for (unsigned i = 0; i < kHosts; ++i) {
    list.add(Quick::Yes, {i, host("host" + std::to_string(i))});
    list.add(Quick::Yes, {i, host_and_port("host" + std::to_string(i * kStride % kHosts), 80)});
  }
  EXPECT_EQ(list.all().size(), 3U);
}

TEST(Steps, RulesOfManyShapesInTurnAreAStepForEach) {
  constexpr unsigned kShapes = 200;
  StepList list;
  for (unsigned i = 0; i < 10 * kShapes; ++i) {
    auto of_a_length = host("host" + std::to_string(i));
    of_a_length.rest.push_back(nft::equal(nft::meta("length"), nft::Value(i % kShapes)));
    list.add(Quick::Yes, {i, std::move(of_a_length)});
  }
  EXPECT_EQ(list.all().size(), kShapes);
}

}  // namespace
}  // namespace tunnel::filter::compiler
