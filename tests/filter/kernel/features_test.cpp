// One by one what the kernel is told in its own way, and what it then does.

#include "filter/packet/packet_parser.hpp"
#include "tests/filter/kernel/kernel_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace tunnel::filter::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Feature : public Kernel {
 protected:
  /// As it went on, in the same form; empty: it did not.
  static packet::Packet sent_on(const std::string& text) {
    const auto seen = send(text);
    if (!seen.forwarded) return {};
    return std::get<packet::Packet>(packet::parse_packet(*seen.forwarded));
  }

  static std::string source_of(const std::string& text) {
    const auto packet = sent_on(text);
    return packet.size == 0 ? "nothing" : packet.ends.source.str();
  }

  static std::string destination_of(const std::string& text) {
    const auto packet = sent_on(text);
    return packet.size == 0
               ? "nothing"
               : packet.ends.destination.str() + ',' + std::to_string(packet.ends.destination_port);
  }
};

TEST_F(Feature, TakesEveryKindOfTranslation) {
  for (const auto* rule :
       {"map tun0 10.0.0.0/8 -> 0/32",
        "map tun0 10.0.0.0/8 -> 0/0",
        "map tun0 10.0.0.0/8 -> 192.0.2.0/28 portmap tcp/udp auto",
        "map tun0 10.0.0.0/8 -> 192.0.2.1-192.0.2.9 portmap tcp 2000:3000 sequential",
        "map tun0 from 10.0.0.0/8 port = 5000 to any port = 80 -> 192.0.2.1/32 tcp",
        "map tun0 10.0.0.0/8 -> 192.0.2.1/32 proxy port ftp ftp/tcp",
        "map tun0 10.0.0.0/8 -> 192.0.2.1/32 portmap tcp auto mssclamp 1400",
        "map tun0 10.0.0.0/8 -> 192.0.2.1/32 age 60/30",
        "map-block tun0 10.1.0.0/24 -> 192.0.2.0/30 ports auto",
        "map-block tun0 10.1.0.0/28 -> 192.0.2.1/32 ports 256",
        "bimap tun0 10.1.0.1/32 -> 0/32",
        "bimap tun0 10.1.0.0/24 -> 192.0.2.0/24",
        "rdr em0 0/0 port 80 -> 0/32 port 8080 tcp",
        "rdr em0 192.0.2.1/32 port 80-90 -> 10.0.0.1 port 8000 tcp/udp",
        "rdr em0 192.0.2.1/32 port 80-90 -> 10.0.0.1 port = 8000 tcp",
        "rdr em0 192.0.2.1/32 port 80 -> 10.0.0.1,10.0.0.2 port 80 tcp sticky",
        "rdr em0 192.0.2.1/32 -> 10.0.0.1 mssclamp 1300",
        "rdr em0 192.0.2.1/32 -> 10.0.0.1 age 10",
        "rdr em0 192.0.2.1/32 port 80 -> 10.0.0.1 port 80 tcp round-robin\n"
        "rdr em0 192.0.2.1/32 port 80 -> 10.0.0.2 port 81 tcp round-robin",
        "rdr em0 from any to 192.0.2.1/32 port = 80 -> 10.0.0.1 port 8080 tcp"}) {
    use("", std::string{rule} + "\n");
  }
}

TEST_F(Feature, TakesTurnsAmongHosts) {
  use("", "rdr em0 192.0.2.1/32 port 80 -> 10.2.0.1,10.2.0.2 port 8080 tcp\n");
  std::multiset<std::string> seen;
  for (int port = 1001; port <= 1004; ++port) {
    seen.insert(
        destination_of("in on em0 tcp 10.1.0.1," + std::to_string(port) + " 192.0.2.1,80 S"));
  }
  EXPECT_THAT(seen,
              ElementsAre("10.2.0.1,8080", "10.2.0.1,8080", "10.2.0.2,8080", "10.2.0.2,8080"));
}

TEST_F(Feature, TakesTurnsAmongRules) {
  use("",
      "rdr em0 192.0.2.1/32 port 80 -> 10.2.0.1 port 80 tcp round-robin\n"
      "rdr em0 192.0.2.1/32 port 80 -> 10.2.0.2 port 81 tcp round-robin\n");
  EXPECT_NE(destination_of("in on em0 tcp 10.1.0.1,1 192.0.2.1,80 S"),
            destination_of("in on em0 tcp 10.1.0.1,2 192.0.2.1,80 S"));
}

