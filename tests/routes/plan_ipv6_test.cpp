// What is different with IPv6: a second family on the link, or the only one; the kernel's eagerness
// to configure an interface by itself; routers' advertisements; its least MTU.

#include "tests/routes/plan_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::routes {
namespace {

using samples::address6;
using samples::clinic;
using samples::clinic_of_ipv6;
using samples::labs;
using samples::network;
using samples::wanted;
using samples::words;
using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

class PlanIpv6 : public Plan {
 protected:
  /// clinic() as it is when all is well.
  Link& established() {
    kernel.add_tun("tun2");
    reconcile(wanted({clinic()}));
    return kernel.links.back();
  }

  Link& add_uplink() {
    auto& link = kernel.add_tun("eth0");
    link.tun = false;
    link.up = true;
    kernel.hear_router(link);
    return link;
  }
};

TEST_F(PlanIpv6, ForALinkOfItAloneGuardsFirstAndRoutesLast) {
  kernel.add_tun("tun2");
  kernel.default_accept_ra = 0;
  EXPECT_THAT(
      reconcile(wanted({clinic_of_ipv6()})),
      ElementsAre("route add unreachable 2001:db8:44::/48 proto 84 metric 2147483647",
                  "route add unreachable fd00:224::2/128 proto 84 metric 2147483647",
                  "sysctl net.ipv4.ip_forward=1", "sysctl net.ipv6.conf.all.forwarding=1",
                  "link set dev tun2 alias tunneld:clinic",
                  "sysctl net.ipv4.conf.tun2.ignore_routes_with_linkdown=1",
                  "sysctl net.ipv4.conf.tun2.forwarding=1", "link set dev tun2 addrgenmode none",
                  "sysctl net.ipv6.conf.tun2.accept_ra=0", "sysctl net.ipv6.conf.tun2.autoconf=0",
                  "sysctl net.ipv6.conf.tun2.ignore_routes_with_linkdown=1",
                  "sysctl net.ipv6.conf.tun2.forwarding=1", "address add fe80::1/64 dev tun2",
                  "address add fd00:224::1/128 dev tun2", "link set dev tun2 up",
                  "route add fd00:224::2/128 dev tun2 proto 84 metric 50 src fd00:224::1",
                  "route add 2001:db8:44::/48 dev tun2 proto 84 metric 50 src fd00:224::1"));
  EXPECT_THAT(reconcile(wanted({clinic_of_ipv6()})), IsEmpty());
}

TEST_F(PlanIpv6, OfALinkOfBothFamiliesDoesBoth) {
  kernel.add_tun("tun2");
  EXPECT_THAT(
      reconcile(wanted({clinic()})),
      IsSupersetOf({"address add 10.224.1.9 peer 10.224.1.10/32 dev tun2",
                    "address add fe80::1/64 dev tun2", "address add fd00:224::1/128 dev tun2",
                    "route add 192.168.44.0/24 dev tun2 proto 84 metric 50 src 10.224.1.9",
                    "route add 2001:db8:44::/48 dev tun2 proto 84 metric 50 src fd00:224::1"}));
  EXPECT_THAT(reconcile(wanted({clinic()})), IsEmpty());
}

TEST_F(PlanIpv6, LeavesTheKernelNoAddressOfItsOwnInvention) {
  established();
  std::vector<std::string> there;
  for (const auto& each : kernel.addresses) there.push_back(text(each.local));
  EXPECT_THAT(there, ElementsAre("10.224.1.9", "fe80::1", "fd00:224::1"));
}

// The link-local address alone: the gateway's own packets carry another interface's address.
TEST_F(PlanIpv6, RoutesNetworksWithoutASourceWhereThereIsNone) {
  kernel.add_tun("tun2");
  auto site = clinic();
  site.ipv6.reset();
  EXPECT_THAT(reconcile(wanted({site})),
              Contains("route add 2001:db8:44::/48 dev tun2 proto 84 metric 50"));
  EXPECT_THAT(reconcile(wanted({site})), IsEmpty());
}

TEST_F(PlanIpv6, WithoutALinkLocalAddressStillRoutes) {
  kernel.add_tun("tun2");
  auto site = clinic();
  site.link_local.reset();
  const auto lines = reconcile(wanted({site}));
  EXPECT_THAT(lines, Contains("route add 2001:db8:44::/48 dev tun2 proto 84 metric 50 "
                              "src fd00:224::1"));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("fe80"))));
}

TEST_F(PlanIpv6, OfASiteWithoutItOnlyKeepsTheKernelQuiet) {
  kernel.add_tun("tun0");
  const auto lines = reconcile(wanted({labs()}));
  EXPECT_THAT(lines, Contains("link set dev tun0 addrgenmode none"));
  EXPECT_THAT(lines, Each(Not(HasSubstr("ipv6"))));
  EXPECT_FALSE(kernel.ipv6_forwarding);
}

