#include "routes/conflicts.hpp"

#include "tests/routes/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::routes {
namespace {

using samples::address;
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
  actual.addresses = {{.device = kTun, .local = labs().local, .peer = labs().peer},
                      {.device = 4, .local = depot().local, .peer = depot().peer}};
  EXPECT_THAT(texts(wanted({labs(), depot()})), IsEmpty());
}

// A site that moved from tun0 to tun1: the plan removes tun0.
TEST_F(Conflicts, AcceptWhatALeftoverOfOursStillHolds) {
  actual.links.back().alias = "tunneld:labs";
  actual.addresses = {{.device = kTun, .local = labs().local, .peer = labs().peer}};
  actual.foreign = {
      Route{.to = Prefix::host(labs().peer), .metric = 0, .protocol = 2, .device = kTun}};
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

TEST_F(Conflicts, EscapeTheNamesOfOtherInterfaces) {
  actual.links.front().name = "eth\n0";
  foreign("192.168.253.0/24", 0);
  EXPECT_THAT(texts(wanted({labs()})).front(), testing::HasSubstr("dev eth\\n0 proto"));
}

}  // namespace
}  // namespace tunnel::routes
