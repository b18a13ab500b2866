// keep state and keep frags: what is remembered of one packet for those that follow.

#include "tests/filter/policy_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::filter::test {
namespace {

using namespace std::chrono_literals;
using evaluator::Settings;

constexpr const char* kSyn80 = "in on em0 tcp 10.0.0.1,1024 10.0.0.2,80 S";
constexpr const char* kSynAck = "out on em0 tcp 10.0.0.2,80 10.0.0.1,1024 SA ack=1";
constexpr const char* kQuery = "in on em0 udp 10.0.0.1,1024 10.0.0.2,53";
constexpr const char* kAnswer = "out on em0 udp 10.0.0.2,53 10.0.0.1,1024";

/// Only what has a state passes.
Gateway gateway_with(const std::string& rule, Settings settings = {}) {
  return Gateway{"block in all\nblock out all\n" + rule + '\n', "", std::move(settings)};
}

TEST(State, PassesTheForwardedPacketAndTheRepliesBothWaysOnEveryInterface) {
  auto gateway = gateway_with("pass in quick on em0 proto udp all keep state");
  EXPECT_EQ(gateway.decision(kQuery), "pass @0:2");
  EXPECT_EQ(gateway.decision("out on em1 udp 10.0.0.1,1024 10.0.0.2,53"), "pass @0:2");
  EXPECT_EQ(gateway.decision("in on em1 udp 10.0.0.2,53 10.0.0.1,1024"), "pass @0:2");
  EXPECT_EQ(gateway.decision(kAnswer), "pass @0:2");
  EXPECT_EQ(gateway.decision("in on em1 udp 10.0.0.2,54 10.0.0.1,1024"), "block @0:1");
}

TEST(State, ComesOnlyFromTheRuleThatDecides) {
  Gateway gateway{"pass in all keep state\npass in all\n"};
  gateway.send(kQuery);
  EXPECT_EQ(gateway.evaluator().states(gateway.now), 0U);
}

TEST(State, HoldsTheVerdictOfTheRule) {
  Gateway gateway{"pass out all\nblock return-rst in quick proto tcp all keep state\n"};
  EXPECT_EQ(gateway.verdict(kSyn80), "block return-rst");
  EXPECT_EQ(gateway.decision("out tcp 10.0.0.1,1024 10.0.0.2,80 S"), "block return-rst @0:1");
}

TEST(State, IsNotMadeForWhatCannotHaveOne) {
  for (const auto* text :
       {"in tcp 1.1.1.1,1 2.2.2.2,2 R", "in tcp 1.1.1.1,1 2.2.2.2,2 RA",
        "in icmp 1.1.1.1 2.2.2.2 echorep", "in icmp 1.1.1.1 2.2.2.2 unreach,1",
        "in tcp 1.1.1.1,1 2.2.2.2,2 SF", "in icmp 1.1.1.1 2.2.2.2 echo body=7",
        "in udp 1.1.1.1,1 2.2.2.2,2 off=80 len=8", "in6 ipv6-icmp ::1 ::2 neighborad"}) {
    auto gateway = gateway_with("pass in quick all keep state");
    EXPECT_EQ(gateway.decision(text), "block @0:1") << text;  // quick: as if it had not matched
    EXPECT_EQ(gateway.evaluator().states(gateway.now), 0U) << text;
    Gateway slow{"pass in all keep state"};
    EXPECT_EQ(slow.decision(text), "block @0:1") << text;  // not quick: it blocks
  }
}

// Linux' conntrack keeps none, and neighbours must be found with "pass quick ... keep state".
TEST(State, IsNotMadeForDiscoveryWhichItsRulePassesAllTheSame) {
  for (const auto* rules :
       {"pass in quick all keep state", "block in all\npass in all keep state"}) {
    Gateway gateway{rules};
    EXPECT_EQ(gateway.verdict("in6 ipv6-icmp ::1 ::2 neighborsol"), "pass") << rules;
    EXPECT_EQ(gateway.evaluator().states(gateway.now), 0U) << rules;
  }
}

TEST(State, OfQuestionsOfTwoKindsWithOneNumberAreTwo) {
  Gateway gateway{"pass in all keep state\nblock out all\n"};
  gateway.send("in icmp 1.1.1.1 2.2.2.2 echo query=7");
  EXPECT_EQ(gateway.verdict("in icmp 1.1.1.1 2.2.2.2 timest query=7"), "pass");
  EXPECT_EQ(gateway.evaluator().states(gateway.now), 2U);
  EXPECT_EQ(gateway.verdict("out icmp 2.2.2.2 1.1.1.1 timestrep query=7"), "pass");
  EXPECT_EQ(gateway.verdict("out icmp 2.2.2.2 1.1.1.1 maskrep query=7"), "block");
}

TEST(State, ThatBlocksIsOfTcpAndUdp) {
  Gateway gateway{
      "pass in all\nblock in proto udp all keep state\nblock in proto icmp all keep state\n"
      "pass out all\n"};
  gateway.send("in udp 1.1.1.1,1 2.2.2.2,2");
  gateway.send("in icmp 1.1.1.1 2.2.2.2 echo query=7");
  EXPECT_EQ(gateway.verdict("out udp 2.2.2.2,2 1.1.1.1,1"), "block");
  EXPECT_EQ(gateway.verdict("out icmp 2.2.2.2 1.1.1.1 echorep query=7"), "pass");
}

// Nobody answers, and so there are no windows to learn.
TEST(State, ThatBlocksHasNoWindows) {
  Gateway gateway{"pass in all\nblock in proto tcp all flags S keep state\n"};
  gateway.send("in tcp 1.1.1.1,1 2.2.2.2,2 S seq=1");
  EXPECT_EQ(gateway.verdict("in tcp 1.1.1.1,1 2.2.2.2,2 A seq=100000000"), "block");
}

TEST(State, OfAQuickRuleThatFailsLetsTheScanGoOn) {
  Gateway gateway{"block in all\npass in quick all keep state\npass in quick proto icmp all\n"};
  EXPECT_EQ(gateway.decision("in icmp 1.1.1.1 2.2.2.2 echorep"), "pass @0:3");
  Gateway grouped{
      "block in all head 1\npass in quick all keep state group 1\n"
      "pass in all group 1\n"};
  EXPECT_EQ(grouped.decision("in icmp 1.1.1.1 2.2.2.2 echorep"), "pass @1:2");
  Gateway head{"pass in quick all head 1\npass in quick all keep state group 1\nblock in all\n"};
  EXPECT_EQ(head.decision("in icmp 1.1.1.1 2.2.2.2 echorep"), "pass @0:1");
}

TEST(State, OfABlockingRuleThatFailsBlocksAsItIs) {
  EXPECT_EQ(
      Gateway("block return-icmp in all keep state").verdict("in icmp 1.1.1.1 2.2.2.2 echorep"),
      "block return-icmp");
}

TEST(State, IsNotMadeByAFullTable) {
  Settings small;
  small.most_states = 1;
  auto gateway = gateway_with("pass in quick proto udp all keep state", small);
  EXPECT_EQ(gateway.verdict(kQuery), "pass");
  EXPECT_EQ(gateway.verdict("in udp 10.0.0.9,1 10.0.0.2,53"), "block");
  gateway.advance(121s);
  EXPECT_EQ(gateway.verdict("in udp 10.0.0.9,1 10.0.0.2,53"), "pass");
}

TEST(State, HasALimitOfTheRule) {
  auto gateway = gateway_with("pass in quick proto udp all keep state (limit 1)");
  EXPECT_EQ(gateway.verdict(kQuery), "pass");
  EXPECT_EQ(gateway.verdict("in udp 10.0.0.9,1 10.0.0.2,53"), "block");
  gateway.advance(121s);
  EXPECT_EQ(gateway.verdict("in udp 10.0.0.9,1 10.0.0.2,53"), "pass");
}

TEST(State, BadPacketsDoNotMatchOne) {
  auto gateway = gateway_with("pass in quick proto tcp all flags S keep state");
  gateway.send(kSyn80);
  EXPECT_EQ(gateway.verdict("out tcp 10.0.0.2,80 10.0.0.1,1024 SAU"), "block");
  EXPECT_EQ(gateway.verdict(kSynAck), "pass");
}

TEST(State, ForTcpIsMadeInMidstreamUnlessFlagsForbidIt) {
  const auto* text = "in tcp 10.0.0.1,1024 10.0.0.2,80 A seq=5000 ack=900 len=100";
  EXPECT_EQ(gateway_with("pass in quick proto tcp all flags S keep state").verdict(text), "block");
  auto gateway = gateway_with("pass in quick proto tcp all keep state");
  EXPECT_EQ(gateway.verdict(text), "pass");
  EXPECT_EQ(gateway.verdict("out tcp 10.0.0.2,80 10.0.0.1,1024 A seq=900 ack=5100"), "pass");
  EXPECT_EQ(gateway.verdict("out tcp 10.0.0.2,80 10.0.0.1,1024 A seq=4294800000 ack=5100"),
            "block");
}

class Windows : public testing::Test {
 protected:
  Windows() {
    EXPECT_EQ(gateway.verdict("in tcp 10.0.0.1,1024 10.0.0.2,80 S seq=1000 win=500"), "pass");
    EXPECT_EQ(gateway.verdict("out tcp 10.0.0.2,80 10.0.0.1,1024 SA seq=9000 ack=1001 win=2000"),
              "pass");
    EXPECT_EQ(client("A seq=1001 ack=9001 win=500"), "pass");
  }

