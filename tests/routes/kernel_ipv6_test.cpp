// Kernel and reconcile() against the real kernel: links of IPv6, alone or beside IPv4.

#include "tests/routes/kernel_fixture.hpp"
#include "tests/routes/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sched.h>

namespace tunnel::routes {
namespace {

using samples::address6;
using samples::clinic;
using samples::clinic_of_ipv6;
using samples::labs;
using samples::network;
using samples::wanted;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;
using testing::UnorderedElementsAre;

class KernelIpv6 : public KernelTest {
 protected:
  /// "fe80::1/64 scope link", … of the interface.
  static std::vector<std::string> addresses_on(const std::string& device) {
    std::vector<std::string> all;
    for (const auto& line : lines_of("ip -o -6 address show dev " + device)) {
      const auto begin = line.find("inet6 ") + 6;
      all.push_back(line.substr(begin, line.find(' ', begin) - begin));
    }
    return all;
  }

  static std::string setting(const std::string& device, const std::string& key) {
    return run("sysctl -n net.ipv6.conf." + device + '.' + key);
  }

  /// An interface that has a default route from a router's advertisement.
  static TestTun advertised_uplink() {
    TestTun tun{"wan0"};
    run("ip link set wan0 up");
    tun.inject(router_advertisement(address6("fe80::99")));
    return tun;
  }

