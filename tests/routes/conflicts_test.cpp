#include "routes/conflicts.hpp"

#include "tests/routes/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::routes {
namespace {

using samples::address;
using samples::address6;
using samples::clinic;
using samples::depot;
using samples::labs;
using samples::network;
using samples::wanted;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kTun = 3;
constexpr int kLan = 2;

class Conflicts : public testing::Test {
 protected:
  Conflicts() {
    actual.links = {Link{.index = kLan, .name = "eth0", .up = true, .lower_up = true},
                    Link{.index = kTun, .name = "tun0", .tun = true, .up = true, .lower_up = true}};
  }

  void foreign(const char* to, std::uint32_t metric, int device = kLan) {
    actual.foreign.push_back(
        Route{.to = network(to), .metric = metric, .protocol = 4, .device = device});
  }

  std::vector<std::string> texts(const Wanted& want) const {
    std::vector<std::string> all;
    for (const auto& conflict : conflicts(want, actual)) all.push_back(conflict.text);
    return all;
  }

  /// labs() with routes that are withdrawn for a backup path when the link is down.
  static Wanted unguarded() {
    auto want = wanted({labs()});
    want.guarded.clear();
    return want;
  }

  Actual actual;
};

std::vector<InterfaceName> names(const std::vector<const char*>& texts) {
  std::vector<InterfaceName> all;
  for (const auto* text : texts) all.push_back(*InterfaceName::parse(text));
  return all;
}

TEST_F(Conflicts, TakenIsWhatIsThereAndNotOurs) {
  const auto all = names({"tun0", "tun1", "eth0"});
  EXPECT_EQ(taken(all, {}, actual.links), names({"eth0", "tun0"})) << "another program's tun";
  // We hold its descriptor, and the alias is about to come.
  EXPECT_EQ(taken(all, wanted({labs()}), actual.links), names({"eth0"}));
  actual.links[1].alias = "tunneld:labs";
  EXPECT_EQ(taken(all, {}, actual.links), names({"eth0"}));
  // An alias alone makes nothing ours.
  actual.links[0].alias = "tunneld:labs";
  EXPECT_EQ(taken(all, {}, actual.links), names({"eth0"}));
  actual.links.clear();
  EXPECT_THAT(taken(all, {}, actual.links), IsEmpty());
}

TEST_F(Conflicts, AreNoneOnAnOrdinaryGateway) {
  actual.addresses = {
      {.device = kLan,
       .local = address("192.168.1.1"),
       .peer = address("192.168.1.1"),
       .length = 24},
      {.device = kTun, .local = address("10.224.1.1"), .peer = address("10.224.1.2")}};
  EXPECT_THAT(conflicts(wanted({labs()}), actual), IsEmpty());
}

TEST_F(Conflicts, TellOfABetterRoute) {
  foreign("192.168.253.0/24", 10);
  EXPECT_THAT(texts(unguarded()),
              ElementsAre("tun0: 192.168.253.0/24 has a route of somebody else, "
                          "\"192.168.253.0/24 dev eth0 proto static metric 10\", which is not "
                          "behind ours: remove it, or give the site a lower metric"));
  EXPECT_EQ(conflicts(unguarded(), actual).front().kind, Conflict::Kind::NetworkTaken);
  EXPECT_EQ(conflicts(unguarded(), actual).front().interface, "tun0");
}

TEST_F(Conflicts, TellOfARouteOfTheSameMetric) {
  foreign("192.168.253.0/24", 50);
  EXPECT_EQ(texts(unguarded()).size(), 1U);
}

TEST_F(Conflicts, AcceptAWorseRouteAsTheBackupOfAnUnguardedNetwork) {
  foreign("192.168.253.0/24", 51);
  EXPECT_THAT(texts(unguarded()), IsEmpty());
}

TEST_F(Conflicts, TellOfAWorseRouteThatDefeatsTheGuard) {
  foreign("192.168.253.0/24", 51);
  EXPECT_THAT(texts(wanted({labs()})),
              ElementsAre("tun0: 192.168.253.0/24 has a route of somebody else, "
                          "\"192.168.253.0/24 dev eth0 proto static metric 51\", which would take "
                          "its packets while the link is down: remove it"));
}

TEST_F(Conflicts, TellOfARouteThatDefeatsAGuardWithoutAnInterface) {
  Wanted want;
  want.guarded = {network("172.16.1.0/24")};
  foreign("172.16.1.0/24", 1000);
  ASSERT_EQ(conflicts(want, actual).size(), 1U);
  EXPECT_EQ(conflicts(want, actual).front().interface, "");
  EXPECT_THAT(texts(want).front(), testing::StartsWith("172.16.1.0/24 has a route"));
}

TEST_F(Conflicts, TellOfARouteToThePeer) {
  foreign("10.224.1.2/32", 0);
  EXPECT_EQ(texts(unguarded()).size(), 1U);
}

TEST_F(Conflicts, AcceptWhatGoesIntoTheTunnelWhoeverMadeIt) {
  foreign("192.168.253.0/24", 0, kTun);
  EXPECT_THAT(texts(wanted({labs()})), IsEmpty());
}

TEST_F(Conflicts, TellOfARouteIntoTheWrongTunnel) {
  actual.links.push_back(Link{.index = 4, .name = "tun1", .alias = "tunneld:depot", .tun = true});
  foreign("192.168.253.0/24", 0, 4);
  EXPECT_EQ(texts(wanted({labs(), depot()})).size(), 1U);
}

TEST_F(Conflicts, AcceptLargerAndSmallerNetworks) {
  foreign("192.168.0.0/16", 0);
  foreign("192.168.253.128/25", 0);
  actual.addresses = {{.device = kLan,
                       .local = address("172.16.0.1"),
                       .peer = address("172.16.0.1"),
                       .length = 16}};
  EXPECT_THAT(texts(wanted({labs()})), IsEmpty());
}

TEST_F(Conflicts, TellOnceOfASubnetAndItsConnectedRoute) {
  actual.addresses = {{.device = kLan,
                       .local = address("192.168.253.7"),
                       .peer = address("192.168.253.7"),
                       .length = 24}};
  foreign("192.168.253.0/24", 0);
  EXPECT_THAT(texts(wanted({labs()})),
              ElementsAre("tun0: 192.168.253.0/24 is also the network of eth0 "
                          "(192.168.253.7/24): one of the two must be renumbered"));
}

TEST_F(Conflicts, TellOfAnotherHolderOfTheLocalAddress) {
  actual.addresses = {{.device = kLan,
                       .local = address("10.224.1.1"),
                       .peer = address("10.224.1.1"),
                       .length = 24}};
  const auto found = conflicts(wanted({labs()}), actual);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().kind, Conflict::Kind::AddressTaken);
  EXPECT_EQ(found.front().text,
            "tun0: the local address 10.224.1.1 is already that of eth0: give the site another "
            "address, or remove that one");
}

