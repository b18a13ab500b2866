// What a rule asks of one packet, word by word.

#include "tests/filter/policy_fixture.hpp"

#include <gtest/gtest.h>

namespace tunnel::filter::test {
namespace {

struct Case {
  const char* rule;
  const char* packet;
  const char* verdict;
};

class Matching : public testing::TestWithParam<Case> {};

TEST_P(Matching, DecidesByWhatTheRuleAsks) {
  EXPECT_EQ(Gateway{GetParam().rule}.verdict(GetParam().packet), GetParam().verdict)
      << GetParam().rule << "\n"
      << GetParam().packet;
}

constexpr const char* kTcp80 = "in on em0 tcp 10.0.0.1,1024 10.0.0.2,80 S";
constexpr const char* kUdp53 = "in on em0 udp 10.0.0.1,1024 10.0.0.2,53";
constexpr const char* kEcho = "in on em0 icmp 10.0.0.1 10.0.0.2 echo";
constexpr const char* kBody = "in on em0 tcp 10.0.0.1,1024 10.0.0.2,80 off=800 len=64";

constexpr Case kCases[]{
    {"block in all", kTcp80, "block"},
    {"block out all", kTcp80, "nomatch"},
    {"block in on em0 all", kTcp80, "block"},
    {"block in on em1 all", kTcp80, "nomatch"},
    {"block in on em0 all", "in tcp 10.0.0.1,1024 10.0.0.2,80 S", "nomatch"},

    // Addresses.
    {"block in from 10.0.0.1 to any", kTcp80, "block"},
    {"block in from 10.0.0.2 to any", kTcp80, "nomatch"},
    {"block in from any to 10.0.0.0/30", kTcp80, "block"},
    {"block in from !10.0.0.0/8 to any", kTcp80, "nomatch"},
    {"block in from !11.0.0.0/8 to any", kTcp80, "block"},
    {"block in from 10.0.0.1/255.0.0.255 to any", "in udp 10.9.9.1,1 2.2.2.2,2", "block"},
    {"block in from !any to any", kTcp80, "nomatch"},
    {"block in from any to !any", kTcp80, "nomatch"},
    {"block in from 2001:db8::/32 to any", "in6 udp 2001:db8::1,1 ::2,2", "block"},
    {"block in from 2001:db8::/32 to any", "in6 udp 2001:db9::1,1 ::2,2", "nomatch"},
    {"block in from 0/0 to any", "in6 udp 2001:db8::1,1 ::2,2", "nomatch"},
    {"block in from !10.0.0.0/8 to any", "in6 udp 2001:db8::1,1 ::2,2", "nomatch"},
    {"block in family inet6 all", kTcp80, "nomatch"},
    {"block in family inet6 all", "in6 udp ::1,1 ::2,2", "block"},
    {"block in all", "in6 udp ::1,1 ::2,2", "block"},

    // Protocols.
    {"block in proto tcp all", kTcp80, "block"},
    {"block in proto udp all", kTcp80, "nomatch"},
    {"block in proto tcp/udp all", kTcp80, "block"},
    {"block in proto tcp/udp all", kUdp53, "block"},
    {"block in proto tcp/udp all", kEcho, "nomatch"},
    {"block in proto 47 all", "in 47 10.0.0.1 10.0.0.2", "block"},
    {"block in tos 16 all", "in 47 10.0.0.1 10.0.0.2 tos=16", "block"},
    {"block in tos 16 all", "in 47 10.0.0.1 10.0.0.2", "nomatch"},
    {"block in ttl 3 all", "in 47 10.0.0.1 10.0.0.2 ttl=3", "block"},

    // Ports: "><" is strictly between, "<>" strictly outside, ":" inclusive.
    {"block in proto tcp from any to any port = 80", kTcp80, "block"},
    {"block in proto tcp from any port = 80 to any", kTcp80, "nomatch"},
    {"block in from any to any port = 80", kTcp80, "block"},
    {"block in from any to any port = 80", kEcho, "nomatch"},
    {"block in proto tcp from any to any port != 80", kTcp80, "nomatch"},
    {"block in proto tcp from any to any port < 80", kTcp80, "nomatch"},
    {"block in proto tcp from any to any port <= 80", kTcp80, "block"},
    {"block in proto tcp from any to any port > 80", kTcp80, "nomatch"},
    {"block in proto tcp from any to any port >= 80", kTcp80, "block"},
    {"block in proto tcp from any to any port 80 >< 90", kTcp80, "nomatch"},
    {"block in proto tcp from any to any port 79 >< 81", kTcp80, "block"},
    {"block in proto tcp from any to any port 70 >< 80", kTcp80, "nomatch"},
    {"block in proto tcp from any to any port 80 <> 90", kTcp80, "nomatch"},
    {"block in proto tcp from any to any port 81 <> 90", kTcp80, "block"},
    {"block in proto tcp from any to any port 70 <> 80", kTcp80, "nomatch"},
    {"block in proto tcp from any to any port 80:90", kTcp80, "block"},
    {"block in proto tcp from any to any port 70:80", kTcp80, "block"},
    {"block in proto tcp from any to any port 81:90", kTcp80, "nomatch"},

    // Flags: the default mask has neither ECE nor CWR.
    {"block in proto tcp all flags S", kTcp80, "block"},
    {"block in proto tcp all flags S", "in on em0 tcp 10.0.0.1,1 10.0.0.2,80 SEC", "block"},
    {"block in proto tcp all flags S", "in on em0 tcp 10.0.0.1,1 10.0.0.2,80 SA", "nomatch"},
    {"block in proto tcp all flags S/SA", "in on em0 tcp 10.0.0.1,1 10.0.0.2,80 SP", "block"},
    {"block in proto tcp all flags /SAP", "in on em0 tcp 10.0.0.1,1 10.0.0.2,80 F", "block"},
    {"block in proto tcp all flags /SAP", kTcp80, "nomatch"},
    {"block in proto tcp all flags SC/SC", "in on em0 tcp 10.0.0.1,1 10.0.0.2,80 SC", "block"},
    {"block in proto tcp all flags SC/SC", kTcp80, "nomatch"},

    // ICMP.
    {"block in proto icmp all icmp-type echo", kEcho, "block"},
    {"block in proto icmp all icmp-type echorep", kEcho, "nomatch"},
    {"block in proto icmp all icmp-type unreach code 3", "in icmp 1.1.1.1 2.2.2.2 unreach,3",
     "block"},
    {"block in proto icmp all icmp-type unreach code 3", "in icmp 1.1.1.1 2.2.2.2 unreach,1",
     "nomatch"},
    {"block in proto ipv6-icmp all icmp-type echo", "in6 ipv6-icmp ::1 ::2 echo", "block"},
    {"block in proto icmp all icmp-type echorep", "in icmp 1.1.1.1 2.2.2.2 body=1", "nomatch"},

    // Fragments: what is not the first has no ports, flags or types.
    {"block in all with frag", kTcp80, "nomatch"},
    {"block in all with frag", "in tcp 10.0.0.1,1 10.0.0.2,80 S mf", "block"},
    {"block in all with frags", kBody, "block"},
    {"block in all with frag-body", kBody, "block"},
    {"block in all with frag-body", "in tcp 10.0.0.1,1 10.0.0.2,80 S mf", "nomatch"},
    {"block in all with not frag", kBody, "nomatch"},
    {"block in proto tcp all", kBody, "block"},
    {"block in proto tcp from any to any port = 80", kBody, "nomatch"},
    {"block in proto tcp from any to any port = 0", kBody, "nomatch"},
    {"block in proto tcp all flags 0/S", kBody, "nomatch"},
    {"block in proto tcp from any to any port = 80", "in tcp 10.0.0.1,1 10.0.0.2,80 S mf", "block"},
    {"block in proto icmp all icmp-type echorep", "in icmp 1.1.1.1 2.2.2.2 off=8 len=9", "nomatch"},
    {"block in all with frag", "in6 udp ::1,1 ::2,2 mf id=7", "block"},

    // short: a fragment that begins inside the transport header.
    {"block in all with short", kBody, "nomatch"},
    {"block in proto tcp all with short", "in tcp 1.1.1.1,1 2.2.2.2,2 off=16 len=8", "block"},
    {"block in proto tcp all with short", "in tcp 1.1.1.1,1 2.2.2.2,2 off=24 len=8", "nomatch"},
    {"block in all with short", "in udp 1.1.1.1,1 2.2.2.2,2 off=8 len=8", "nomatch"},
    {"block in all with short", "in icmp 1.1.1.1 2.2.2.2 echo body=7", "block"},
    {"block in all with short", "in icmp 1.1.1.1 2.2.2.2 echo body=8", "nomatch"},
    {"block in all with short", "in icmp 1.1.1.1 2.2.2.2 timest body=19", "block"},
    {"block in all with short", "in icmp 1.1.1.1 2.2.2.2 timest body=20", "nomatch"},
    {"block in all with short", "in icmp 1.1.1.1 2.2.2.2 maskreq body=11", "block"},
    {"block in all with short", "in icmp 1.1.1.1 2.2.2.2 maskreq body=12", "nomatch"},

    // ipopts: a long header, even of nops; opt wants all, not opt none.
    {"block in all with ipopts", kTcp80, "nomatch"},
    {"block in all with ipopts", "in udp 1.1.1.1,1 2.2.2.2,2 opt nop", "block"},
    {"block in all with opt rr", "in udp 1.1.1.1,1 2.2.2.2,2 opt rr,nop", "block"},
    {"block in all with opt rr,ts", "in udp 1.1.1.1,1 2.2.2.2,2 opt rr", "nomatch"},
    {"block in all with opt rr,ts", "in udp 1.1.1.1,1 2.2.2.2,2 opt ts,rr", "block"},
    {"block in all with not opt rr,ts", "in udp 1.1.1.1,1 2.2.2.2,2 opt rr", "nomatch"},
    {"block in all with not opt rr,ts", "in udp 1.1.1.1,1 2.2.2.2,2 opt lsrr", "block"},
    {"block in all with ipopts frag", "in udp 1.1.1.1,1 2.2.2.2,2 opt rr", "nomatch"},
    {"block in all with ipopts frag", "in udp 1.1.1.1,1 2.2.2.2,2 opt rr mf", "block"},

    // bad.
    {"block in all with bad", "in tcp 1.1.1.1,1 2.2.2.2,2 A", "nomatch"},
    {"block in all with bad", "in tcp 1.1.1.1,1 2.2.2.2,2 UA urp=0", "block"},
    {"block in all with bad", "in tcp 1.1.1.1,1 2.2.2.2,2 UA urp=1", "nomatch"},
    {"block in all with bad", "in tcp 1.1.1.1,1 2.2.2.2,2 SR", "block"},
    {"block in all with bad", "in tcp 1.1.1.1,1 2.2.2.2,2 FR", "block"},
    {"block in all with bad", "in tcp 1.1.1.1,1 2.2.2.2,2 FRA", "nomatch"},
    {"block in all with bad", "in tcp 1.1.1.1,1 2.2.2.2,2 SAU", "block"},
    {"block in all with bad", "in tcp 1.1.1.1,1 2.2.2.2,2 SAP", "block"},
    {"block in all with bad", "in tcp 1.1.1.1,1 2.2.2.2,2", "block"},
    {"block in all with bad", "in tcp 1.1.1.1,1 2.2.2.2,2 SF", "block"},
    {"block in all with bad", "in tcp 1.1.1.1,1 2.2.2.2,2 RP", "block"},
    {"block in all with bad", "in tcp 1.1.1.1,1 2.2.2.2,2 RU", "block"},
    {"block in all with bad", "in tcp 1.1.1.1,1 2.2.2.2,2 SFA", "nomatch"},
    {"block in all with bad", "in tcp 1.1.1.1,1 2.2.2.2,2 R", "nomatch"},
    {"block in all with bad", "in icmp 1.1.1.1 2.2.2.2 unreach for udp 2.2.2.2,1 3.3.3.3,3",
     "nomatch"},
    {"block in all with bad", "in icmp 1.1.1.1 2.2.2.2 unreach for udp 9.9.9.9,1 3.3.3.3,3",
     "block"},
    {"block in all with bad", "in icmp 1.1.1.1 2.2.2.2 unreach body=8", "block"},
    {"block in all with bad", "in udp 1.1.1.1,1 2.2.2.2,2 off=65528 len=64", "block"},
    {"block in all with bad", "in udp 1.1.1.1,1 2.2.2.2,2 off=8 len=9 mf", "block"},

    // The rest.
    {"block in all with lowttl", "in udp 1.1.1.1,1 2.2.2.2,2 ttl=3", "block"},
    {"block in all with lowttl", "in udp 1.1.1.1,1 2.2.2.2,2 ttl=4", "nomatch"},
    {"block out all with lowttl", "out udp 1.1.1.1,1 2.2.2.2,2 ttl=3", "nomatch"},
    {"block in all with multicast", "in udp 1.1.1.1,1 224.0.0.5,2", "block"},
    {"block in all with multicast", "in6 udp ::1,1 ff02::1,2", "block"},
    {"block in all with mbcast", "in udp 1.1.1.1,1 255.255.255.255,2", "block"},
    {"block in all with bcast", "in udp 1.1.1.1,1 224.0.0.5,2", "nomatch"},
    {"block in all with nat", kUdp53, "nomatch"},
};

INSTANTIATE_TEST_SUITE_P(Rules, Matching, testing::ValuesIn(kCases));

TEST(HeaderChecks, DropFirstFragmentsThatDoNotHoldTheirHeader) {
  for (const auto* text :
       {"in tcp 1.1.1.1,1 2.2.2.2,2 S body=19", "in tcp 1.1.1.1,1 2.2.2.2,2 S mf body=16",
        "in udp 1.1.1.1,1 2.2.2.2,2 body=7", "in6 tcp ::1,1 ::2,2 S body=8"}) {
    EXPECT_TRUE(std::holds_alternative<packet::NotAPacket>(parsed_packet(text))) << text;
  }
  for (const auto* text : {"in tcp 1.1.1.1,1 2.2.2.2,2 S body=20", "in udp 1.1.1.1,1 2.2.2.2,2",
                           "in icmp 1.1.1.1 2.2.2.2 echo body=3"}) {
    EXPECT_TRUE(std::holds_alternative<packet::Packet>(parsed_packet(text))) << text;
  }
}

}  // namespace
}  // namespace tunnel::filter::test