TEST_F(Feature, KeepsAStickyClientsHost) {
  use("", "rdr em0 192.0.2.1/32 port 80 -> 10.2.0.1,10.2.0.2 port 8080 tcp sticky\n");
  std::set<std::string> of_one;
  std::set<std::string> of_all;
  for (int client = 1; client <= 30; ++client) {
    const auto name = "10.1.0." + std::to_string(client);
    of_all.insert(destination_of("in on em0 tcp " + name + ",1 192.0.2.1,80 S"));
    of_one.insert(
        destination_of("in on em0 tcp 10.1.0.99," + std::to_string(client) + " 192.0.2.1,80 S"));
  }
  EXPECT_EQ(of_one.size(), 1U);
  EXPECT_EQ(of_all.size(), 2U);
}

TEST_F(Feature, GivesEachHostOfAMapBlockItsPorts) {
  use("", "map-block tun0 10.1.0.0/30 -> 192.0.2.1/32 ports 100\n");
  for (unsigned host = 0; host < 4; ++host) {
    const auto packet =
        sent_on("in on em0 tcp 10.1.0." + std::to_string(host) + ",5000 10.9.9.9,80 S");
    EXPECT_EQ(packet.ends.source.str(), "192.0.2.1");
    EXPECT_GE(packet.ends.source_port, 1024 + host * 100);
    EXPECT_LT(packet.ends.source_port, 1124 + host * 100);
  }
  EXPECT_EQ(source_of("in on em0 icmp 10.1.0.2 10.9.9.9 echo"), "192.0.2.1");
}

TEST_F(Feature, MovesPortsAlongWithTheirRange) {
  use("", "rdr em0 192.0.2.1/32 port 80-90 -> 10.2.0.1 port 8000 tcp\n");
  EXPECT_EQ(destination_of("in on em0 tcp 10.1.0.1,1 192.0.2.1,85 S"), "10.2.0.1,8005");
}

TEST_F(Feature, ClampsTheSegmentSizeBothWays) {
  use("", "map tun0 10.0.0.0/8 -> 192.0.2.1/32 mssclamp 1400\n");
  EXPECT_EQ(sent_on("in on em0 tcp 10.1.0.1,1000 10.9.9.9,80 S mss=1460").tcp.segment_size, 1400);
  EXPECT_EQ(sent_on("in on tun0 tcp 10.9.9.9,80 192.0.2.1,1000 SA ack=1 mss=1460").tcp.segment_size,
            1400);
  // Again, and one that is small enough; a flow that no rule translates.
  EXPECT_EQ(sent_on("in on em0 tcp 10.1.0.1,1000 10.9.9.9,80 S mss=1460").tcp.segment_size, 1400);
  EXPECT_EQ(sent_on("in on em0 tcp 10.1.0.1,1001 10.9.9.9,80 S mss=1300").tcp.segment_size, 1300);
  EXPECT_EQ(sent_on("in on tun0 tcp 10.1.0.1,1002 10.9.9.9,80 S mss=1460").tcp.segment_size, 1460);
}

TEST_F(Feature, ClampsBehindRdr) {
  use("", "rdr em0 192.0.2.1/32 port 80 -> 10.2.0.1 port 8080 tcp mssclamp 1300\n");
  EXPECT_EQ(sent_on("in on em0 tcp 10.1.0.1,1000 192.0.2.1,80 S mss=1460").tcp.segment_size, 1300);
  EXPECT_EQ(
      sent_on("in on tun0 tcp 10.2.0.1,8080 10.1.0.1,1000 SA ack=1 mss=1460").tcp.segment_size,
      1300);
}

TEST_F(Feature, BlocksWhatFindsNoPort) {
  use("", "map tun0 10.0.0.0/8 -> 192.0.2.1/32 portmap tcp 2000:2000\n");
  EXPECT_TRUE(passes("in on em0 tcp 10.1.0.1,1000 10.9.9.9,80 S"));
  EXPECT_FALSE(passes("in on em0 tcp 10.1.0.2,1000 10.9.9.9,80 S"));
  EXPECT_TRUE(passes("in on em0 tcp 10.1.0.2,1000 10.9.9.9,81 S"));
}

TEST_F(Feature, LetsOtherProtocolsFallToTheNextRule) {
  use("",
      "map tun0 10.0.0.0/8 -> 192.0.2.1/32 portmap tcp/udp 2000:2999\n"
      "map tun0 10.0.0.0/8 -> 192.0.2.2/32\n");
  EXPECT_EQ(source_of("in on em0 udp 10.1.0.1,1000 10.9.9.9,80"), "192.0.2.1");
  EXPECT_EQ(source_of("in on em0 icmp 10.1.0.1 10.9.9.9 echo"), "192.0.2.2");
}