// A peer that offers IPv4 only.
TEST_F(PlanIpv6, RefusesNetworksOfAFamilyThatTheLinkDoesNotCarry) {
  kernel.add_tun("tun2");
  auto site = clinic();
  site.ipv6.reset();
  site.link_local.reset();
  const auto lines = reconcile(wanted({site}));
  EXPECT_THAT(lines, Contains("route add unreachable 2001:db8:44::/48 proto 84 metric 2147483647"));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("2001:db8:44::/48 dev"))));

  site = clinic();
  site.ipv4.reset();
  const auto other = reconcile(wanted({site}));
  EXPECT_THAT(other, Contains("route delete 192.168.44.0/24 dev tun2 proto 84 metric 50 "
                              "src 10.224.1.9"));
  EXPECT_THAT(other, Contains(HasSubstr("route add 2001:db8:44::/48 dev tun2")));
  EXPECT_THAT(reconcile(wanted({site})), IsEmpty());
}

TEST_F(PlanIpv6, MovesToANewAddressWithoutAMomentBetween) {
  established();
  auto site = clinic();
  site.ipv6->local = address6("fd00:224::9");
  EXPECT_THAT(
      reconcile(wanted({site})),
      ElementsAre("address add fd00:224::9/128 dev tun2",
                  "route replace fd00:224::2/128 dev tun2 proto 84 metric 50 src fd00:224::9",
                  "route replace 2001:db8:44::/48 dev tun2 proto 84 metric 50 src fd00:224::9",
                  "address delete fd00:224::1/128 dev tun2"));
  EXPECT_THAT(reconcile(wanted({site})), IsEmpty());
}

TEST_F(PlanIpv6, GuardsANewPeerBeforeItHasARoute) {
  established();
  auto site = clinic();
  site.ipv6->peer = address6("fd00:224::8");
  EXPECT_THAT(
      reconcile(wanted({site})),
      ElementsAre("route add unreachable fd00:224::8/128 proto 84 metric 2147483647",
                  "route add fd00:224::8/128 dev tun2 proto 84 metric 50 src fd00:224::1",
                  "route delete fd00:224::2/128 dev tun2 proto 84 metric 50 src fd00:224::1",
                  "route delete unreachable fd00:224::2/128 proto 84 metric 2147483647"));
}

// IPV6CP may agree another identifier every time.
TEST_F(PlanIpv6, ChangesTheLinkLocalAddressAndNothingElse) {
  established();
  auto site = clinic();
  site.link_local = address6("fe80::7");
  EXPECT_THAT(reconcile(wanted({site})),
              ElementsAre("address add fe80::7/64 dev tun2", "address delete fe80::1/64 dev tun2"));
}

TEST_F(PlanIpv6, OfTwoLinksWithOneLinkLocalAddressMinglesNothing) {
  kernel.add_tun("tun0");
  kernel.add_tun("tun2");
  auto other = labs();
  other.link_local = clinic().link_local;
  reconcile(wanted({other, clinic()}));
  EXPECT_THAT(reconcile(wanted({other, clinic()})), IsEmpty());
}

// Addresses, routes and the kernel's own go; addrgenmode stays.
TEST_F(PlanIpv6, PutsEverythingBackAfterTheLinkWasSetDown) {
  established();
  kernel.set_down("tun2");
  EXPECT_THAT(
      reconcile(wanted({clinic()})),
      ElementsAre("address add fe80::1/64 dev tun2", "address add fd00:224::1/128 dev tun2",
                  "link set dev tun2 up",
                  "route add 10.224.1.10/32 dev tun2 proto 84 metric 50 src 10.224.1.9",
                  "route add fd00:224::2/128 dev tun2 proto 84 metric 50 src fd00:224::1",
                  "route add 192.168.44.0/24 dev tun2 proto 84 metric 50 src 10.224.1.9",
                  "route add 2001:db8:44::/48 dev tun2 proto 84 metric 50 src fd00:224::1"));
  EXPECT_THAT(reconcile(wanted({clinic()})), IsEmpty());
}

TEST_F(PlanIpv6, PutsBackAnAddressAndTheSourcesThatWentWithIt) {
  established();
  const auto& link = kernel.links.back();
  const Address ours{.device = link.index,
                     .local = address6("fd00:224::1"),
                     .peer = address6("fd00:224::1"),
                     .length = 128};
  EXPECT_EQ(kernel.apply(DeleteAddress{Device{link.index, link.name}, ours}), "");
  EXPECT_THAT(
      reconcile(wanted({clinic()})),
      ElementsAre("address add fd00:224::1/128 dev tun2",
                  "route replace fd00:224::2/128 dev tun2 proto 84 metric 50 src fd00:224::1",
                  "route replace 2001:db8:44::/48 dev tun2 proto 84 metric 50 src fd00:224::1"));
}

