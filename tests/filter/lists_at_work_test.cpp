// Which rule decides: last match, quick, groups, log and count rules.

#include "tests/filter/policy_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::filter::test {
namespace {

using evaluator::Settings;
using testing::ElementsAre;

constexpr const char* kPacket = "in on em0 tcp 10.0.0.1,1024 10.0.0.2,80 S";

TEST(Lists, TheLastMatchDecides) {
  EXPECT_EQ(Gateway("pass in all\nblock in all").decision(kPacket), "block @0:2");
  EXPECT_EQ(Gateway("block in all\npass in all\npass in on em9 all").decision(kPacket),
            "pass @0:2");
}

TEST(Lists, QuickEnds) {
  EXPECT_EQ(Gateway("block in all\npass in quick all\nblock in all").decision(kPacket),
            "pass @0:2");
}

TEST(Lists, WithoutAMatchTheDefaultDecides) {
  EXPECT_EQ(Gateway("block in on em9 all").decision(kPacket), "nomatch");
  EXPECT_EQ(Gateway("").decision(kPacket), "nomatch");
  Settings strict;
  strict.by_default = Settings::Default::Block;
  EXPECT_EQ(Gateway("pass in on em9 all", "", strict).decision(kPacket), "block");
}

TEST(Lists, InsertedRulesStandWhereTheyWereInserted) {
  EXPECT_EQ(Gateway("block in quick all\n@0 pass in quick all").decision(kPacket), "pass @0:1");
}

TEST(Lists, ABlockSaysWhatToAnswer) {
  EXPECT_EQ(Gateway("block return-rst in all").verdict(kPacket), "block return-rst");
  EXPECT_EQ(Gateway("block return-icmp in all").verdict(kPacket), "block return-icmp");
  Gateway gateway{"block return-icmp-as-dest(port-unr) in all"};
  const auto outcome = gateway.send(kPacket);
  EXPECT_STREQ(words_for(outcome.verdict), "block return-icmp-as-dest");
  EXPECT_EQ(outcome.reply_code, 3);
  EXPECT_EQ(Gateway("block return-rst out all").verdict("out tcp 1.1.1.1,1 2.2.2.2,2 S"),
            "block return-rst");
}

TEST(LogRules, NeverDecideAndTheirQuickDoesNothing) {
  EXPECT_EQ(Gateway("block in all\nlog in quick all\npass in proto udp all").decision(kPacket),
            "block @0:1");
  EXPECT_EQ(Gateway("log in all").decision(kPacket), "nomatch");
  EXPECT_EQ(Gateway("pass in all\nlog in quick all\nblock in all").decision(kPacket), "block @0:3");
}

TEST(Groups, AreScannedWhereTheHeadMatches) {
  const char* rules = "pass in on em0 all head 1\nblock in proto tcp all group 1\n";
  EXPECT_EQ(Gateway(rules).decision(kPacket), "block @1:1");
  EXPECT_EQ(Gateway(rules).decision("in on em0 udp 1.1.1.1,1 2.2.2.2,2"), "pass @0:1");
  EXPECT_EQ(Gateway(rules).decision("in on em1 tcp 1.1.1.1,1 2.2.2.2,2 S"), "nomatch");
}

TEST(Groups, WithoutAMatchTheHeadAndItsQuickStand) {
  EXPECT_EQ(Gateway("pass in quick all head 1\nblock in all\nblock in on em9 all group 1")
                .decision(kPacket),
            "pass @0:1");
}

TEST(Groups, ANonQuickMatchUnderAQuickHeadLosesTheQuickAndTheOuterListContinues) {
  EXPECT_EQ(Gateway("block in quick all head 1\npass in all group 1\nblock in on em0 proto tcp all")
                .decision(kPacket),
            "block @0:2");
  EXPECT_EQ(Gateway("block in quick all head 1\npass in all group 1").decision(kPacket),
            "pass @1:1");
}

TEST(Groups, AQuickMatchEndsTheOuterListToo) {
  EXPECT_EQ(
      Gateway("block in all head 1\npass in quick all group 1\nblock in all").decision(kPacket),
      "pass @1:1");
}

TEST(Groups, NothingOfTheHeadIsInherited) {
  Gateway gateway{"block return-rst in log all head 1\nblock in all group 1\n"};
  const auto outcome = gateway.send(kPacket);
  EXPECT_STREQ(words_for(outcome.verdict), "block");
  EXPECT_THAT(outcome.log, testing::IsEmpty());
  Gateway keeper{"pass in all keep state head 1\npass in all group 1\n"};
  keeper.send(kPacket);
  EXPECT_EQ(keeper.evaluator().states(keeper.now), 0U);
}

TEST(Groups, LastMatchInsideDecides) {
  EXPECT_EQ(
      Gateway("pass in all head 1\nblock in all group 1\npass in all group 1").decision(kPacket),
      "pass @1:2");
}

TEST(Groups, MayHaveSeveralHeadsAndStandBeforeThem) {
  const char* rules =
      "block in all group 1\npass in on em0 all head 1\npass in on em1 all head 1\n";
  EXPECT_EQ(Gateway(rules).decision(kPacket), "block @1:1");
  EXPECT_EQ(Gateway(rules).decision("in on em1 udp 1.1.1.1,1 2.2.2.2,2"), "block @1:1");
}

TEST(Groups, WithoutAHeadNeverRun) {
  EXPECT_EQ(Gateway("block in all group 1").decision(kPacket), "nomatch");
}

TEST(Groups, GroupOfALogRuleDecides) {
  EXPECT_EQ(Gateway("block in all\nlog in all head 1\npass in all group 1").decision(kPacket),
            "pass @1:1");
  EXPECT_EQ(Gateway("block in all\nlog in all head 1").decision(kPacket), "block @0:1");
}

TEST(Groups, ALogRuleInTheGroupOfAQuickHeadEndsNothing) {
  EXPECT_EQ(Gateway("pass in quick all head 1\nlog in all group 1\nblock in quick all group 1")
                .decision(kPacket),
            "block @1:2");
}

/// A main list and so many groups, each inside the one before; the last one blocks.
std::string nested(int groups) {
  std::string rules = "pass in all head 1\n";
  for (int i = 1; i < groups; ++i) {
    rules += "pass in all head " + std::to_string(i + 1) + " group " + std::to_string(i) + '\n';
  }
  return rules + "block in all group " + std::to_string(groups) + '\n';
}

TEST(Groups, AreNestedUpToSixteenLists) {
  EXPECT_EQ(Gateway(nested(15)).verdict(kPacket), "block");
  EXPECT_EQ(Gateway(nested(16)).decision(kPacket), "pass @15:1");
}

std::vector<std::string> counts(Gateway& gateway) {
  std::vector<std::string> texts;
  for (const auto& count : gateway.evaluator().counts()) {
    texts.push_back(count.id.str() + ' ' + std::to_string(count.packets) + ' ' +
                    std::to_string(count.octets));
  }
  return texts;
}

TEST(CountRules, AreAListOfTheirOwnThatDecidesNothing) {
  Gateway gateway{"count in on em0 all\ncount in proto udp all\nblock in all\n"};
  EXPECT_EQ(gateway.verdict(kPacket), "block");
  EXPECT_EQ(gateway.verdict(kPacket), "block");
  EXPECT_THAT(counts(gateway), ElementsAre("@0:1 2 80", "@0:2 0 0", "@0:1 2 80"));
}

TEST(CountRules, HaveQuickAndGroups) {
  Gateway gateway{"count in quick proto tcp all head 1\ncount in all\ncount in all group 1\n"};
  gateway.send(kPacket);
  EXPECT_THAT(counts(gateway), ElementsAre("@0:1 1 40", "@0:2 1 40", "@1:1 1 40"));
}

TEST(CountRules, CountOutboundOnlyWhatPasses) {
  Gateway gateway{"count out all\nblock out proto udp all\n"};
  gateway.send("out udp 1.1.1.1,1 2.2.2.2,2");
  gateway.send("out tcp 1.1.1.1,1 2.2.2.2,2 S");
  EXPECT_THAT(counts(gateway), ElementsAre("@0:1 1 40", "@0:1 1 28"));
}

TEST(Explaining, NamesWhatMatchedAndWhatDecided) {
  using Kind = evaluator::Step::Kind;
  Gateway gateway{"pass in quick all head 1\nblock in proto udp all group 1\nblock in all\n"};
  gateway.send(kPacket);
  std::vector<Kind> kinds;
  for (const auto& step : gateway.trace) kinds.push_back(step.kind);
  EXPECT_THAT(kinds, ElementsAre(Kind::Matched, Kind::GroupHadNone, Kind::Decided));
}

}  // namespace
}  // namespace tunnel::filter::test