TEST_F(Conflicts, TellWhenThePeersAddressIsOurs) {
  actual.addresses = {
      {.device = kLan, .local = address("10.224.1.2"), .peer = address("10.224.1.2")}};
  EXPECT_THAT(texts(wanted({labs()})),
              ElementsAre("tun0: the peer's address 10.224.1.2 is already that of eth0 on this "
                          "gateway: give the site another address, or remove that one"));
}

TEST_F(Conflicts, TellWhenThePeerIsSomebodyElsesPeer) {
  actual.addresses = {
      {.device = kLan, .local = address("10.9.9.9"), .peer = address("10.224.1.2")}};
  EXPECT_THAT(texts(wanted({labs()})),
              ElementsAre("tun0: the peer's address 10.224.1.2 is already that of the peer of "
                          "eth0: give the site another address, or remove that one"));
}

// A hub has one local address for all its links.
TEST_F(Conflicts, AcceptALocalAddressSharedByOurLinks) {
  actual.links.push_back(Link{.index = 4, .name = "tun1", .tun = true});
  actual.addresses = {{.device = kTun, .local = labs().ipv4->local, .peer = labs().ipv4->peer},
                      {.device = 4, .local = depot().ipv4->local, .peer = depot().ipv4->peer}};
  EXPECT_THAT(texts(wanted({labs(), depot()})), IsEmpty());
}

// A site that moved from tun0 to tun1: the plan removes tun0.
TEST_F(Conflicts, AcceptWhatALeftoverOfOursStillHolds) {
  actual.links.back().alias = "tunneld:labs";
  actual.addresses = {{.device = kTun, .local = labs().ipv4->local, .peer = labs().ipv4->peer}};
  actual.foreign = {
      Route{.to = Prefix::host(labs().ipv4->peer), .metric = 0, .protocol = 2, .device = kTun}};
  auto moved = labs();
  moved.name = samples::name("tun1");
  EXPECT_THAT(texts(wanted({moved})), IsEmpty());
}

TEST_F(Conflicts, TellOfADeviceOfTheNameThatIsNoTun) {
  actual.links.back().tun = false;
  const auto found = conflicts(wanted({labs()}), actual);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().kind, Conflict::Kind::InterfaceTaken);
  EXPECT_EQ(found.front().text,
            "tun0 exists and is no tun device: rename it, or give the site another interface");
}