// fd00:224::1/64 in the place of fd00:224::1: the kernel would not have both.
TEST_F(PlanIpv6, ReplacesTheSameAddressOfAnotherLength) {
  auto& link = established();
  for (auto& each : kernel.addresses) {
    if (each.local == IpAddress{address6("fd00:224::1")}) each.length = 64;
  }
  EXPECT_EQ(link.name, "tun2");
  EXPECT_THAT(
      reconcile(wanted({clinic()})),
      ElementsAre("address delete fd00:224::1/64 dev tun2", "address add fd00:224::1/128 dev tun2",
                  "route replace fd00:224::2/128 dev tun2 proto 84 metric 50 src fd00:224::1",
                  "route replace 2001:db8:44::/48 dev tun2 proto 84 metric 50 src fd00:224::1"));
  EXPECT_THAT(reconcile(wanted({clinic()})), IsEmpty());
}

TEST_F(PlanIpv6, RemovesStrangeAddressesFromOurInterface) {
  auto& link = established();
  link.ipv6->invents_addresses = true;
  kernel.invent_address(link);
  EXPECT_THAT(reconcile(wanted({clinic()})),
              ElementsAre("link set dev tun2 addrgenmode none",
                          testing::MatchesRegex("address delete fe80::bad:.*/64 dev tun2")));
}

TEST_F(PlanIpv6, MendsEverySettingThatSomebodyChanged) {
  auto& link = established();
  link.ipv6->accept_ra = 2;
  link.ipv6->autoconf = true;
  link.ipv6->ignore_linkdown = false;
  link.ipv6->forwarding = false;
  EXPECT_THAT(
      reconcile(wanted({clinic()})),
      ElementsAre("sysctl net.ipv6.conf.tun2.accept_ra=0", "sysctl net.ipv6.conf.tun2.autoconf=0",
                  "sysctl net.ipv6.conf.tun2.ignore_routes_with_linkdown=1",
                  "sysctl net.ipv6.conf.tun2.forwarding=1"));
}

// net.ipv6.conf.default.disable_ipv6=1 is common; this link is asked for by name.
TEST_F(PlanIpv6, EnablesItOnItsOwnInterfaceWhereTheDefaultIsOff) {
  kernel.add_tun("tun2").ipv6->disabled = true;
  kernel.add_tun("tun0").ipv6->disabled = true;
  const auto lines = reconcile(wanted({clinic(), labs()}));
  EXPECT_THAT(lines, Contains("sysctl net.ipv6.conf.tun2.disable_ipv6=0"));
  EXPECT_THAT(lines, Not(Contains("sysctl net.ipv6.conf.tun0.disable_ipv6=0")));
  EXPECT_THAT(reconcile(wanted({clinic(), labs()})), IsEmpty());
}

TEST_F(PlanIpv6, WithTooSmallAnMtuIsLeftOutAndItsNetworksAreRefused) {
  established();
  auto site = clinic();
  site.mtu = Mtu{1279};
  EXPECT_THAT(reconcile(wanted({site})), ElementsAre("link set dev tun2 mtu 1279"));
  EXPECT_THAT(reconcile(wanted({site})), IsEmpty());

  kernel.add_tun("tun0");  // a second one that is small from the start
  auto other = labs();
  other.mtu = Mtu{1000};
  other.link_local = address6("fe80::1");
  other.networks = {network("2001:db8:1::/48")};
  const auto lines = reconcile(wanted({site, other}));
  EXPECT_THAT(lines, Contains("route add unreachable 2001:db8:1::/48 proto 84 metric 2147483647"));
  EXPECT_THAT(lines, Not(Contains(AnyOf(HasSubstr("2001:db8:1::/48 dev"), HasSubstr("fe80")))));
}

TEST_F(PlanIpv6, ComesBackWithTheMtu) {
  established();
  auto site = clinic();
  site.mtu = Mtu{1000};
  reconcile(wanted({site}));
  EXPECT_THAT(reconcile(wanted({clinic()})),
              IsSupersetOf({"link set dev tun2 addrgenmode none", "address add fe80::1/64 dev tun2",
                            "route add 2001:db8:44::/48 dev tun2 proto 84 metric 50 "
                            "src fd00:224::1"}));
  // What the kernel invented between the two is seen at the next look.
  EXPECT_THAT(reconcile(wanted({clinic()})), ElementsAre(HasSubstr("address delete fe80::bad:")));
  EXPECT_THAT(reconcile(wanted({clinic()})), IsEmpty());
}

