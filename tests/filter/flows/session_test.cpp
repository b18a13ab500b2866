// Which rule of ipnat.rules has translated a flow.

#include "filter/flows/session.hpp"

#include "tests/filter/flows/samples.hpp"
#include "tests/filter/rule_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::filter::flows {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

bool em0_has_4(const InterfaceName& interface, Ipv4Address address) {
  return interface.str() == "em0" && address.str() == "192.168.253.4";
}

std::vector<Session> sessions(const std::string& rules, const Flow& flow) {
  return sessions_of(flow, NatRules{lists_of(rules)}, em0_has_4);
}

/// The numbers of the rules.
std::vector<unsigned> rules_of(const std::string& rules, const Flow& flow) {
  std::vector<unsigned> numbers;
  for (const auto& session : sessions(rules, flow)) numbers.push_back(session.rule);
  return numbers;
}

const auto kTelnet = ends("192.168.1.215", 3936, "192.168.253.1", 23);
const auto kTelnetOutside = ends("192.168.253.4", 40001, "192.168.253.1", 23);

TEST(SessionsOf, AFlowThatIsNotTranslatedAreNone) {
  EXPECT_THAT(sessions("map em0 any -> 0/32", flow(kTelnet, kTelnet)), IsEmpty());
}

TEST(SessionsOf, AMapHaveTheInsideTheOutsideAndThePeer) {
  const auto found =
      sessions("map em0 192.168.1.0/24 -> 192.168.253.4/32", flow(kTelnet, kTelnetOutside));
  const Session expected{
      NatRule::Kind::Map,  1, 6, kTelnet.source, 3936, kTelnetOutside.source, 40001,
      kTelnet.destination, 23};
  EXPECT_THAT(found, ElementsAre(expected));
}

TEST(SessionsOf, ARdrHaveTheRealServerAsTheInside) {
  const auto came = ends("192.168.253.2", 1234, "192.168.253.3", 53);
  const auto left = ends("192.168.253.2", 1234, "192.168.1.6", 53);
  const auto found =
      sessions("rdr em0 192.168.253.3/32 port 53 -> 192.168.1.6 port 53 tcp", flow(came, left));
  const Session expected{NatRule::Kind::Rdr, 1,   6, left.destination, 53, came.destination, 53,
                         came.source,        1234};
  EXPECT_THAT(found, ElementsAre(expected));
}

TEST(SessionsOf, TheReferencePolicyAreNumberedInTheOrderOfItsFile) {
  const auto rules = test::rule_file("ipnat.rules");
  EXPECT_THAT(rules_of(rules, flow(kTelnet, kTelnetOutside)), ElementsAre(1));

  auto ping = flow(ends("192.168.1.215", 7, "192.168.253.1", 7),
                   ends("192.168.253.4", 7, "192.168.253.1", 7));
  ping.protocol = 1;  // portmap tcp/udp is not for it
  EXPECT_THAT(rules_of(rules, ping), ElementsAre(2));

  const auto sql = flow(ends("192.168.1.215", 3937, "172.16.1.100", 1433),
                        ends("172.16.1.4", 40002, "172.16.1.100", 1433));
  EXPECT_THAT(rules_of(rules, sql), ElementsAre(3));

  const auto transfer = flow(ends("192.168.253.2", 1234, "192.168.253.3", 53),
                             ends("192.168.253.2", 1234, "192.168.1.6", 53));
  EXPECT_THAT(rules_of(rules, transfer), ElementsAre(5));
}

TEST(SessionsOf, BothEndsAreTwo) {
  const auto came = ends("192.168.1.215", 3936, "203.0.113.1", 80);
  const auto left = ends("192.168.253.4", 40001, "192.168.253.1", 8080);
  const auto found = sessions(
      "map em0 192.168.1.0/24 -> 192.168.253.4/32\n"
      "rdr tun0 203.0.113.1/32 port 80 -> 192.168.253.1 port 8080\n",
      flow(came, left));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].kind, NatRule::Kind::Rdr);
  EXPECT_EQ(found[0].rule, 2U);
  EXPECT_EQ(found[1].kind, NatRule::Kind::Map);
  EXPECT_EQ(found[1].rule, 1U);
  EXPECT_EQ(found[1].peer, left.destination);
}