  std::string client(const std::string& rest) {
    return gateway.verdict("in tcp 10.0.0.1,1024 10.0.0.2,80 " + rest);
  }

  std::string server(const std::string& rest) {
    return gateway.verdict("out tcp 10.0.0.2,80 10.0.0.1,1024 " + rest);
  }

  Gateway gateway = gateway_with("pass in quick proto tcp all flags S keep state");
};

TEST_F(Windows, TakeWhatTheReceiverAllows) {
  EXPECT_EQ(client("PA seq=1001 ack=9001 len=1000 win=500"), "pass");
  EXPECT_EQ(client("PA seq=2001 ack=9001 len=1000 win=500"), "pass");
  EXPECT_EQ(server("A seq=9001 ack=3001 win=2000"), "pass");
  EXPECT_EQ(server("PA seq=9001 ack=3001 win=2000 len=500"), "pass");
}

TEST_F(Windows, WhatIsOutsideFallsThroughToTheRules) {
  EXPECT_EQ(client("PA seq=1001 ack=9001 len=3000"), "block");  // more than the server allows
  EXPECT_EQ(client("PA seq=90001 ack=9001 len=10"), "block");   // beyond it
  EXPECT_EQ(client("A seq=1001 ack=99999999"), "block");        // of what was never sent
  EXPECT_EQ(client("A seq=4294900000 ack=9001"), "block");      // long past
  EXPECT_EQ(server("R seq=500000"), "block");                   // a blind reset
  EXPECT_EQ(gateway.trace.front().kind, evaluator::Step::Kind::OutOfWindow);
  EXPECT_EQ(client("PA seq=1001 ack=9001 len=10 win=500"), "pass");
}

TEST_F(Windows, WhatIsOutsideMakesNoStateOfItsOwn) {
  Gateway open{"pass in quick proto tcp all keep state\nblock in all\nblock out all\n"};
  open.send("in tcp 10.0.0.1,1024 10.0.0.2,80 S seq=1000 win=500");
  open.send("out tcp 10.0.0.2,80 10.0.0.1,1024 SA seq=9000 ack=1001 win=2000");
  EXPECT_EQ(open.decision("in tcp 10.0.0.1,1024 10.0.0.2,80 A seq=90001 ack=9001"), "block @0:2");
  EXPECT_EQ(open.evaluator().states(open.now), 1U);
}

TEST_F(Windows, AReplyMayRefuse) {
  auto refused = gateway_with("pass in quick proto tcp all flags S keep state");
  refused.send("in tcp 10.0.0.1,1024 10.0.0.2,80 S seq=1000");
  EXPECT_EQ(refused.verdict("out tcp 10.0.0.2,80 10.0.0.1,1024 RA ack=1001"), "pass");
}

TEST_F(Windows, AConnectionLivesFiveDays) {
  gateway.advance(std::chrono::hours{5 * 24} - 1s);
  EXPECT_EQ(client("A seq=1001 ack=9001"), "pass");
  gateway.advance(std::chrono::hours{5 * 24});
  EXPECT_EQ(client("A seq=1001 ack=9001"), "block");
}

TEST_F(Windows, AConnectionOfWhichOneSideHasFinishedLivesTwoHours) {
  EXPECT_EQ(client("FA seq=1001 ack=9001"), "pass");
  gateway.advance(std::chrono::hours{2} - 1s);
  EXPECT_EQ(server("PA seq=9001 ack=1002 len=10 win=2000"), "pass");
  gateway.advance(std::chrono::hours{2});
  EXPECT_EQ(server("PA seq=9011 ack=1002 len=10 win=2000"), "block");
}

TEST_F(Windows, AConnectionThatBothHaveFinishedOrOneHasResetIsSoonForgotten) {
  EXPECT_EQ(client("FA seq=1001 ack=9001"), "pass");
  EXPECT_EQ(server("FA seq=9001 ack=1002"), "pass");
  gateway.advance(239s);
  EXPECT_EQ(client("A seq=1002 ack=9002"), "pass");
  EXPECT_EQ(client("RA seq=1002 ack=9002"), "pass");
  gateway.advance(60s);
  EXPECT_EQ(client("A seq=1002 ack=9002"), "block");
}

TEST_F(Windows, ANewConnectionMayHaveThePortsOfOneThatIsOver) {
  EXPECT_EQ(client("FA seq=1001 ack=9001"), "pass");
  EXPECT_EQ(client("S seq=77777"), "block");  // the server has not finished
  EXPECT_EQ(server("FA seq=9001 ack=1002"), "pass");
  EXPECT_EQ(client("S seq=77777"), "pass");
}

TEST(State, OfUdpLives120SecondsAnd12AfterAReply) {
  auto gateway = gateway_with("pass in quick proto udp all keep state");
  gateway.send(kQuery);
  gateway.advance(119s);
  EXPECT_EQ(gateway.verdict(kAnswer), "pass");
  gateway.advance(11s);
  EXPECT_EQ(gateway.verdict(kAnswer), "pass");
  gateway.advance(12s);
  EXPECT_EQ(gateway.verdict(kAnswer), "block");
}

TEST(State, OfIcmpLives60SecondsAnd6AfterAReply) {
  auto gateway = gateway_with("pass in quick proto icmp all keep state");
  const auto* reply = "out icmp 2.2.2.2 1.1.1.1 echorep query=7";
  EXPECT_EQ(gateway.verdict("in icmp 1.1.1.1 2.2.2.2 echo query=7"), "pass");
  EXPECT_EQ(gateway.verdict("out icmp 2.2.2.2 1.1.1.1 echorep query=8"), "block");
  EXPECT_EQ(gateway.verdict("out icmp 2.2.2.2 1.1.1.1 echo query=7"), "block");
  gateway.advance(59s);
  EXPECT_EQ(gateway.verdict(reply), "pass");
  gateway.advance(5s);
  EXPECT_EQ(gateway.verdict(reply), "pass");
  gateway.advance(6s);
  EXPECT_EQ(gateway.verdict(reply), "block");
}

TEST(State, HasTheAgesOfItsRule) {
  auto gateway = gateway_with("pass in quick proto udp all keep state (age 300/200)");
  gateway.send(kQuery);
  gateway.advance(299s);
  EXPECT_EQ(gateway.verdict(kAnswer), "pass");
  gateway.advance(199s);
  EXPECT_EQ(gateway.verdict(kAnswer), "pass");
  gateway.advance(200s);
  EXPECT_EQ(gateway.verdict(kAnswer), "block");
}

TEST(State, OfIpv6IsTheSame) {
  auto gateway = gateway_with("pass in quick proto ipv6-icmp all keep state");
  EXPECT_EQ(gateway.verdict("in6 ipv6-icmp ::1 ::2 echo query=7"), "pass");
  EXPECT_EQ(gateway.verdict("out6 ipv6-icmp ::2 ::1 echorep query=7"), "pass");
  EXPECT_EQ(gateway.verdict("out6 ipv6-icmp ::2 ::1 unreach for ipv6-icmp ::1 ::2"), "block");
}

TEST(State, LetsIcmpErrorsAboutItPass) {
  const auto* error = "out icmp 9.9.9.9 10.0.0.1 unreach,3 for udp 10.0.0.1,1024 10.0.0.2,53";
  auto gateway = gateway_with("pass in quick proto udp all keep state");
  EXPECT_EQ(gateway.verdict(error), "block");
  gateway.send(kQuery);
  EXPECT_EQ(gateway.decision(error), "pass @0:2");
  EXPECT_EQ(gateway.verdict("in icmp 9.9.9.9 10.0.0.2 unreach,3 for udp 10.0.0.2,53 10.0.0.1,1024"),
            "pass");
  EXPECT_EQ(
      gateway.verdict("out icmp 9.9.9.9 10.0.0.1 unreach,3 for udp 10.0.0.1,1025 10.0.0.2,53"),
      "block");
  auto strict = gateway_with("pass in quick proto udp all keep state (no-icmp-err)");
  strict.send(kQuery);
  EXPECT_EQ(strict.verdict(error), "block");
}

TEST(Fragments, OfARuleThatKeepsThemPassOnTheSameInterface) {
  auto gateway =
      gateway_with("pass in quick on em0 proto udp from any to any port = 53 keep frags");
  const auto* rest = "in on em0 udp 10.0.0.1,0 10.0.0.2,0 id=7 off=64 len=8";
  EXPECT_EQ(gateway.verdict(rest), "block");
  EXPECT_EQ(gateway.verdict("in on em0 udp 10.0.0.1,9 10.0.0.2,53 id=7 mf len=56"), "pass");
  EXPECT_EQ(gateway.decision(rest), "pass @0:2");
  EXPECT_EQ(gateway.verdict("in on em0 udp 10.0.0.1,0 10.0.0.2,0 id=8 off=64 len=8"), "block");
  EXPECT_EQ(gateway.verdict("in on em1 udp 10.0.0.1,0 10.0.0.2,0 id=7 off=64 len=8"), "block");
  EXPECT_EQ(gateway.verdict("in on em0 udp 10.0.0.9,0 10.0.0.2,0 id=7 off=64 len=8"), "block");
  EXPECT_EQ(gateway.verdict("in on em0 tcp 10.0.0.1,0 10.0.0.2,0 id=7 off=64 len=8"), "block");
  gateway.advance(60s);
  EXPECT_EQ(gateway.verdict(rest), "block");
}

TEST(Fragments, AreKeptByKeepStateAsWell) {
  auto gateway =
      gateway_with("pass in quick on em0 proto udp from any to any port = 53 keep state");
  gateway.send("in on em0 udp 10.0.0.1,9 10.0.0.2,53 id=7 mf len=56");
  EXPECT_EQ(gateway.verdict("in on em0 udp 10.0.0.1,0 10.0.0.2,0 id=7 off=64 len=8"), "pass");
  // The state's later packets come in fragments, too, and go out on other interfaces.
  gateway.send("out on em1 udp 10.0.0.1,9 10.0.0.2,53 id=7 mf len=56");
  EXPECT_EQ(gateway.verdict("out on em1 udp 10.0.0.1,0 10.0.0.2,0 id=7 off=64 len=8"), "pass");
}

TEST(Fragments, AreForTheRulesWhereNothingIsKept) {
  auto gateway = gateway_with("pass in quick on em0 proto udp from any to any port = 53");
  gateway.send("in on em0 udp 10.0.0.1,9 10.0.0.2,53 id=7 mf len=56");
  EXPECT_EQ(gateway.verdict("in on em0 udp 10.0.0.1,0 10.0.0.2,0 id=7 off=64 len=8"), "block");
}

}  // namespace
}  // namespace tunnel::filter::test