// The route that tun2 loses with its MTU is not there to be replaced.
TEST_F(PlanIpv6, MovesANetworkFromALinkThatBecomesTooSmall) {
  established();
  kernel.add_tun("tun0");
  auto small = clinic();
  small.mtu = Mtu{1000};
  small.networks.pop_back();
  auto other = labs();
  other.link_local = address6("fe80::1");
  other.networks = {network("2001:db8:44::/48")};
  EXPECT_THAT(reconcile(wanted({small, other})),
              Contains("route add 2001:db8:44::/48 dev tun0 proto 84 metric 50"));
  EXPECT_THAT(reconcile(wanted({small, other})), IsEmpty());
}

TEST_F(PlanIpv6, IsLeftOutWhereTheKernelHasNone) {
  kernel.add_tun("tun2").ipv6.reset();
  const auto want = wanted({clinic()});
  auto actual = kernel.read(want);
  actual.ipv6 = false;
  const auto lines = words(plan(want, actual));
  EXPECT_THAT(lines, Contains(HasSubstr("192.168.44.0/24 dev tun2")));
  EXPECT_THAT(lines, Each(Not(AnyOf(HasSubstr("ipv6"), HasSubstr("addrgenmode")))));
}

TEST_F(PlanIpv6, SwitchesForwardingOnForAGuardAlone) {
  Wanted want{.guarded = {network("2001:db8:44::/48")}, .forwarding = Forwarding::On};
  kernel.ip_forward = true;
  kernel.default_accept_ra = 0;
  EXPECT_THAT(reconcile(want),
              ElementsAre("route add unreachable 2001:db8:44::/48 proto 84 metric 2147483647",
                          "sysctl net.ipv6.conf.all.forwarding=1"));
}

TEST_F(PlanIpv6, LeavesForwardingAloneForALinkLocalAddress) {
  kernel.add_tun("tun0");
  auto site = labs();
  site.link_local = address6("fe80::1");
  reconcile(wanted({site}));
  EXPECT_FALSE(kernel.ipv6_forwarding);
}

TEST_F(PlanIpv6, LeavesForwardingAloneWhenAskedTo) {
  kernel.add_tun("tun2");
  add_uplink();
  auto want = wanted({clinic()});
  want.forwarding = Forwarding::LeaveAlone;
  EXPECT_THAT(reconcile(want), Each(Not(AnyOf(HasSubstr("forwarding"), HasSubstr("ra=2")))));
}

// What these tests rest upon.
TEST_F(PlanIpv6, ForwardingWouldCostTheGatewayItsDefaultRoute) {
  const auto& uplink = add_uplink();
  EXPECT_TRUE(kernel.has_router(uplink));
  kernel.apply(SetForwarding{Family::Ipv6});
  EXPECT_FALSE(kernel.has_router(uplink));
}

TEST_F(PlanIpv6, KeepsTheDefaultRouteThatARouterToldTheGateway) {
  kernel.add_tun("tun2");
  add_uplink();
  const auto lines = reconcile(wanted({clinic()}));
  const auto at = [&](const char* line) { return std::find(lines.begin(), lines.end(), line); };
  EXPECT_LT(at("sysctl net.ipv6.conf.eth0.accept_ra=2"),
            at("sysctl net.ipv6.conf.all.forwarding=1"));
  EXPECT_LT(at("sysctl net.ipv6.conf.default.accept_ra=2"),
            at("sysctl net.ipv6.conf.all.forwarding=1"));
  EXPECT_LT(at("sysctl net.ipv6.conf.all.forwarding=1"), lines.end());
  EXPECT_TRUE(kernel.has_router(kernel.links.back()));
  EXPECT_THAT(reconcile(wanted({clinic()})), IsEmpty());
}

TEST_F(PlanIpv6, ChangesNoInterfaceThatHeedsNoRouter) {
  add_uplink().ipv6->accept_ra = 0;
  kernel.add_tun("eth1").ipv6->accept_ra = 2;
  kernel.add_tun("eth2").ipv6->forwarding = true;
  kernel.add_tun("eth3").ipv6->disabled = true;
  kernel.add_tun("eth4").ipv6.reset();
  kernel.add_tun("lo").loopback = true;
  kernel.add_tun("tun9").alias = "tunneld:gone";
  kernel.add_tun("tun2");
  kernel.default_accept_ra = 2;
  EXPECT_THAT(reconcile(wanted({clinic()})), Each(Not(HasSubstr("accept_ra=2"))));
}

// Forwarding was on before: who ignores routers now does so for the administrator's reasons.
TEST_F(PlanIpv6, ChangesNoInterfaceWhereForwardingIsOn) {
  kernel.add_tun("tun2");
  add_uplink();
  kernel.ipv6_forwarding = true;
  EXPECT_THAT(reconcile(wanted({clinic()})),
              Each(Not(AllOf(HasSubstr("eth0"), HasSubstr("default")))));
}

}  // namespace
}  // namespace tunnel::routes