TEST(SessionsOf, TheLongestMaskComeFirst) {
  const auto* rules =
      "map em0 192.168.0.0/16 -> 192.168.253.4/32\n"
      "map em0 192.168.1.0/24 -> 192.168.253.4/32\n";
  EXPECT_THAT(rules_of(rules, flow(kTelnet, kTelnetOutside)), ElementsAre(2));
}

TEST(SessionsOf, TheInterfacesOwnAddressAskForIt) {
  EXPECT_THAT(rules_of("map em1 any -> 0/32\nmap em0 any -> 0/32\n", flow(kTelnet, kTelnetOutside)),
              ElementsAre(2));
}

TEST(SessionsOf, APortOutsideThePortmapAreAnotherRules) {
  const auto* rules =
      "map em0 192.168.1.0/24 -> 192.168.253.4/32 portmap tcp/udp 10000:20000\n"
      "map em0 192.168.1.0/24 -> 192.168.253.4/32 portmap tcp/udp 40000:50000\n";
  EXPECT_THAT(rules_of(rules, flow(kTelnet, kTelnetOutside)), ElementsAre(2));
}

TEST(SessionsOf, TheFtpProxyAreThoseToItsPort) {
  const auto* rules =
      "map em0 192.168.1.0/24 -> 192.168.253.4/32 proxy port ftp ftp/tcp\n"
      "map em0 192.168.1.0/24 -> 192.168.253.4/32\n";
  EXPECT_THAT(rules_of(rules, flow(kTelnet, kTelnetOutside)), ElementsAre(2));
  auto came = kTelnet;
  auto left = kTelnetOutside;
  came.destination_port = left.destination_port = 21;
  EXPECT_THAT(rules_of(rules, flow(came, left)), ElementsAre(1));
}

TEST(SessionsOf, ABimapAreOneRuleBothWays) {
  const auto* rules = "bimap em0 192.168.1.0/24 -> 10.9.8.0/24";
  const auto out = sessions(rules, flow(ends("192.168.1.7", 1, "192.168.253.1", 2),
                                        ends("10.9.8.7", 1, "192.168.253.1", 2)));
  const auto in = sessions(rules, flow(ends("192.168.253.1", 2, "10.9.8.7", 1),
                                       ends("192.168.253.1", 2, "192.168.1.7", 1)));
  EXPECT_EQ(out, in);
  ASSERT_EQ(in.size(), 1U);
  EXPECT_EQ(in[0].kind, NatRule::Kind::Bimap);
  EXPECT_EQ(in[0].rule, 1U);
  EXPECT_EQ(rules_of(rules, flow(ends("192.168.1.7", 1, "192.168.253.1", 2),
                                 ends("10.9.8.8", 1, "192.168.253.1", 2))),
            std::vector<unsigned>{0});
}

TEST(SessionsOf, ARedirectedRangeFollowThePort) {
  const auto* rules = "rdr em0 10.0.0.1/32 port 5000-5009 -> 10.0.0.2 port 6000 tcp";
  const auto redirected = [&](std::uint16_t from, std::uint16_t to) {
    return rules_of(
        rules, flow(ends("10.1.0.1", 9, "10.0.0.1", from), ends("10.1.0.1", 9, "10.0.0.2", to)));
  };
  EXPECT_THAT(redirected(5003, 6003), ElementsAre(1));
  EXPECT_THAT(redirected(5003, 6000), ElementsAre(0));
}

TEST(SessionsOf, NoRuleAreNumberZero) {
  EXPECT_THAT(rules_of("", flow(kTelnet, kTelnetOutside)), ElementsAre(0));
}

}  // namespace
}  // namespace tunnel::filter::flows