  static std::vector<std::string> default_routes() { return lines_of("ip -6 route show default"); }
};

TEST_F(KernelIpv6, BringsUpALinkOfItAlone) {
  const TestTun tun{"tun2"};
  reconciled(wanted({clinic_of_ipv6()}));
  EXPECT_THAT(addresses_on("tun2"), UnorderedElementsAre("fd00:224::1/128", "fe80::1/64"));
  EXPECT_THAT(lines_of("ip -4 address show dev tun2"), IsEmpty());
  EXPECT_THAT(
      ipv6_routes_to(""),
      UnorderedElementsAre("fd00:224::2 dev tun2 proto 84 src fd00:224::1 metric 50",
                           "2001:db8:44::/48 dev tun2 proto 84 src fd00:224::1 metric 50",
                           "fe80::/64 dev tun2 proto kernel metric 256",
                           "unreachable fd00:224::2 dev lo proto 84 metric 2147483647",
                           "unreachable 2001:db8:44::/48 dev lo proto 84 metric 2147483647"));
  EXPECT_EQ(setting("all", "forwarding"), "1");
  EXPECT_EQ(setting("tun2", "forwarding"), "1");
  EXPECT_EQ(setting("tun2", "accept_ra"), "0");
  EXPECT_EQ(setting("tun2", "autoconf"), "0");
  EXPECT_EQ(setting("tun2", "ignore_routes_with_linkdown"), "1");
  EXPECT_EQ(setting("tun2", "addr_gen_mode"), "1");
  EXPECT_THAT(reconciled(wanted({clinic_of_ipv6()})), IsEmpty());
}

TEST_F(KernelIpv6, OfALinkOfBothFamiliesDoesNothingTheSecondTime) {
  const TestTun first{"tun2"};
  const TestTun second{"tun0"};
  auto other = labs();  // one link-local address on two links, and one global one
  other.link_local = clinic().link_local;
  other.ipv6 = Pair6{clinic().ipv6->local, address6("fd00:224::6")};
  const auto want = wanted({clinic(), other});
  EXPECT_THAT(reconciled(want), Not(IsEmpty()));
  EXPECT_THAT(reconciled(want), IsEmpty());
  first.set_carrier(false);
  EXPECT_THAT(reconciled(want), IsEmpty());
  // The kernel acts upon the carrier in its own time: until then it is tun2, and then nothing.
  EXPECT_THAT(run("ip route get 2001:db8:44::7 2>&1 || true"), Not(HasSubstr("dev tun0")));
}

TEST_F(KernelIpv6, RemovesEverythingOfASite) {
  const TestTun tun{"tun2"};
  reconciled(wanted({clinic()}));
  reconciled(Wanted{});
  EXPECT_THAT(run("ip -6 route show table main"), IsEmpty());
  EXPECT_THAT(run("ip link"), Not(HasSubstr("tun2")));
}

// No search for routers (133), no claim of an address (135): only the membership reports of
// multicast (RFC 3810), from the address that the peer agreed to.
TEST_F(KernelIpv6, SaysNothingOfItsOwnIntoTheTunnelButMembershipReports) {
  const TestTun tun{"tun2"};
  reconciled(wanted({clinic()}));
  const auto first = tun.next_ipv6();
  auto packets = tun.pending_ipv6();
  packets.push_back(first);
  for (const auto& packet : packets) {
    EXPECT_EQ(icmp_of(packet), "143/0");
    EXPECT_EQ(ipv6_source_of(packet), *clinic().link_local);
  }
}

TEST_F(KernelIpv6, LeavesTheKernelNoInventionOnALinkOfIpv4) {
  const TestTun tun{"tun0"};
  reconciled(wanted({labs()}));
  EXPECT_THAT(addresses_on("tun0"), IsEmpty());
  EXPECT_EQ(setting("all", "forwarding"), "0");
}

TEST_F(KernelIpv6, GivesAnInterfaceItsDefaultRouteWhereARouterIsHeeded) {
  const auto uplink = advertised_uplink();
  EXPECT_THAT(default_routes(), ElementsAre(StartsWith("default via fe80::99 dev wan0 proto ra")));
  run("sysctl -q net.ipv6.conf.all.forwarding=1");
  EXPECT_THAT(default_routes(), IsEmpty());  // what the next test rests upon
}

TEST_F(KernelIpv6, KeepsTheGatewaysOwnDefaultRouteWhenItBeginsToForward) {
  const auto uplink = advertised_uplink();
  const TestTun tun{"tun2"};
  EXPECT_THAT(reconciled(wanted({clinic()})), Contains("sysctl net.ipv6.conf.wan0.accept_ra=2"));
  EXPECT_EQ(setting("all", "forwarding"), "1");
  EXPECT_THAT(default_routes(), ElementsAre(StartsWith("default via fe80::99 dev wan0 proto ra")));
  // And goes on to heed routers, also on interfaces that come later.
  run("ip -6 route flush proto ra");
  uplink.inject(router_advertisement(address6("fe80::98")));
  EXPECT_THAT(default_routes(), ElementsAre(StartsWith("default via fe80::98 dev wan0 proto ra")));
  const TestTun later{"wan1"};
  EXPECT_EQ(setting("wan1", "accept_ra"), "2");
  EXPECT_THAT(reconciled(wanted({clinic()})), IsEmpty());
}

TEST_F(KernelIpv6, HeedsNoRouterInTheTunnel) {
  const TestTun tun{"tun2"};
  auto want = wanted({clinic()});
  want.forwarding = Forwarding::LeaveAlone;
  reconciled(want);
  tun.inject(router_advertisement(address6("fe80::2")));
  EXPECT_THAT(default_routes(), IsEmpty());
}

TEST_F(KernelIpv6, NoticesAndMendsADeletedAddressAndItsRoutes) {
  const TestTun tun{"tun2"};
  const auto want = wanted({clinic()});
  reconciled(want);
  drained();
  run("ip address delete fd00:224::1/128 dev tun2");
  EXPECT_TRUE(noticed());
  EXPECT_THAT(
      reconciled(want),
      ElementsAre("address add fd00:224::1/128 dev tun2",
                  "route replace fd00:224::2/128 dev tun2 proto 84 metric 50 src fd00:224::1",
                  "route replace 2001:db8:44::/48 dev tun2 proto 84 metric 50 src fd00:224::1"));
  EXPECT_THAT(run("ip route get 2001:db8:44::7"), HasSubstr("dev tun2 proto 84 src fd00:224::1"));
  EXPECT_THAT(reconciled(want), IsEmpty());
}

TEST_F(KernelIpv6, MendsAnAddressOfAnotherLength) {
  const TestTun tun{"tun2"};
  const auto want = wanted({clinic()});
  reconciled(want);
  run("ip address delete fd00:224::1/128 dev tun2 && ip address add fd00:224::1/64 dev tun2");
  reconciled(want);
  EXPECT_THAT(addresses_on("tun2"), UnorderedElementsAre("fd00:224::1/128", "fe80::1/64"));
  EXPECT_THAT(run("ip route get 2001:db8:44::7"), HasSubstr("src fd00:224::1"));
  EXPECT_THAT(reconciled(want), IsEmpty());
}

TEST_F(KernelIpv6, NoticesAndMendsALinkThatWasSetDown) {
  const TestTun tun{"tun2"};
  const auto want = wanted({clinic()});
  reconciled(want);
  drained();
  run("ip link set tun2 down");
  EXPECT_TRUE(noticed());
  EXPECT_THAT(addresses_on("tun2"), IsEmpty());
  EXPECT_THAT(reconciled(want), Contains("link set dev tun2 up"));
  EXPECT_THAT(addresses_on("tun2"), UnorderedElementsAre("fd00:224::1/128", "fe80::1/64"));
  EXPECT_THAT(run("ip route get 2001:db8:44::7"), HasSubstr("dev tun2"));
  EXPECT_THAT(reconciled(want), IsEmpty());
}

TEST_F(KernelIpv6, SurvivesAFlushOfTheDevicesRoutes) {
  const TestTun tun{"tun2"};
  const auto want = wanted({clinic()});
  reconciled(want);
  drained();
  run("ip -6 route flush dev tun2");
  EXPECT_TRUE(noticed());
  EXPECT_THAT(reconciled(want), SizeIs(2));
  EXPECT_THAT(run("ip route get fd00:224::2"), HasSubstr("dev tun2"));
}

// With nothing but the loopback, of which nobody else has anything to say.
TEST_F(KernelIpv6, NoticesEveryAddressAndEverySwitch) {
  for (const auto* address : {"fd00:9::9/128", "fd00:9::9/64", "fe80::9/64"}) {
    for (const auto* verb : {"add", "delete"}) {
      drained();
      run(std::string{"ip address "} + verb + ' ' + address + " dev lo");
      EXPECT_EQ(drained(), Noticed::Changed) << verb << ' ' << address;
    }
  }
  for (const auto* change : {"lo.ignore_routes_with_linkdown=1", "lo.forwarding=1",
                             "all.forwarding=1", "all.forwarding=0"}) {
    drained();
    run(std::string{"sysctl -q net.ipv6.conf."} + change);
    EXPECT_EQ(drained(), Noticed::Changed) << change;
  }
}

TEST_F(KernelIpv6, MendsForwardingAndDisabling) {
  const TestTun tun{"tun2"};
  const auto want = wanted({clinic()});
  reconciled(want);
  run("sysctl -q net.ipv6.conf.tun2.ignore_routes_with_linkdown=0");
  EXPECT_THAT(reconciled(want),
              ElementsAre("sysctl net.ipv6.conf.tun2.ignore_routes_with_linkdown=1"));
  run("sysctl -q net.ipv6.conf.all.forwarding=0");
  EXPECT_THAT(reconciled(want), Contains("sysctl net.ipv6.conf.all.forwarding=1"));
  run("sysctl -q net.ipv6.conf.tun2.disable_ipv6=1");
  EXPECT_THAT(reconciled(want), Contains("sysctl net.ipv6.conf.tun2.disable_ipv6=0"));
  EXPECT_THAT(addresses_on("tun2"), UnorderedElementsAre("fd00:224::1/128", "fe80::1/64"));
  EXPECT_THAT(reconciled(want), IsEmpty());
}

TEST_F(KernelIpv6, RunsWhereTheDefaultIsOff) {
  run("sysctl -q net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
  const TestTun tun{"tun2"};
  const TestTun other{"tun0"};
  reconciled(wanted({clinic(), labs()}));
  EXPECT_THAT(addresses_on("tun2"), SizeIs(2));
  EXPECT_THAT(run("ip route get 2001:db8:44::7"), HasSubstr("dev tun2"));
  EXPECT_EQ(setting("tun0", "disable_ipv6"), "1");
}

TEST_F(KernelIpv6, MovesToNewAddresses) {
  const TestTun tun{"tun2"};
  auto site = clinic();
  reconciled(wanted({site}));
  site.ipv6 = Pair6{address6("fd00:224::9"), address6("fd00:224::a")};
  site.link_local = address6("fe80::7");
  reconciled(wanted({site}));
  EXPECT_THAT(addresses_on("tun2"), UnorderedElementsAre("fd00:224::9/128", "fe80::7/64"));
  EXPECT_THAT(ipv6_routes_to("dev tun2"),
              UnorderedElementsAre("fd00:224::a proto 84 src fd00:224::9 metric 50",
                                   "2001:db8:44::/48 proto 84 src fd00:224::9 metric 50",
                                   "fe80::/64 proto kernel metric 256"));
  EXPECT_THAT(reconciled(wanted({site})), IsEmpty());
}

TEST_F(KernelIpv6, GoesAndComesBackWithTheMtu) {
  const TestTun tun{"tun2"};
  auto site = clinic();
  reconciled(wanted({site}));
  site.mtu = Mtu{1000};
  reconciled(wanted({site}));
  EXPECT_THAT(addresses_on("tun2"), IsEmpty());
  EXPECT_THAT(reconciled(wanted({site})), IsEmpty());
  EXPECT_THAT(ipv6_routes_to("2001:db8:44::/48"), ElementsAre(StartsWith("unreachable")));

  reconciled(wanted({clinic()}));
  reconciled(wanted({clinic()}));  // what the kernel has invented meanwhile goes
  EXPECT_THAT(addresses_on("tun2"), UnorderedElementsAre("fd00:224::1/128", "fe80::1/64"));
  EXPECT_EQ(setting("tun2", "addr_gen_mode"), "1");
  EXPECT_EQ(setting("tun2", "accept_ra"), "0");
  EXPECT_THAT(run("ip route get 2001:db8:44::7"), HasSubstr("dev tun2"));
  EXPECT_THAT(reconciled(wanted({clinic()})), IsEmpty());
}

TEST_F(KernelIpv6, DeletesWhatIsGoneAlready) {
  const TestTun tun{"tun2"};
  const auto want = wanted({clinic_of_ipv6()});
  reconciled(want);
  const auto actual = kernel->read(want);
  ASSERT_TRUE(actual.has_value());
  run("ip link set tun2 mtu 1000");
  for (const auto& address : actual->addresses) {
    const auto* link = actual->link(address.device);
    if (link->name != "tun2") continue;
    const auto deleted = kernel->apply(DeleteAddress{Device{link->index, link->name}, address});
    EXPECT_TRUE(deleted.has_value()) << deleted.error().message();
  }
  for (const auto& route : actual->routes) {
    const auto deleted = kernel->apply(DeleteRoute{Device{route.device, "tun2"}, route});
    EXPECT_TRUE(deleted.has_value()) << deleted.error().message();
  }
  EXPECT_THAT(run("ip -6 route show table main"), IsEmpty());
}

TEST_F(KernelIpv6, MovesANetworkBetweenTunnels) {
  const TestTun first{"tun2"};
  const TestTun second{"tun0"};
  auto one = clinic();
  auto two = labs();
  two.link_local = address6("fe80::2");
  reconciled(wanted({one, two}));
  two.networks.push_back(one.networks.back());
  one.networks.pop_back();
  EXPECT_THAT(reconciled(wanted({one, two})),
              ElementsAre("route replace 2001:db8:44::/48 dev tun0 proto 84 metric 50"));
  EXPECT_THAT(ipv6_routes_to("2001:db8:44::/48"),
              UnorderedElementsAre("2001:db8:44::/48 dev tun0 proto 84 metric 50",
                                   StartsWith("unreachable")));
}

TEST_F(KernelIpv6, LeavesARouteOfSomebodyElseAndSaysSo) {
  const TestTun tun{"tun2"};
  const TestTun wan{"wan0"};
  run("ip link set wan0 up && ip route add 2001:db8:44::/48 dev wan0 metric 50 proto static");
  const auto want = wanted({clinic()});
  const auto outcome = reconcile(*kernel, want);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_THAT(outcome->failed, IsEmpty());
  ASSERT_THAT(outcome->conflicts, SizeIs(1));
  EXPECT_THAT(outcome->conflicts.front().text,
              HasSubstr("\"2001:db8:44::/48 dev wan0 proto static metric 50\""));
  EXPECT_THAT(ipv6_routes_to("2001:db8:44::/48"), Contains(HasSubstr("dev wan0")));
  EXPECT_THAT(reconciled(want), IsEmpty());
  run("ip route delete 2001:db8:44::/48 dev wan0");
  EXPECT_THAT(reconciled(want), SizeIs(1));
}

TEST_F(KernelIpv6, FindsASubnetAndAnAddressInTheWay) {
  const TestTun tun{"tun2"};
  const TestTun lan{"lan0"};
  run("ip address add 2001:db8:44::7/48 dev lan0 && ip address add fd00:224::2/128 dev lan0 && "
      "ip link set lan0 up");
  const auto outcome = reconcile(*kernel, wanted({clinic()}));
  ASSERT_TRUE(outcome.has_value());
  std::vector<std::string> texts;
  for (const auto& conflict : outcome->conflicts) texts.push_back(conflict.text);
  EXPECT_THAT(texts,
              UnorderedElementsAre(HasSubstr("fd00:224::2 is already that of lan0"),
                                   HasSubstr("2001:db8:44::/48 is also the network of lan0")));
}

// As with ipv6.disable=1, where this folder of /proc does not exist.
TEST_F(KernelIpv6, IsLeftOutWithASentenceWhereTheKernelHasNone) {
  ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
  run("mount --make-rprivate / && mount -t tmpfs none /proc/sys/net/ipv6");
  const TestTun tun{"tun2"};
  const auto outcome = reconcile(*kernel, wanted({clinic()}));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_THAT(outcome->failed, IsEmpty());
  EXPECT_THAT(outcome->done, Contains(HasSubstr("192.168.44.0/24 dev tun2")));
  EXPECT_THAT(outcome->done, Each(Not(HasSubstr("2001:db8"))));
  ASSERT_THAT(outcome->conflicts, SizeIs(1));
  EXPECT_EQ(outcome->conflicts.front().kind, Conflict::Kind::NoIpv6);
  EXPECT_THAT(outcome->conflicts.front().text, HasSubstr("this kernel runs without"));
}

TEST_F(KernelIpv6, RepeatsTheKernelsOwnWords) {
  run("sysctl -q net.ipv6.conf.default.disable_ipv6=1");
  const TestTun tun{"tun2"};
  const auto actual = kernel->read(Wanted{});
  ASSERT_TRUE(actual.has_value());
  const auto index = actual->link("tun2")->index;
  const auto added = kernel->apply(
      AddAddress{Device{index, "tun2"}, addresses_of(clinic_of_ipv6(), index).front()});
  ASSERT_FALSE(added.has_value());
  EXPECT_THAT(added.error().message(),
              AllOf(StartsWith("\"address add fe80::1/64 dev tun2\": "), HasSubstr("disabled")));
}

}  // namespace
}  // namespace tunnel::routes
