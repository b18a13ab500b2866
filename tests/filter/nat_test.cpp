// Translation: which rule, to what, and back.

#include "tests/filter/policy_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::filter::test {
namespace {

using namespace std::chrono_literals;
using evaluator::Settings;

constexpr const char* kOut = "out on em0 tcp 10.0.0.1,1024 8.8.8.8,80 S";

TEST(Map, HidesTheSourceAndBringsRepliesBack) {
  Gateway gateway{"", "map em0 10.0.0.0/8 -> 192.0.2.1/32 portmap tcp/udp 2000:2009 sequential"};
  EXPECT_EQ(gateway.forwarded(kOut), "out on em0 tcp 192.0.2.1,2000 8.8.8.8,80 S");
  EXPECT_EQ(gateway.forwarded("in on em0 tcp 8.8.8.8,80 192.0.2.1,2000 SA ack=1"),
            "in on em0 tcp 8.8.8.8,80 10.0.0.1,1024 SA ack=1");
  EXPECT_EQ(gateway.forwarded("out on em0 tcp 10.0.0.1,1024 8.8.8.8,80 A seq=1 ack=1"),
            "out on em0 tcp 192.0.2.1,2000 8.8.8.8,80 A seq=1 ack=1");
  EXPECT_EQ(gateway.forwarded("out on em0 tcp 10.0.0.2,1024 8.8.8.8,80 S"),
            "out on em0 tcp 192.0.2.1,2001 8.8.8.8,80 S");
}

TEST(Map, LeavesOtherInterfacesSourcesAndFamiliesAlone) {
  Gateway gateway{"", "map em0 10.0.0.0/8 -> 192.0.2.1/32"};
  for (const std::string text :
       {"out on em1 tcp 10.0.0.1,1 8.8.8.8,80 S", "out on em0 tcp 11.0.0.1,1 8.8.8.8,80 S",
        "in on em0 tcp 10.0.0.1,1 8.8.8.8,80 S", "in on em0 tcp 8.8.8.8,80 192.0.2.1,1 S",
        "out6 on em0 tcp ::1,1 ::2,80 S"}) {
    EXPECT_EQ(gateway.forwarded(text), text);
  }
}

TEST(Map, TakesThePortsByChanceUnlessSequential) {
  Gateway gateway{"", "map em0 10.0.0.0/8 -> 192.0.2.1/32 portmap tcp 2000:2009"};
  // The fixture's chance counts from 0.
  EXPECT_EQ(gateway.forwarded(kOut), "out on em0 tcp 192.0.2.1,2000 8.8.8.8,80 S");
  Gateway automatic{"", "map em0 10.0.0.0/8 -> 192.0.2.1/32 portmap tcp auto"};
  EXPECT_EQ(automatic.forwarded(kOut), "out on em0 tcp 192.0.2.1,1024 8.8.8.8,80 S");
}

TEST(Map, SequentialGoesOnToTheNextPortWhereverTheFlowGoes) {
  Gateway gateway{"", "map em0 10.0.0.0/8 -> 192.0.2.1/32 portmap tcp 2000:2001 sequential"};
  EXPECT_EQ(gateway.forwarded(kOut), "out on em0 tcp 192.0.2.1,2000 8.8.8.8,80 S");
  EXPECT_EQ(gateway.forwarded("out on em0 tcp 10.0.0.1,1024 9.9.9.9,80 S"),
            "out on em0 tcp 192.0.2.1,2001 9.9.9.9,80 S");
  EXPECT_EQ(gateway.forwarded("out on em0 tcp 10.0.0.1,1024 7.7.7.7,80 S"),
            "out on em0 tcp 192.0.2.1,2000 7.7.7.7,80 S");
}

TEST(Map, WithPortmapSkipsOtherProtocolsWhichFallToTheNextRule) {
  Gateway gateway{"",
                  "map em0 10.0.0.0/8 -> 192.0.2.1/32 portmap tcp/udp 2000:2009\n"
                  "map em0 10.0.0.0/8 -> 192.0.2.2/32\n"};
  EXPECT_EQ(gateway.forwarded("out on em0 icmp 10.0.0.1 8.8.8.8 echo query=5"),
            "out on em0 icmp 192.0.2.2 8.8.8.8 echo query=5");
  EXPECT_EQ(gateway.forwarded("in on em0 icmp 8.8.8.8 192.0.2.2 echorep query=5"),
            "in on em0 icmp 8.8.8.8 10.0.0.1 echorep query=5");
  EXPECT_EQ(gateway.forwarded("out on em0 47 10.0.0.1 8.8.8.8"), "out on em0 47 192.0.2.2 8.8.8.8");
}

TEST(Map, TheLongestMaskComesFirst) {
  Gateway gateway{"",
                  "map em0 10.0.0.0/8 -> 192.0.2.1/32\nmap em0 10.0.0.0/24 -> 192.0.2.2/32\n"
                  "map em0 10.0.0.0/24 -> 192.0.2.3/32\n"};
  EXPECT_EQ(gateway.forwarded(kOut), "out on em0 tcp 192.0.2.2,1024 8.8.8.8,80 S");
  EXPECT_EQ(gateway.forwarded("out on em0 tcp 10.1.0.1,1024 8.8.8.8,80 S"),
            "out on em0 tcp 192.0.2.1,1024 8.8.8.8,80 S");
}

TEST(Map, BlocksWhatItHasNothingLeftFor) {
  Gateway gateway{"", "map em0 10.0.0.0/8 -> 192.0.2.1/32 portmap tcp 2000:2001 sequential"};
  EXPECT_EQ(gateway.verdict(kOut), "nomatch");
  EXPECT_EQ(gateway.verdict("out on em0 tcp 10.0.0.2,1024 8.8.8.8,80 S"), "nomatch");
  EXPECT_EQ(gateway.verdict("out on em0 tcp 10.0.0.3,1024 8.8.8.8,80 S"), "block");
  EXPECT_EQ(gateway.verdict("out on em0 tcp 10.0.0.3,1024 8.8.8.9,80 S"), "nomatch");
  Gateway plain{"", "map em0 10.0.0.0/8 -> 192.0.2.1/32"};
  EXPECT_EQ(plain.verdict(kOut), "nomatch");
  EXPECT_EQ(plain.verdict("out on em0 tcp 10.0.0.2,1024 8.8.8.8,80 S"), "block");
}

TEST(Map, FailsWhenTheTableIsFull) {
  Settings small;
  small.most_sessions = 1;
  Gateway gateway{"", "map em0 10.0.0.0/8 -> 192.0.2.1/32", small};
  EXPECT_EQ(gateway.verdict(kOut), "nomatch");
  EXPECT_EQ(gateway.verdict("out on em0 tcp 10.0.0.1,9 8.8.8.8,80 S"), "block");
}

TEST(Map, TakesTheAddressesOfANetworkOrRangeInTurn) {
  Gateway network{"", "map em0 10.0.0.0/8 -> 192.0.2.0/30"};
  EXPECT_EQ(network.forwarded("out on em0 47 10.0.0.1 8.8.8.8"), "out on em0 47 192.0.2.1 8.8.8.8");
  EXPECT_EQ(network.forwarded("out on em0 47 10.0.0.2 8.8.8.8"), "out on em0 47 192.0.2.2 8.8.8.8");
  EXPECT_EQ(network.verdict("out on em0 47 10.0.0.3 8.8.8.8"), "block");
  Gateway range{"", "map em0 10.0.0.0/8 -> 192.0.2.7-192.0.2.8"};
  EXPECT_EQ(range.forwarded("out on em0 47 10.0.0.1 8.8.8.8"), "out on em0 47 192.0.2.7 8.8.8.8");
  EXPECT_EQ(range.forwarded("out on em0 udp 10.0.0.1,5 8.8.8.8,5"),
            "out on em0 udp 192.0.2.7,5 8.8.8.8,5");
  EXPECT_EQ(range.forwarded("out on em0 47 10.0.0.2 8.8.8.8"), "out on em0 47 192.0.2.8 8.8.8.8");
}

TEST(Map, GivesEachPairOfHostsTheNextAddressAndLetsItKeepThat) {
  Gateway gateway{"", "map em0 10.0.0.0/8 -> 192.0.2.7-192.0.2.8 portmap udp 2000:2009 sequential"};
  const auto source = [&gateway](const std::string& host, const std::string& port) {
    const auto text = gateway.forwarded("out on em0 udp " + host + ',' + port + " 8.8.8.8,53");
    return text.substr(text.find("192.0.2."), 9);
  };
  EXPECT_EQ(source("10.0.0.1", "1"), "192.0.2.7");
  EXPECT_EQ(source("10.0.0.2", "1"), "192.0.2.8");
  EXPECT_EQ(source("10.0.0.2", "2"), "192.0.2.8");
  EXPECT_EQ(source("10.0.0.3", "1"), "192.0.2.7");
}

TEST(Map, HasTheAddressOfTheInterface) {
  Settings settings;
  settings.addresses.emplace("em0", Ipv4Address{0xc0000201});
  EXPECT_EQ(Gateway("", "map em0 10.0.0.0/8 -> 0/32", settings).forwarded(kOut),
            "out on em0 tcp 192.0.2.1,1024 8.8.8.8,80 S");
  EXPECT_EQ(Gateway("", "map em0 10.0.0.0/8 -> 0/32").verdict(kOut), "block");
}

TEST(Map, ToNothingLeavesThePacketAsItIs) {
  Gateway gateway{"", "map em0 10.0.0.1/32 -> 0/0\nmap em0 10.0.0.0/8 -> 192.0.2.1/32"};
  EXPECT_EQ(gateway.forwarded(kOut), kOut);
}

TEST(Map, FromToAsksForMore) {
  Gateway gateway{"", "map em0 from 10.0.0.0/8 to !8.0.0.0/8 port = 80 -> 192.0.2.1/32"};
  EXPECT_EQ(gateway.forwarded(kOut), kOut);
  EXPECT_EQ(gateway.forwarded("out on em0 tcp 10.0.0.1,1 9.8.8.8,81 S"),
            "out on em0 tcp 10.0.0.1,1 9.8.8.8,81 S");
  EXPECT_EQ(gateway.forwarded("out on em0 tcp 10.0.0.1,1 9.8.8.8,80 S"),
            "out on em0 tcp 192.0.2.1,1 9.8.8.8,80 S");
}

TEST(Map, OfTheFtpProxyIsOfItsPort) {
  Gateway gateway{"", "map em0 10.0.0.0/8 -> 192.0.2.1/32 proxy port 21 ftp/tcp"};
  EXPECT_EQ(gateway.forwarded(kOut), kOut);
  EXPECT_EQ(gateway.forwarded("out on em0 tcp 10.0.0.1,1024 8.8.8.8,21 S"),
            "out on em0 tcp 192.0.2.1,1024 8.8.8.8,21 S");
}

TEST(Map, TranslatesIcmpErrorsAndWhatTheyQuote) {
  Gateway gateway{"", "map em0 10.0.0.0/8 -> 192.0.2.1/32 portmap tcp/udp 2000:2009"};
  gateway.send("out on em0 udp 10.0.0.1,1024 8.8.8.8,53");
  EXPECT_EQ(gateway.forwarded(
                "in on em0 icmp 7.7.7.7 192.0.2.1 unreach,3 for udp 192.0.2.1,2000 8.8.8.8,53"),
            "in on em0 icmp 7.7.7.7 10.0.0.1 unreach,3 for udp 10.0.0.1,1024 8.8.8.8,53");
  EXPECT_EQ(gateway.forwarded(
                "out on em0 icmp 10.0.0.1 8.8.8.8 unreach,3 for udp 8.8.8.8,53 10.0.0.1,1024"),
            "out on em0 icmp 192.0.2.1 8.8.8.8 unreach,3 for udp 8.8.8.8,53 192.0.2.1,2000");
}

TEST(Map, TranslatesAllFragmentsOfAPacket) {
  Gateway gateway{"", "map em0 10.0.0.0/8 -> 192.0.2.1/32 portmap udp 2000:2009"};
  EXPECT_EQ(gateway.forwarded("out on em0 udp 10.0.0.1,9 8.8.8.8,53 mf id=7"),
            "out on em0 udp 192.0.2.1,2000 8.8.8.8,53 mf id=7");
  EXPECT_EQ(gateway.forwarded("out on em0 udp 10.0.0.1,0 8.8.8.8,0 id=7 off=64 len=8"),
            "out on em0 udp 192.0.2.1,0 8.8.8.8,0 id=7 off=64");
  EXPECT_EQ(gateway.forwarded("out on em0 udp 10.0.0.1,0 8.8.8.8,0 id=8 off=64 len=8"),
            "out on em0 udp 10.0.0.1,0 8.8.8.8,0 id=8 off=64");
}

TEST(Map, ClampsTheSegmentSizeOfSyns) {
  Gateway gateway{"", "map em0 10.0.0.0/8 -> 192.0.2.1/32 mssclamp 1400"};
  EXPECT_EQ(gateway.forwarded("out on em0 tcp 10.0.0.1,1 8.8.8.8,80 S mss=1460"),
            "out on em0 tcp 192.0.2.1,1 8.8.8.8,80 S mss=1400");
  EXPECT_EQ(gateway.forwarded("in on em0 tcp 8.8.8.8,80 192.0.2.1,1 SA mss=1460"),
            "in on em0 tcp 8.8.8.8,80 10.0.0.1,1 SA mss=1400");
  EXPECT_EQ(gateway.forwarded("out on em0 tcp 10.0.0.1,2 8.8.8.8,80 S mss=500"),
            "out on em0 tcp 192.0.2.1,2 8.8.8.8,80 S mss=500");
}

TEST(Map, EndsBySilence) {
  Gateway gateway{"", "map em0 10.0.0.0/8 -> 192.0.2.1/32 age 90/45 udp"};
  const auto* reply = "in on em0 udp 8.8.8.8,53 192.0.2.1,9";
  gateway.send("out on em0 udp 10.0.0.1,9 8.8.8.8,53");
  gateway.advance(89s);
  EXPECT_EQ(gateway.forwarded(reply), "in on em0 udp 8.8.8.8,53 10.0.0.1,9");
  gateway.advance(45s);
  EXPECT_EQ(gateway.forwarded(reply), reply);
  EXPECT_EQ(gateway.evaluator().sessions(gateway.now), 0U);
}

TEST(MapBlock, GivesEachHostPortsOfItsOwn) {
  Gateway gateway{"", "map-block em0 10.0.0.0/24 -> 192.0.2.0/30 ports 256"};
  EXPECT_EQ(gateway.forwarded("out on em0 tcp 10.0.0.1,5 8.8.8.8,80 S"),
            "out on em0 tcp 192.0.2.0,1285 8.8.8.8,80 S");
  EXPECT_EQ(gateway.forwarded("out on em0 tcp 10.0.0.255,5 8.8.8.8,80 S"),
            "out on em0 tcp 192.0.2.1,1797 8.8.8.8,80 S");
  Gateway whole{"", "map-block em0 10.0.0.0/24 -> 192.0.2.0/24 ports auto"};
  EXPECT_EQ(whole.forwarded("out on em0 tcp 10.0.0.7,5 8.8.8.8,80 S"),
            "out on em0 tcp 192.0.2.7,5 8.8.8.8,80 S");
}

TEST(Bimap, TranslatesBothWays) {
  Gateway gateway{"", "bimap em0 10.0.0.0/24 -> 192.0.2.0/24"};
  EXPECT_EQ(gateway.forwarded("out on em0 tcp 10.0.0.7,5 8.8.8.8,80 S"),
            "out on em0 tcp 192.0.2.7,5 8.8.8.8,80 S");
  EXPECT_EQ(gateway.forwarded("in on em0 tcp 8.8.8.8,99 192.0.2.9,22 S"),
            "in on em0 tcp 8.8.8.8,99 10.0.0.9,22 S");
  EXPECT_EQ(gateway.forwarded("out on em0 tcp 10.0.0.9,22 8.8.8.8,99 SA"),
            "out on em0 tcp 192.0.2.9,22 8.8.8.8,99 SA");
}

TEST(Bimap, OfTheInterfacesAddressTakesNoOther) {
  Settings settings;
  settings.addresses.emplace("em0", Ipv4Address{0xc0000201});
  Gateway gateway{"", "bimap em0 10.0.0.1/32 -> 0/32", settings};
  EXPECT_EQ(gateway.forwarded("in on em0 tcp 8.8.8.8,99 192.0.2.1,22 S"),
            "in on em0 tcp 8.8.8.8,99 10.0.0.1,22 S");
  EXPECT_EQ(gateway.forwarded("in on em0 tcp 8.8.8.8,99 192.0.2.2,22 S"),
            "in on em0 tcp 8.8.8.8,99 192.0.2.2,22 S");
}

TEST(Rdr, ChangesTheDestinationAndHidesItInReplies) {
  Gateway gateway{"", "rdr em0 192.0.2.1/32 port 80 -> 10.0.0.9 port 8080 tcp"};
  EXPECT_EQ(gateway.forwarded("in on em0 tcp 8.8.8.8,99 192.0.2.1,80 S"),
            "in on em0 tcp 8.8.8.8,99 10.0.0.9,8080 S");
  EXPECT_EQ(gateway.forwarded("out on em0 tcp 10.0.0.9,8080 8.8.8.8,99 SA"),
            "out on em0 tcp 192.0.2.1,80 8.8.8.8,99 SA");
  EXPECT_EQ(gateway.forwarded("in on em0 udp 8.8.8.8,99 192.0.2.1,80"),
            "in on em0 udp 8.8.8.8,99 192.0.2.1,80");
  EXPECT_EQ(gateway.forwarded("in on em1 tcp 8.8.8.8,99 192.0.2.1,80 S"),
            "in on em1 tcp 8.8.8.8,99 192.0.2.1,80 S");
}

TEST(Rdr, WithAPortAndNoProtocolIsOfTcpAndUdp) {
  Gateway gateway{"", "rdr em0 192.0.2.1/32 port 53 -> 10.0.0.9 port 53"};
  EXPECT_EQ(gateway.forwarded("in on em0 udp 8.8.8.8,99 192.0.2.1,53"),
            "in on em0 udp 8.8.8.8,99 10.0.0.9,53");
  EXPECT_EQ(gateway.forwarded("in on em0 tcp 8.8.8.8,99 192.0.2.1,53 S"),
            "in on em0 tcp 8.8.8.8,99 10.0.0.9,53 S");
  EXPECT_EQ(gateway.forwarded("in on em0 icmp 8.8.8.8 192.0.2.1 echo"),
            "in on em0 icmp 8.8.8.8 192.0.2.1 echo");
}

TEST(Rdr, MovesARangeOrPutsItOntoOnePort) {
  Gateway moved{"", "rdr em0 192.0.2.1/32 port 80-90 -> 10.0.0.9 port 8000 tcp"};
  EXPECT_EQ(moved.forwarded("in on em0 tcp 8.8.8.8,99 192.0.2.1,85 S"),
            "in on em0 tcp 8.8.8.8,99 10.0.0.9,8005 S");
  Gateway single{"", "rdr em0 192.0.2.1/32 port 80-90 -> 10.0.0.9 port = 8000 tcp"};
  EXPECT_EQ(single.forwarded("in on em0 tcp 8.8.8.8,99 192.0.2.1,85 S"),
            "in on em0 tcp 8.8.8.8,99 10.0.0.9,8000 S");
  // A second connection from the same port would be the same inside.
  EXPECT_EQ(single.verdict("in on em0 tcp 8.8.8.8,99 192.0.2.1,86 S"), "block");
}

TEST(Rdr, TheLongestMaskComesFirst) {
  Gateway gateway{"", "rdr em0 0/0 -> 10.0.0.1\nrdr em0 192.0.2.1/32 -> 10.0.0.2\n"};
  EXPECT_EQ(gateway.forwarded("in on em0 47 8.8.8.8 192.0.2.1"), "in on em0 47 8.8.8.8 10.0.0.2");
}

std::string host_of(Gateway& gateway, int client) {
  const auto text =
      gateway.forwarded("in on em0 tcp 8.8.8." + std::to_string(client) + ",99 192.0.2.1,80 S");
  return text.substr(text.find("10.0.0."), 8);
}

TEST(Rdr, SeveralHostsTakeTurns) {
  Gateway gateway{"", "rdr em0 192.0.2.1/32 port 80 -> 10.0.0.1,10.0.0.2 port 80 tcp"};
  EXPECT_EQ(host_of(gateway, 1), "10.0.0.1");
  EXPECT_EQ(host_of(gateway, 2), "10.0.0.2");
  EXPECT_EQ(host_of(gateway, 3), "10.0.0.1");
}

TEST(Rdr, RulesWithRoundRobinThatAskForTheSameTakeTurns) {
  Gateway gateway{"",
                  "rdr em0 192.0.2.1/32 port 80 -> 10.0.0.1 port 80 tcp round-robin\n"
                  "rdr em0 192.0.2.1/32 port 80 -> 10.0.0.2 port 80 tcp round-robin\n"
                  "rdr em0 192.0.2.1/32 port 80 -> 10.0.0.3 port 80 tcp\n"};
  EXPECT_EQ(host_of(gateway, 1), "10.0.0.1");
  EXPECT_EQ(host_of(gateway, 2), "10.0.0.2");
  EXPECT_EQ(host_of(gateway, 3), "10.0.0.1");
}

TEST(Rdr, StickyKeepsTheHostOfAClient) {
  Gateway gateway{"", "rdr em0 192.0.2.1/32 port 80 -> 10.0.0.1,10.0.0.2 port 80 tcp sticky"};
  EXPECT_EQ(host_of(gateway, 1), "10.0.0.1");
  EXPECT_EQ(host_of(gateway, 2), "10.0.0.2");
  const auto again = gateway.forwarded("in on em0 tcp 8.8.8.2,100 192.0.2.1,80 S");
  EXPECT_EQ(again, "in on em0 tcp 8.8.8.2,100 10.0.0.2,80 S");
}

TEST(Hooks, RulesSeeAddressesBehindRdrAndBeforeMap) {
  Gateway in{"block in all\npass in from any to 10.0.0.9\n",
             "rdr em0 192.0.2.1/32 port 80 -> 10.0.0.9 port 8080 tcp"};
  EXPECT_EQ(in.verdict("in on em0 tcp 8.8.8.8,99 192.0.2.1,80 S"), "pass");
  Gateway out{"block out all\npass out from 10.0.0.0/8 to any\n",
              "map em0 10.0.0.0/8 -> 192.0.2.1/32"};
  EXPECT_EQ(out.forwarded(kOut), "out on em0 tcp 192.0.2.1,1024 8.8.8.8,80 S");
}

TEST(Hooks, RepliesAreSeenAsTheyWereBeforeTranslation) {
  Gateway gateway{"block in all\npass out quick all keep state\n",
                  "map em0 10.0.0.0/8 -> 192.0.2.1/32"};
  EXPECT_EQ(gateway.verdict(kOut), "pass");
  EXPECT_EQ(gateway.forwarded("in on em0 tcp 8.8.8.8,80 192.0.2.1,1024 SA ack=1"),
            "in on em0 tcp 8.8.8.8,80 10.0.0.1,1024 SA ack=1");
}

TEST(Hooks, OnlyWhatPassesIsMapped) {
  Gateway gateway{"block out all", "map em0 10.0.0.0/8 -> 192.0.2.1/32"};
  EXPECT_EQ(gateway.verdict(kOut), "block");
  EXPECT_EQ(gateway.evaluator().sessions(gateway.now), 0U);
}

TEST(Hooks, CountInboundBehindTranslationAndOutboundBeforeIt) {
  Gateway gateway{"count in from any to 10.0.0.9\ncount out from 10.0.0.0/8 to any\n",
                  "rdr em0 192.0.2.1/32 -> 10.0.0.9\nmap em0 10.0.0.0/8 -> 192.0.2.1/32"};
  gateway.send("in on em0 47 8.8.8.8 192.0.2.1");
  gateway.send("out on em0 47 10.0.0.7 8.8.8.7");
  for (const auto& count : gateway.evaluator().counts()) EXPECT_EQ(count.packets, 1U);
}

TEST(Hooks, PacketsTranslatedOnTheWayInAreKnownAsSuch) {
  Gateway gateway{"block in all with nat", "rdr em0 192.0.2.1/32 -> 10.0.0.9"};
  EXPECT_EQ(gateway.verdict("in on em0 47 8.8.8.8 192.0.2.1"), "block");
  EXPECT_EQ(gateway.verdict("in on em0 47 8.8.8.8 192.0.2.2"), "nomatch");
}

}  // namespace
}  // namespace tunnel::filter::test