class ConflictsIpv6 : public Conflicts {
 protected:
  ConflictsIpv6() {
    actual.links.back().name = "tun2";
    actual.links.back().ipv6 = Ipv6Settings{};
  }

  void add(const char* local, const char* peer, std::uint8_t length, int device = kLan) {
    actual.addresses.push_back(
        {.device = device, .local = address6(local), .peer = address6(peer), .length = length});
  }
};

TEST_F(ConflictsIpv6, AreNoneOnAnOrdinaryGateway) {
  add("2001:db8:7::1", "2001:db8:7::1", 64);
  add("fe80::1", "fe80::1", 64);
  add("fd00:224::1", "fd00:224::1", 128, kTun);
  foreign("::/0", 1024);
  EXPECT_THAT(texts(wanted({clinic()})), IsEmpty());
}

TEST_F(ConflictsIpv6, TellOfARouteThatDefeatsTheGuard) {
  foreign("2001:db8:44::/48", 1024);
  EXPECT_THAT(texts(wanted({clinic()})),
              ElementsAre("tun2: 2001:db8:44::/48 has a route of somebody else, "
                          "\"2001:db8:44::/48 dev eth0 proto static metric 1024\", which would "
                          "take its packets while the link is down: remove it"));
}

TEST_F(ConflictsIpv6, TellOfARouteToThePeer) {
  foreign("fd00:224::2/128", 1);
  EXPECT_EQ(texts(wanted({clinic()})).size(), 1U);
}

TEST_F(ConflictsIpv6, TellOfASubnet) {
  add("2001:db8:44::7", "2001:db8:44::7", 48);
  EXPECT_THAT(texts(wanted({clinic()})),
              ElementsAre("tun2: 2001:db8:44::/48 is also the network of eth0 "
                          "(2001:db8:44::7/48): one of the two must be renumbered"));
}

TEST_F(ConflictsIpv6, TellOfAnotherHolderOfTheLocalAddress) {
  add("fd00:224::1", "fd00:224::1", 64);
  EXPECT_THAT(texts(wanted({clinic()})),
              ElementsAre("tun2: the local address fd00:224::1 is already that of eth0: give the "
                          "site another address, or remove that one"));
}

TEST_F(ConflictsIpv6, TellWhenThePeersAddressIsOurs) {
  add("fd00:224::2", "fd00:224::2", 128);
  const auto found = conflicts(wanted({clinic()}), actual);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().kind, Conflict::Kind::AddressTaken);
  EXPECT_EQ(found.front().text,
            "tun2: the peer's address fd00:224::2 is already that of eth0 on this gateway: give "
            "the site another address, or remove that one");
}

TEST_F(ConflictsIpv6, TellWhenThePeerIsSomebodyElsesPeer) {
  add("fd00:9::9", "fd00:224::2", 128);
  EXPECT_THAT(texts(wanted({clinic()})),
              ElementsAre(testing::HasSubstr("fd00:224::2 is already that of the peer of eth0")));
}

TEST_F(ConflictsIpv6, TellOfAKernelWithoutItOnceAndNameTheSite) {
  actual.ipv6 = false;
  const auto found = conflicts(wanted({clinic()}), actual);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().kind, Conflict::Kind::NoIpv6);
  EXPECT_EQ(found.front().interface, "tun2");
  EXPECT_EQ(found.front().text,
            "tun2: the site wants IPv6, which this kernel runs without: boot it without "
            "ipv6.disable=1, or take IPv6 out of the profile");
}

TEST_F(ConflictsIpv6, SayNothingOfSuchAKernelWhereNobodyAskedForIt) {
  actual.ipv6 = false;
  auto site = labs();
  site.link_local = address6("fe80::1");  // the peer's wish, not the profile's
  EXPECT_THAT(texts(wanted({site, depot()})), IsEmpty());
}

TEST_F(ConflictsIpv6, TellOfAnMtuThatIsTooSmall) {
  auto site = clinic();
  site.mtu = Mtu{1279};
  EXPECT_THAT(texts(wanted({site})),
              ElementsAre("tun2: the site wants IPv6, which needs an MTU of 1280, and the link has "
                          "1279: raise \"mru\" on both gateways, or take IPv6 out of the profile"));
  site.mtu = Mtu{1280};
  EXPECT_THAT(texts(wanted({site})), IsEmpty());
}

TEST_F(Conflicts, EscapeTheNamesOfOtherInterfaces) {
  actual.links.front().name = "eth\n0";
  foreign("192.168.253.0/24", 0);
  EXPECT_THAT(texts(wanted({labs()})).front(), testing::HasSubstr("dev eth\\n0 proto"));
}

}  // namespace
}  // namespace tunnel::routes
