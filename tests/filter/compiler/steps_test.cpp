// Which rules become one look into a map, and which may not.

#include "filter/compiler/steps.hpp"

#include <gtest/gtest.h>

#include <string>

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

}  // namespace
}  // namespace tunnel::filter::compiler
