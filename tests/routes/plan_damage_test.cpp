// What others do to our routes, addresses and devices, and what is left of theirs.

#include "tests/routes/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::routes {
namespace {

using samples::address;
using samples::labs;
using samples::network;
using samples::wanted;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(Plan, RaisesALinkThatWasSetDownAndPutsItsRoutesBack) {
  kernel.add_tun("tun0");
  reconcile(wanted({labs()}));
  kernel.set_down("tun0");
  EXPECT_THAT(reconcile(wanted({labs()})),
              ElementsAre("link set dev tun0 up",
                          "route add 10.224.1.2/32 dev tun0 proto 84 metric 50 src 10.224.1.1",
                          "route add 192.168.253.0/24 dev tun0 proto 84 metric 50 src 10.224.1.1",
                          "route add 172.16.1.0/24 dev tun0 proto 84 metric 50 src 10.224.1.1"));
}

TEST_F(Plan, PutsBackARouteThatSomebodyDeleted) {
  kernel.add_tun("tun0");
  reconcile(wanted({labs()}));
  std::erase_if(kernel.routes, [](const Route& route) {
    return route.to == network("172.16.1.0/24") && route.type == RouteType::Unicast;
  });
  EXPECT_THAT(reconcile(wanted({labs()})),
              ElementsAre("route add 172.16.1.0/24 dev tun0 proto 84 metric 50 src 10.224.1.1"));
}

TEST_F(Plan, PutsBackAGuardThatSomebodyDeleted) {
  kernel.add_tun("tun0");
  reconcile(wanted({labs()}));
  std::erase_if(kernel.routes,
                [](const Route& route) { return route.type == RouteType::Unreachable; });
  EXPECT_EQ(reconcile(wanted({labs()})).size(), 3U);
}

TEST_F(Plan, TurnsAGuardThatSomebodyMadeARouteIntoAGuardAgain) {
  kernel.add_tun("tun0").up = true;
  kernel.routes.push_back(Route{.to = network("192.168.253.0/24"),
                                .metric = kGuardMetric,
                                .device = kernel.links.front().index});
  Wanted want;
  want.guarded = {network("192.168.253.0/24")};
  EXPECT_THAT(reconcile(want), ElementsAre("route replace unreachable 192.168.253.0/24 proto 84 "
                                           "metric 2147483647"));
}

TEST_F(Plan, RemovesStrangeAddressesFromOurInterface) {
  auto& link = kernel.add_tun("tun0");
  kernel.addresses.push_back(Address{.device = link.index,
                                     .local = address("192.0.2.1"),
                                     .peer = address("192.0.2.1"),
                                     .length = 24});
  const auto lines = reconcile(wanted({labs()}));
  EXPECT_EQ(lines.back(), "address delete 192.0.2.1/24 dev tun0");
}

// 10.224.1.1/24 without a peer is not 10.224.1.1 peer 10.224.1.2.
TEST_F(Plan, DoesNotMistakeASubnetForAPeer) {
  auto& link = kernel.add_tun("tun0");
  kernel.addresses.push_back(Address{.device = link.index,
                                     .local = address("10.224.1.1"),
                                     .peer = address("10.224.1.1"),
                                     .length = 24});
  const auto lines = reconcile(wanted({labs()}));
  EXPECT_THAT(lines, testing::Contains("address add 10.224.1.1 peer 10.224.1.2/32 dev tun0"));
  EXPECT_EQ(lines.back(), "address delete 10.224.1.1/24 dev tun0");
}

TEST_F(Plan, RemovesAnAbandonedTunOfOursAndNoOther) {
  kernel.add_tun("tun7").alias = "tunneld:gone";
  kernel.add_tun("tun8").alias = "openvpn";
  kernel.add_tun("tun9");
  auto& bridge = kernel.add_tun("br0");
  bridge.alias = "tunneld:not-a-tun";
  bridge.tun = false;
  EXPECT_THAT(reconcile(Wanted{}), ElementsAre("link delete dev tun7"));
}

TEST_F(Plan, DoesNotTouchADeviceOfTheWantedNameThatIsNoTun) {
  kernel.add_tun("tun0").tun = false;
  auto want = wanted({labs()});
  want.forwarding = Forwarding::LeaveAlone;
  for (const auto& line : reconcile(want)) {
    EXPECT_THAT(line, testing::StartsWith("route add unreachable"));
  }
}

TEST_F(Plan, LeavesSomebodyElsesRouteOfTheSameMetric) {
  kernel.add_tun("tun0");
  auto& uplink = kernel.add_tun("eth0");
  uplink.tun = false;
  uplink.up = true;
  const Route theirs{
      .to = network("192.168.253.0/24"), .metric = 50, .protocol = 4, .device = uplink.index};
  kernel.routes.push_back(theirs);
  const auto want = wanted({labs()});
  EXPECT_THAT(reconcile(want),
              testing::Not(testing::Contains(testing::HasSubstr("192.168.253.0/24 dev tun0"))));
  EXPECT_THAT(kernel.routes, testing::Contains(theirs));
  EXPECT_THAT(reconcile(want), IsEmpty());
}

TEST_F(Plan, MakesOurRouteBesideSomebodyElsesOfAnotherMetric) {
  kernel.add_tun("tun0");
  auto& uplink = kernel.add_tun("eth0");
  uplink.tun = false;
  uplink.up = true;
  kernel.routes.push_back(
      Route{.to = network("192.168.253.0/24"), .protocol = 4, .device = uplink.index});
  EXPECT_THAT(reconcile(wanted({labs()})),
              testing::Contains("route add 192.168.253.0/24 dev tun0 proto 84 metric 50 "
                                "src 10.224.1.1"));
}

}  // namespace
}  // namespace tunnel::routes