TEST_F(Feature, CountsTheStatesOfARuleThatHasALimit) {
  for (const auto* rules : {"pass in quick proto tcp all keep state (limit 2)\nblock in all\n",
                            "block in all\npass in proto tcp all keep state (limit 2)\n"}) {
    use(rules);
    EXPECT_TRUE(passes("in on em0 tcp 10.1.0.1,1001 10.9.9.9,80 S")) << rules;
    EXPECT_TRUE(passes("in on em0 tcp 10.1.0.1,1002 10.9.9.9,80 S")) << rules;
    EXPECT_FALSE(passes("in on em0 tcp 10.1.0.1,1003 10.9.9.9,80 S")) << rules;
    EXPECT_TRUE(passes("in on em0 tcp 10.1.0.1,1001 10.9.9.9,80 S")) << rules;
  }
}

/// Seconds that conntrack gives a flow with that source port from now on; 0: there is none.
int age_of(unsigned port) {
  std::ifstream flows{"/proc/net/nf_conntrack"};
  for (std::string line; std::getline(flows, line);) {
    if (line.find("sport=" + std::to_string(port) + " ") == std::string::npos) continue;
    std::istringstream words{line};
    std::string word;
    int age = 0;
    words >> word >> word >> word >> word >> age;
    return age;
  }
  return 0;
}

bool is_about(int age, int wanted) {
  return age <= wanted && age > wanted - 3;
}

TEST_F(Feature, KeepsStatesOfUdpAsLongAsIpfilter) {
  use("pass in quick all keep state\n");
  send("in on em0 udp 10.1.0.1,1001 10.9.9.9,53");
  EXPECT_PRED2(is_about, age_of(1001), 120);
  // The other one counts once the flow has been answered and is two seconds old.
  EXPECT_THAT(wire().listed(), HasSubstr(R"("policy":{"unreplied":120,"replied":12})"));
}

TEST_F(Feature, KeepsStatesAsLongAsTheRuleSays) {
  use("pass in quick all keep state (age 77/33)\n");
  send("in on em0 udp 10.1.0.1,1001 10.9.9.9,53");
  EXPECT_PRED2(is_about, age_of(1001), 77);
  EXPECT_THAT(wire().listed(), HasSubstr(R"("policy":{"unreplied":77,"replied":33})"));
  send("in on em0 tcp 10.1.0.1,1002 10.9.9.9,53 S");
  EXPECT_PRED2(is_about, age_of(1002), 77);
  send("in6 on em0 udp 2001:db8::1:2,1003 2001:db8::1:3,53");
  EXPECT_PRED2(is_about, age_of(1003), 77);
}

TEST_F(Feature, KeepsTranslationsAsLongAsTheirRuleSays) {
  use("pass in quick all keep state\n",
      "map tun0 10.0.0.0/8 -> 192.0.2.1/32 age 88/44\nrdr em0 192.0.2.1/32 -> 10.9.9.9 age 66\n");
  send("in on em0 udp 10.1.0.1,1001 10.9.9.9,53");
  EXPECT_PRED2(is_about, age_of(1001), 88);
  send("in on em0 udp 172.16.0.1,1002 192.0.2.1,53");
  EXPECT_PRED2(is_about, age_of(1002), 66);
}

TEST_F(Feature, KeepsTheAgesOfFlowsThatArePutUnderTheSameRulesAgain) {
  const std::string rules = "pass in quick all keep state (age 77/33)\n";
  use(rules);
  send("in on em0 udp 10.1.0.1,1001 10.9.9.9,53");
  ASSERT_EQ(wire().apply(nft::replace(compiled(rules + "block out quick proto 99 all\n").table)),
            "");
  send("in on em0 udp 10.1.0.1,1001 10.9.9.9,53");
  EXPECT_PRED2(is_about, age_of(1001), 77);
  use("block in all\n");  // which has none
  EXPECT_FALSE(passes("in on em0 udp 10.1.0.1,1001 10.9.9.9,53"));
}

TEST_F(Feature, ShowsIcmpErrorsToTheRulesWhereTheStateWantsNone) {
  const std::string error =
      "in on tun0 icmp 10.9.9.9 10.1.0.1 unreach,3 for udp 10.1.0.1,1001 10.9.9.9,53";
  use("pass in quick proto udp all keep state\nblock in all\n");
  EXPECT_TRUE(passes("in on em0 udp 10.1.0.1,1001 10.9.9.9,53"));
  EXPECT_TRUE(passes(error));
  use("pass in quick proto udp all keep state (no-icmp-err)\nblock in all\n");
  EXPECT_TRUE(passes("in on em0 udp 10.1.0.1,1001 10.9.9.9,53"));
  EXPECT_TRUE(passes("in on tun0 udp 10.9.9.9,53 10.1.0.1,1001"));
  EXPECT_FALSE(passes(error));
}

}  // namespace
}  // namespace tunnel::filter::test
