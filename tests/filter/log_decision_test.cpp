// Which packets are logged, and what the record says.

#include "tests/filter/policy_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::filter::test {
namespace {

using evaluator::LogRecord;
using evaluator::Settings;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kQuery = "in on em0 udp 10.0.0.1,1024 10.0.0.2,53";
constexpr const char* kAnswer = "out on em0 udp 10.0.0.2,53 10.0.0.1,1024";

/// "p @300:2", "L @0:1".
std::vector<std::string> records(Gateway& gateway, const std::string& packet) {
  std::vector<std::string> texts;
  for (const auto& record : gateway.send(packet).log) {
    const char* action = record.action == LogRecord::Action::Pass    ? "p "
                         : record.action == LogRecord::Action::Block ? "b "
                                                                     : "L ";
    texts.push_back(action + record.rule.str());
  }
  return texts;
}

TEST(Log, IsOfTheRuleThatDecides) {
  Gateway gateway{"pass in log all head 300\nblock in log proto tcp all group 300\n"};
  EXPECT_THAT(records(gateway, kQuery), ElementsAre("p @0:1"));
  EXPECT_THAT(records(gateway, "in tcp 1.1.1.1,1 2.2.2.2,2 S"), ElementsAre("b @300:1"));
  Gateway last{"pass in log all\npass in all\n"};
  EXPECT_THAT(records(last, kQuery), IsEmpty());
}

TEST(Log, RulesAreLoggedEachBeforeTheDecision) {
  Gateway gateway{"log in all\nblock in log all\nlog in quick proto udp all\n"};
  EXPECT_THAT(records(gateway, kQuery), ElementsAre("L @0:1", "L @0:3", "b @0:2"));
}

TEST(Log, WithStateIsOfEveryPacketAndNamesTheRuleThatMadeIt) {
  Gateway gateway{"block in all head 300\npass in log quick proto udp all keep state group 300\n"};
  EXPECT_THAT(records(gateway, kQuery), ElementsAre("p @300:1"));
  EXPECT_THAT(records(gateway, kAnswer), ElementsAre("p @300:1"));
  EXPECT_THAT(records(gateway, kQuery), ElementsAre("p @300:1"));
}

TEST(Log, FirstIsOnlyOfThePacketThatMadeTheState) {
  Gateway gateway{"pass in log first quick proto udp all keep state\n"};
  EXPECT_THAT(records(gateway, kQuery), ElementsAre("p @0:1"));
  EXPECT_THAT(records(gateway, kAnswer), IsEmpty());
  EXPECT_THAT(records(gateway, kQuery), IsEmpty());
  Gateway stateless{"pass in log first all"};
  EXPECT_THAT(records(stateless, kQuery), ElementsAre("p @0:1"));
  EXPECT_THAT(records(stateless, kQuery), ElementsAre("p @0:1"));
}

TEST(Log, OfAPacketBlockedForWantOfStateSaysBlocked) {
  Gateway gateway{"pass in log all keep state\n"};
  EXPECT_THAT(records(gateway, "in icmp 1.1.1.1 2.2.2.2 echorep"), ElementsAre("b @0:1"));
}

TEST(Log, HasASeverityByItsActionUnlessTheRuleNamesOne) {
  const auto level = [](const std::string& rule, const std::string& packet) {
    const auto log = Gateway{rule}.send(packet).log;
    EXPECT_THAT(log, SizeIs(1));
    return log.at(0).level;
  };
  EXPECT_EQ(level("log in all", kQuery), (LogLevel{std::nullopt, Severity::Info}));
  EXPECT_EQ(level("pass in log all", kQuery), (LogLevel{std::nullopt, Severity::Notice}));
  EXPECT_EQ(level("block in log all", kQuery), (LogLevel{std::nullopt, Severity::Warn}));
  EXPECT_EQ(level("block in log all", "in icmp 1.1.1.1 2.2.2.2 echo body=7"),
            (LogLevel{std::nullopt, Severity::Err}));
  EXPECT_EQ(level("block in log level auth.crit all", kQuery),
            (LogLevel{std::uint8_t{4}, Severity::Crit}));
}

TEST(Log, SaysWhatTheRuleKeepsAndWhetherTheBodyIsWanted) {
  Gateway gateway{"pass in log body all keep state keep frags\npass out log all\n"};
  const auto first = gateway.send(kQuery).log.at(0);
  EXPECT_TRUE(first.body && first.keep_state && first.keep_frags && !first.is_short);
  const auto other = gateway.send("out udp 1.1.1.1,1 2.2.2.2,2").log.at(0);
  EXPECT_TRUE(!other.body && !other.keep_state && !other.keep_frags);
}

TEST(Log, OrBlockBlocksWhatCannotBeLogged) {
  Settings broken;
  broken.log = Settings::Log::Fails;
  EXPECT_EQ(Gateway("pass in log all", "", broken).verdict(kQuery), "pass");
  EXPECT_EQ(Gateway("pass in log or-block all", "", broken).verdict(kQuery), "block");
  EXPECT_EQ(Gateway("block return-rst in log or-block all", "", broken).verdict(kQuery),
            "block return-rst");
  EXPECT_EQ(Gateway("log or-block in all\npass in quick all", "", broken).decision(kQuery),
            "block @0:1");
  EXPECT_EQ(Gateway("log in all\npass in quick all", "", broken).verdict(kQuery), "pass");
  EXPECT_EQ(
      Gateway("pass in quick all head 1\nlog or-block in all group 1", "", broken).decision(kQuery),
      "block @1:1");
}

}  // namespace
}  // namespace tunnel::filter::test
