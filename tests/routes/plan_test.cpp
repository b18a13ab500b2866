#include "tests/routes/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::routes {
namespace {

using samples::address;
using samples::depot;
using samples::labs;
using samples::name;
using samples::network;
using samples::wanted;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(Plan, ForOneSiteFromNothingGuardsFirstAndRoutesLast) {
  kernel.add_tun("tun0");
  EXPECT_THAT(
      reconcile(wanted({labs()})),
      ElementsAre("route add unreachable 192.168.253.0/24 proto 84 metric 2147483647",
                  "route add unreachable 172.16.1.0/24 proto 84 metric 2147483647",
                  "route add unreachable 10.224.1.2/32 proto 84 metric 2147483647",
                  "sysctl net.ipv4.ip_forward=1", "link set dev tun0 alias tunneld:labs",
                  "sysctl net.ipv4.conf.tun0.ignore_routes_with_linkdown=1",
                  "sysctl net.ipv4.conf.tun0.forwarding=1", "link set dev tun0 addrgenmode none",
                  "address add 10.224.1.1 peer 10.224.1.2/32 dev tun0", "link set dev tun0 up",
                  "route add 10.224.1.2/32 dev tun0 proto 84 metric 50 src 10.224.1.1",
                  "route add 192.168.253.0/24 dev tun0 proto 84 metric 50 src 10.224.1.1",
                  "route add 172.16.1.0/24 dev tun0 proto 84 metric 50 src 10.224.1.1"));
}

TEST_F(Plan, IsEmptyOnceApplied) {
  kernel.add_tun("tun0");
  kernel.add_tun("tun1");
  const auto want = wanted({labs(), depot()});
  reconcile(want);
  EXPECT_THAT(reconcile(want), IsEmpty());
}

TEST_F(Plan, WithoutTheDeviceGuardsTheNetworks) {
  auto want = wanted({labs()});
  want.forwarding = Forwarding::LeaveAlone;
  EXPECT_THAT(reconcile(want),
              ElementsAre("route add unreachable 192.168.253.0/24 proto 84 metric 2147483647",
                          "route add unreachable 172.16.1.0/24 proto 84 metric 2147483647",
                          "route add unreachable 10.224.1.2/32 proto 84 metric 2147483647"));
  EXPECT_THAT(missing(want, kernel.read(want)), ElementsAre(name("tun0")));
}

TEST_F(Plan, GuardsWithoutAnyInterface) {
  Wanted want;
  want.guarded = {network("192.168.253.0/24")};
  EXPECT_THAT(reconcile(want),
              ElementsAre("route add unreachable 192.168.253.0/24 proto 84 metric 2147483647"));
  EXPECT_THAT(reconcile(want), IsEmpty());
}

TEST_F(Plan, RemovesASiteWithItsGuardsLast) {
  kernel.add_tun("tun0");
  reconcile(wanted({labs()}));
  EXPECT_THAT(reconcile(wanted({})),
              ElementsAre("route delete 10.224.1.2/32 dev tun0 proto 84 metric 50 src 10.224.1.1",
                          "route delete 192.168.253.0/24 dev tun0 proto 84 metric 50 "
                          "src 10.224.1.1",
                          "route delete 172.16.1.0/24 dev tun0 proto 84 metric 50 src 10.224.1.1",
                          "link delete dev tun0",
                          "route delete unreachable 192.168.253.0/24 proto 84 metric 2147483647",
                          "route delete unreachable 172.16.1.0/24 proto 84 metric 2147483647",
                          "route delete unreachable 10.224.1.2/32 proto 84 metric 2147483647"));
  EXPECT_THAT(kernel.routes, IsEmpty());
  EXPECT_THAT(kernel.links, IsEmpty());
  EXPECT_THAT(kernel.addresses, IsEmpty());
}

TEST_F(Plan, LeavesTheOtherSiteAloneWhenOneIsRemoved) {
  kernel.add_tun("tun0");
  kernel.add_tun("tun1");
  reconcile(wanted({labs(), depot()}));
  for (const auto& line : reconcile(wanted({labs()}))) {
    EXPECT_THAT(line, testing::AnyOf(testing::HasSubstr("tun1"), testing::HasSubstr("192.168.77."),
                                     testing::HasSubstr("10.224.1.6")));
  }
}

TEST_F(Plan, KeepsTheGuardsOfASiteWhoseDeviceIsWithdrawn) {
  kernel.add_tun("tun0");
  reconcile(wanted({labs()}));
  kernel.remove("tun0");
  Wanted want;
  samples::guard(want, labs());
  EXPECT_THAT(reconcile(want), IsEmpty());
  EXPECT_EQ(kernel.routes.size(), 3U);
}

// A crash leaves guards; the kernel took the routes with the device, and a new device has neither
// address nor settings.
TEST_F(Plan, AfterACrashCompletesWhatIsLeft) {
  kernel.add_tun("tun0");
  reconcile(wanted({labs()}));
  kernel.remove("tun0");
  kernel.add_tun("tun0").forwarding = true;
  EXPECT_THAT(
      reconcile(wanted({labs()})),
      ElementsAre("link set dev tun0 alias tunneld:labs",
                  "sysctl net.ipv4.conf.tun0.ignore_routes_with_linkdown=1",
                  "link set dev tun0 addrgenmode none",
                  "address add 10.224.1.1 peer 10.224.1.2/32 dev tun0", "link set dev tun0 up",
                  "route add 10.224.1.2/32 dev tun0 proto 84 metric 50 src 10.224.1.1",
                  "route add 192.168.253.0/24 dev tun0 proto 84 metric 50 src 10.224.1.1",
                  "route add 172.16.1.0/24 dev tun0 proto 84 metric 50 src 10.224.1.1"));
}

// A bridge that outlived tunneld keeps the device and all that hangs on it.
TEST_F(Plan, AfterACrashWithALivingBridgeChangesNothing) {
  kernel.add_tun("tun0");
  reconcile(wanted({labs()}));
  EXPECT_THAT(reconcile(wanted({labs()})), IsEmpty());
}

TEST_F(Plan, RemovesRoutesOfASiteThatWasDroppedWhileWeWereAway) {
  kernel.add_tun("tun0");
  kernel.routes.push_back(
      Route{.to = network("10.9.0.0/16"), .type = RouteType::Unreachable, .metric = kGuardMetric});
  EXPECT_THAT(reconcile(Wanted{}),
              ElementsAre("route delete unreachable 10.9.0.0/16 proto 84 metric 2147483647"));
}

TEST_F(Plan, ReplacesOnlyTheNetworksThatChanged) {
  kernel.add_tun("tun0");
  reconcile(wanted({labs()}));
  auto changed = labs();
  changed.networks = {network("192.168.253.0/24"), network("172.16.2.0/24")};
  EXPECT_THAT(reconcile(wanted({changed})),
              ElementsAre("route add unreachable 172.16.2.0/24 proto 84 metric 2147483647",
                          "route add 172.16.2.0/24 dev tun0 proto 84 metric 50 src 10.224.1.1",
                          "route delete 172.16.1.0/24 dev tun0 proto 84 metric 50 src 10.224.1.1",
                          "route delete unreachable 172.16.1.0/24 proto 84 metric 2147483647"));
}

TEST_F(Plan, WithdrawsTheRoutesAndKeepsTheAddress) {
  kernel.add_tun("tun0");
  auto want = wanted({labs()});
  reconcile(want);
  want.interfaces.front().networks.clear();
  want.guarded = {Prefix::host(labs().ipv4->peer)};
  EXPECT_THAT(reconcile(want),
              ElementsAre("route delete 192.168.253.0/24 dev tun0 proto 84 metric 50 "
                          "src 10.224.1.1",
                          "route delete 172.16.1.0/24 dev tun0 proto 84 metric 50 src 10.224.1.1",
                          "route delete unreachable 192.168.253.0/24 proto 84 metric 2147483647",
                          "route delete unreachable 172.16.1.0/24 proto 84 metric 2147483647"));
}

TEST_F(Plan, SetsAChangedMtuAndNothingElse) {
  kernel.add_tun("tun0");
  reconcile(wanted({labs()}));
  auto changed = labs();
  changed.mtu = Mtu{1400};
  EXPECT_THAT(reconcile(wanted({changed})), ElementsAre("link set dev tun0 mtu 1400"));
}

TEST_F(Plan, SetsAChangedAlias) {
  kernel.add_tun("tun0");
  reconcile(wanted({labs()}));
  auto changed = labs();
  changed.alias = "tunneld:laboratory";
  EXPECT_THAT(reconcile(wanted({changed})),
              ElementsAre("link set dev tun0 alias tunneld:laboratory"));
}

TEST_F(Plan, MakesRoutesOfANewMetricBeforeItDropsTheOldOnes) {
  kernel.add_tun("tun0");
  auto site = labs();
  site.networks.resize(1);
  reconcile(wanted({site}));
  site.metric = 70;
  EXPECT_THAT(reconcile(wanted({site})),
              ElementsAre("route add 10.224.1.2/32 dev tun0 proto 84 metric 70 src 10.224.1.1",
                          "route add 192.168.253.0/24 dev tun0 proto 84 metric 70 src 10.224.1.1",
                          "route delete 10.224.1.2/32 dev tun0 proto 84 metric 50 src 10.224.1.1",
                          "route delete 192.168.253.0/24 dev tun0 proto 84 metric 50 "
                          "src 10.224.1.1"));
}

TEST_F(Plan, MovesToANewAddressWithoutAMomentBetween) {
  kernel.add_tun("tun0");
  auto site = labs();
  site.networks.resize(1);
  reconcile(wanted({site}));
  site.ipv4->local = address("10.224.1.9");
  EXPECT_THAT(
      reconcile(wanted({site})),
      ElementsAre("address add 10.224.1.9 peer 10.224.1.2/32 dev tun0",
                  "route replace 10.224.1.2/32 dev tun0 proto 84 metric 50 src 10.224.1.9",
                  "route replace 192.168.253.0/24 dev tun0 proto 84 metric 50 src 10.224.1.9",
                  "address delete 10.224.1.1 peer 10.224.1.2/32 dev tun0"));
}

TEST_F(Plan, GuardsANewPeerBeforeItHasARoute) {
  kernel.add_tun("tun0");
  auto site = labs();
  site.networks.clear();
  reconcile(wanted({site}));
  site.ipv4->peer = address("10.224.1.4");
  EXPECT_THAT(reconcile(wanted({site})),
              ElementsAre("route add unreachable 10.224.1.4/32 proto 84 metric 2147483647",
                          "address add 10.224.1.1 peer 10.224.1.4/32 dev tun0",
                          "route add 10.224.1.4/32 dev tun0 proto 84 metric 50 src 10.224.1.1",
                          "route delete 10.224.1.2/32 dev tun0 proto 84 metric 50 src 10.224.1.1",
                          "address delete 10.224.1.1 peer 10.224.1.2/32 dev tun0",
                          "route delete unreachable 10.224.1.2/32 proto 84 metric 2147483647"));
}

TEST_F(Plan, MovesANetworkToAnotherTunnelByReplacingItsRoute) {
  kernel.add_tun("tun0");
  kernel.add_tun("tun1");
  auto first = labs();
  auto second = depot();
  reconcile(wanted({first, second}));
  second.networks.push_back(first.networks.back());
  first.networks.pop_back();
  EXPECT_THAT(reconcile(wanted({first, second})),
              ElementsAre("route replace 172.16.1.0/24 dev tun1 proto 84 metric 50 "
                          "src 10.224.1.1"));
}

TEST_F(Plan, LeavesForwardingAloneWhenAskedTo) {
  kernel.add_tun("tun0");
  auto want = wanted({labs()});
  want.forwarding = Forwarding::LeaveAlone;
  reconcile(want);
  EXPECT_FALSE(kernel.ip_forward);
  EXPECT_FALSE(kernel.links.front().forwarding);
}

TEST_F(Plan, SwitchesForwardingOnForADeviceMadeWithoutIt) {
  kernel.ip_forward = true;
  kernel.add_tun("tun0");
  const auto lines = reconcile(wanted({labs()}));
  EXPECT_THAT(lines, testing::Contains("sysctl net.ipv4.conf.tun0.forwarding=1"));
  EXPECT_THAT(lines, testing::Not(testing::Contains("sysctl net.ipv4.ip_forward=1")));
}

// The kernel's own route to the peer has metric 0, and takes 0 to mean 1024 in IPv6.
TEST_F(Plan, WithMetricZeroComesToRest) {
  kernel.add_tun("tun0");
  auto site = labs();
  site.metric = 0;
  site.link_local = samples::address6("fe80::1");
  site.networks.push_back(network("2001:db8:1::/48"));
  const auto lines = reconcile(wanted({site}));
  EXPECT_THAT(lines, testing::IsSupersetOf(
                         {"route add 10.224.1.2/32 dev tun0 proto 84 metric 1 src 10.224.1.1",
                          "route add 2001:db8:1::/48 dev tun0 proto 84 metric 1024"}));
  EXPECT_THAT(reconcile(wanted({site})), IsEmpty());
}

TEST_F(Plan, GivesANetworkWantedTwiceToTheFirst) {
  kernel.add_tun("tun0");
  kernel.add_tun("tun1");
  auto second = depot();
  second.networks = labs().networks;
  const auto want = wanted({labs(), second});
  reconcile(want);
  EXPECT_THAT(reconcile(want), IsEmpty());
}

}  // namespace
}  // namespace tunnel::routes
