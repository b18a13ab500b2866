// Kernel and reconcile() against the real kernel, checked by what ip(8) says.

#include "routes/plan.hpp"
#include "routes/reconcile.hpp"
#include "tests/routes/kernel_fixture.hpp"
#include "tests/routes/private_network.hpp"
#include "tests/routes/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <optional>
#include <string>
#include <vector>

namespace tunnel::routes {
namespace {

using samples::address;
using samples::depot;
using samples::labs;
using samples::name;
using samples::network;
using samples::wanted;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

TEST_F(KernelTest, BringsUpASiteFromNothing) {
  const TestTun tun{"tun0"};
  reconciled(wanted({labs()}));
  EXPECT_THAT(
      lines_of("ip -4 route show table main"),
      UnorderedElementsAre("10.224.1.2 dev tun0 proto kernel scope link src 10.224.1.1",
                           "10.224.1.2 dev tun0 proto 84 scope link src 10.224.1.1 metric 50",
                           "192.168.253.0/24 dev tun0 proto 84 scope link src 10.224.1.1 metric 50",
                           "172.16.1.0/24 dev tun0 proto 84 scope link src 10.224.1.1 metric 50",
                           "unreachable 10.224.1.2 proto 84 metric 2147483647",
                           "unreachable 192.168.253.0/24 proto 84 metric 2147483647",
                           "unreachable 172.16.1.0/24 proto 84 metric 2147483647"));
  EXPECT_THAT(run("ip -4 address show dev tun0"), HasSubstr("inet 10.224.1.1 peer 10.224.1.2/32"));
  const auto link = run("ip link show dev tun0");
  EXPECT_THAT(link, HasSubstr("alias tunneld:labs"));
  EXPECT_THAT(link, HasSubstr("mtu 1500"));
  EXPECT_THAT(link, HasSubstr("UP,LOWER_UP"));
  EXPECT_EQ(run("sysctl -n net.ipv4.ip_forward"), "1");
  EXPECT_EQ(run("sysctl -n net.ipv4.conf.tun0.forwarding"), "1");
  EXPECT_EQ(run("sysctl -n net.ipv4.conf.tun0.ignore_routes_with_linkdown"), "1");
}

TEST_F(KernelTest, DoesNothingTheSecondTime) {
  const TestTun first{"tun0"};
  const TestTun second{"tun1"};
  const auto want = wanted({labs(), depot()});
  EXPECT_THAT(reconciled(want), Not(IsEmpty()));
  EXPECT_THAT(reconciled(want), IsEmpty());
  first.set_carrier(false);
  EXPECT_THAT(reconciled(want), IsEmpty());
}

TEST_F(KernelTest, RemovesEverythingOfASite) {
  const TestTun tun{"tun0"};
  reconciled(wanted({labs()}));
  reconciled(Wanted{});
  EXPECT_THAT(lines_of("ip route show table main"), IsEmpty());
  EXPECT_THAT(run("ip link"), Not(HasSubstr("tun0")));
}

TEST_F(KernelTest, ChangesMtuAddressAndNetworks) {
  const TestTun tun{"tun0"};
  auto site = labs();
  reconciled(wanted({site}));
  site.mtu = Mtu{1400};
  site.ipv4->local = address("10.224.1.9");
  site.ipv4->peer = address("10.224.1.10");
  site.networks = {network("192.168.253.0/24"), network("172.16.9.0/24")};
  reconciled(wanted({site}));
  EXPECT_THAT(run("ip link show dev tun0"), HasSubstr("mtu 1400"));
  EXPECT_THAT(lines_of("ip -o -4 address show dev tun0"),
              ElementsAre(HasSubstr("10.224.1.9 peer 10.224.1.10/32")));
  EXPECT_THAT(lines_of("ip -4 route show table main dev tun0"),
              UnorderedElementsAre("10.224.1.10 proto kernel scope link src 10.224.1.9",
                                   "10.224.1.10 proto 84 scope link src 10.224.1.9 metric 50",
                                   "192.168.253.0/24 proto 84 scope link src 10.224.1.9 metric 50",
                                   "172.16.9.0/24 proto 84 scope link src 10.224.1.9 metric 50"));
  EXPECT_THAT(lines_of("ip -4 route show table main type unreachable"), SizeIs(3));
  EXPECT_THAT(reconciled(wanted({site})), IsEmpty());
}

TEST_F(KernelTest, MovesANetworkBetweenTunnels) {
  const TestTun first{"tun0"};
  const TestTun second{"tun1"};
  auto one = labs();
  auto two = depot();
  reconciled(wanted({one, two}));
  two.networks.push_back(one.networks.back());
  one.networks.pop_back();
  EXPECT_THAT(reconciled(wanted({one, two})), SizeIs(1));
  EXPECT_THAT(routes_to("172.16.1.0/24"), Contains(HasSubstr("dev tun1")));
  EXPECT_THAT(routes_to("172.16.1.0/24"), Not(Contains(HasSubstr("dev tun0"))));
}

TEST_F(KernelTest, NoticesAndMendsADeletedRoute) {
  const TestTun tun{"tun0"};
  const auto want = wanted({labs()});
  reconciled(want);
  drained();
  run("ip route delete 172.16.1.0/24 dev tun0");
  EXPECT_TRUE(noticed());
  EXPECT_THAT(reconciled(want),
              ElementsAre("route add 172.16.1.0/24 dev tun0 proto 84 metric 50 src 10.224.1.1"));
  drained();
  run("ip route delete unreachable 172.16.1.0/24");
  EXPECT_TRUE(noticed());
  EXPECT_THAT(reconciled(want),
              ElementsAre("route add unreachable 172.16.1.0/24 proto 84 metric 2147483647"));
}

// The kernel's own route to the peer goes too, and comes back with nothing but the address.
TEST_F(KernelTest, SurvivesAFlushOfTheDevicesRoutes) {
  const TestTun tun{"tun0"};
  const auto want = wanted({labs()});
  reconciled(want);
  drained();
  run("ip route flush dev tun0");
  EXPECT_TRUE(noticed());
  EXPECT_THAT(reconciled(want), SizeIs(3));
  EXPECT_THAT(run("ip route get 10.224.1.2"), HasSubstr("dev tun0"));
}

TEST_F(KernelTest, NoticesAndMendsADeletedAddress) {
  const TestTun tun{"tun0"};
  const auto want = wanted({labs()});
  reconciled(want);
  drained();
  run("ip address flush dev tun0");
  EXPECT_TRUE(noticed());
  reconciled(want);
  EXPECT_THAT(run("ip route get 192.168.253.1"), HasSubstr("dev tun0 src 10.224.1.1"));
}

TEST_F(KernelTest, NoticesAndRaisesALinkThatWasSetDown) {
  const TestTun tun{"tun0"};
  const auto want = wanted({labs()});
  reconciled(want);
  drained();
  run("ip link set tun0 down");
  EXPECT_TRUE(noticed());
  EXPECT_THAT(reconciled(want), Contains("link set dev tun0 up"));
  EXPECT_THAT(lines_of("ip -4 route show table main dev tun0"), SizeIs(4));
}

TEST_F(KernelTest, NoticesADeletedDeviceAndNamesIt) {
  const TestTun tun{"tun0"};
  const auto want = wanted({labs()});
  reconciled(want);
  drained();
  run("ip link delete tun0");
  EXPECT_TRUE(noticed());
  const auto outcome = reconcile(*kernel, want);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_THAT(outcome->missing, ElementsAre(name("tun0")));
  EXPECT_THAT(outcome->done, IsEmpty());
  EXPECT_THAT(outcome->failed, IsEmpty());

  const TestTun again{"tun0"};
  EXPECT_TRUE(noticed());
  reconciled(want);
  EXPECT_THAT(lines_of("ip -4 route show table main dev tun0"), SizeIs(4));
}

TEST_F(KernelTest, NoticesTheCarrierAndForwarding) {
  const TestTun tun{"tun0"};
  reconciled(wanted({labs()}));
  drained();
  tun.set_carrier(false);
  EXPECT_TRUE(noticed());
  run("sysctl -q net.ipv4.ip_forward=0");
  EXPECT_TRUE(noticed());
  EXPECT_THAT(reconciled(wanted({labs()})), Contains("sysctl net.ipv4.ip_forward=1"));
}

TEST_F(KernelTest, NoticesRoutesMadeByHandButNotByARoutingDaemon) {
  const auto tun = uplink();
  // The kernel may have something to tell of the new device yet, in its own time, but only once.
  bool noticed_each_time = true;
  for (int tries = 0; noticed_each_time && tries < 5; ++tries) {
    drained();
    run("ip route add 198.51.100.0/24 dev wan0 proto bgp");
    run("ip route delete 198.51.100.0/24 dev wan0");
    noticed_each_time = drained() == Noticed::Changed;
  }
  EXPECT_FALSE(noticed_each_time);
  for (const auto* protocol : {"kernel", "boot", "static", "dhcp", "84"}) {
    run("ip route add 198.51.100.0/24 dev wan0 proto " + std::string{protocol});
    EXPECT_EQ(drained(), Noticed::Changed) << protocol;
    run("ip route delete 198.51.100.0/24 dev wan0");
    drained();
  }
}

TEST_F(KernelTest, TakesLostNotificationsForAChange) {
  const auto tun = uplink();
  const int small = 1;  // the kernel makes it its minimum
  ASSERT_EQ(::setsockopt(kernel->notification_fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small),
            0);
  run("for i in $(seq 200); do echo route add 10.99.$i.0/24 dev wan0; done | ip -batch -");
  EXPECT_EQ(drained(), Noticed::Changed);
  EXPECT_EQ(drained(), Noticed::Nothing);
  run("ip route delete 10.99.1.0/24");
  EXPECT_TRUE(noticed());
}

TEST_F(KernelTest, ReadsOnlyWhatMatters) {
  const auto tun = uplink();
  run("for i in $(seq 200); do echo route add 10.99.$i.0/24 dev wan0 proto bgp; done | "
      "ip -batch -");
  Wanted want;
  want.guarded = {network("10.99.7.0/24"), network("10.99.0.0/16"), network("192.168.253.0/24")};
  const auto actual = kernel->read(want);
  ASSERT_TRUE(actual.has_value());
  EXPECT_THAT(actual->routes, IsEmpty());
  ASSERT_THAT(actual->foreign, SizeIs(1));
  EXPECT_EQ(describe(actual->foreign.front(), "wan0"), "10.99.7.0/24 dev wan0 proto bgp metric 0");
}

TEST_F(KernelTest, LeavesARouteOfSomebodyElseAndSaysSo) {
  const TestTun tun{"tun0"};
  const auto wan = uplink();
  run("ip route add 192.168.253.0/24 via 203.0.113.2 metric 50 proto static");
  const auto want = wanted({labs()});
  const auto outcome = reconcile(*kernel, want);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_THAT(outcome->failed, IsEmpty());
  ASSERT_THAT(outcome->conflicts, SizeIs(1));
  EXPECT_EQ(outcome->conflicts.front().text,
            "tun0: 192.168.253.0/24 has a route of somebody else, \"192.168.253.0/24 via "
            "203.0.113.2 dev wan0 proto static metric 50\", which is not behind ours: remove it, "
            "or give the site a lower metric");
  EXPECT_THAT(routes_to("192.168.253.0/24"),
              Contains("192.168.253.0/24 via 203.0.113.2 dev wan0 proto static metric 50"));
  EXPECT_THAT(reconciled(want), IsEmpty());

  run("ip route delete 192.168.253.0/24 via 203.0.113.2");
  EXPECT_THAT(reconciled(want), SizeIs(1));
}

// The look-up finds the better one of two; the kernel still refuses to replace the other.
TEST_F(KernelTest, NeverReplacesARouteThatTheLookUpDidNotShow) {
  const TestTun tun{"tun0"};
  const auto wan = uplink();
  run("ip route add 192.168.253.0/24 via 203.0.113.2 metric 10 proto static");
  run("ip route add 192.168.253.0/24 via 203.0.113.3 metric 50 proto static");
  const auto outcome = reconcile(*kernel, wanted({labs()}));
  ASSERT_TRUE(outcome.has_value());
  ASSERT_THAT(outcome->failed, SizeIs(1));
  EXPECT_EQ(outcome->failed.front().error.code, std::errc::file_exists);
  EXPECT_EQ(outcome->failed.front().interface, "tun0");
  EXPECT_THAT(outcome->failed.front().error.message(), HasSubstr("somebody else has a route"));
  EXPECT_THAT(routes_to("172.16.1.0/24"), SizeIs(2));  // the others are made nevertheless
}

TEST_F(KernelTest, FindsASubnetAndAnAddressInTheWay) {
  const TestTun tun{"tun0"};
  const TestTun lan{"lan0"};
  run("ip address add 192.168.253.7/24 dev lan0");
  run("ip address add 10.224.1.2/32 dev lan0 && ip link set lan0 up");
  const auto outcome = reconcile(*kernel, wanted({labs()}));
  ASSERT_TRUE(outcome.has_value());
  std::vector<std::string> texts;
  for (const auto& conflict : outcome->conflicts) texts.push_back(conflict.text);
  EXPECT_THAT(texts,
              UnorderedElementsAre(HasSubstr("10.224.1.2 is already that of lan0"),
                                   HasSubstr("192.168.253.0/24 is also the network of lan0")));
}

TEST_F(KernelTest, NamesADeviceThatIsGone) {
  std::optional<TestTun> tun{"tun0"};
  const auto want = wanted({labs()});
  const auto actual = kernel->read(want);
  ASSERT_TRUE(actual.has_value());
  const auto index = std::to_string(actual->link("tun0")->index);
  tun.reset();
  const Device device{actual->link("tun0")->index, "tun0"};
  const auto raised = kernel->apply(SetLink{.device = device, .flag = SetLink::Flag::Up});
  ASSERT_FALSE(raised.has_value());
  EXPECT_EQ(raised.error().message(), "\"link set dev tun0 up\": the interface tun0 (index " +
                                          index + ") is gone: No such device");
  const auto switched = kernel->apply(SetDeviceForwarding{device});
  ASSERT_FALSE(switched.has_value());
  EXPECT_THAT(switched.error().message(), HasSubstr("the interface tun0"));
}

TEST_F(KernelTest, RepeatsTheKernelsOwnWords) {
  const TestTun tun{"tun0"};
  const auto actual = kernel->read(Wanted{});
  ASSERT_TRUE(actual.has_value());
  const auto index = actual->link("tun0")->index;
  const auto added = kernel->apply(
      AddRoute{Device{index, "tun0"}, Route{.to = network("10.0.0.0/8"), .device = index}});
  ASSERT_FALSE(added.has_value());
  EXPECT_EQ(added.error().message(),
            "\"route add 10.0.0.0/8 dev tun0 proto 84 metric 0\": Device for nexthop is not up: "
            "Network is down");
}

TEST_F(KernelTest, DeletesWhatIsGoneAlready) {
  const TestTun tun{"tun0"};
  const auto want = wanted({labs()});
  reconciled(want);
  const auto actual = kernel->read(want);
  ASSERT_TRUE(actual.has_value());
  const auto changes = plan(Wanted{}, *actual);
  run("ip link delete tun0 && ip route flush proto 84");
  for (const auto& change : changes) {
    EXPECT_TRUE(kernel->apply(change).has_value()) << describe(change);
  }
}

}  // namespace
}  // namespace tunnel::routes
