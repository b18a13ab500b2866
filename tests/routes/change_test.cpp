#include "routes/change.hpp"

#include "tests/routes/samples.hpp"

#include <gtest/gtest.h>

namespace tunnel::routes {
namespace {

using samples::address;
using samples::address6;
using samples::network;

const Device kTun{7, "tun0"};

TEST(Describe, SpeaksAsIpDoes) {
  EXPECT_EQ(
      describe(SetLink{
          .device = kTun, .alias = "tunneld:labs", .mtu = Mtu{1400}, .flag = SetLink::Flag::Up}),
      "link set dev tun0 alias tunneld:labs mtu 1400 up");
  EXPECT_EQ(describe(DeleteLink{kTun}), "link delete dev tun0");
  EXPECT_EQ(describe(AddAddress{kTun, {7, address("10.0.0.1"), address("10.0.0.2"), 32}}),
            "address add 10.0.0.1 peer 10.0.0.2/32 dev tun0");
  EXPECT_EQ(describe(DeleteAddress{kTun, {7, address("10.0.0.1"), address("10.0.0.1"), 24}}),
            "address delete 10.0.0.1/24 dev tun0");
  EXPECT_EQ(describe(SetForwarding{}), "sysctl net.ipv4.ip_forward=1");
  EXPECT_EQ(describe(SetDeviceForwarding{kTun}), "sysctl net.ipv4.conf.tun0.forwarding=1");
  EXPECT_EQ(describe(SetIgnoreLinkdown{kTun}),
            "sysctl net.ipv4.conf.tun0.ignore_routes_with_linkdown=1");
}

TEST(Describe, SpeaksOfIpv6) {
  EXPECT_EQ(describe(AddAddress{kTun, {7, address6("fe80::1"), address6("fe80::1"), 64}}),
            "address add fe80::1/64 dev tun0");
  EXPECT_EQ(describe(DeleteAddress{kTun, {7, address6("fd00::1"), address6("fd00::2"), 128}}),
            "address delete fd00::1 peer fd00::2/128 dev tun0");
  EXPECT_EQ(describe(StopInventingAddresses{kTun}), "link set dev tun0 addrgenmode none");
  EXPECT_EQ(describe(SetForwarding{Family::Ipv6}), "sysctl net.ipv6.conf.all.forwarding=1");
  using Key = SetIpv6::Key;
  EXPECT_EQ(describe(SetIpv6{kTun, Key::AcceptRa, 2}), "sysctl net.ipv6.conf.tun0.accept_ra=2");
  EXPECT_EQ(describe(SetIpv6{kTun, Key::Autoconf, 0}), "sysctl net.ipv6.conf.tun0.autoconf=0");
  EXPECT_EQ(describe(SetIpv6{kTun, Key::Disable, 0}), "sysctl net.ipv6.conf.tun0.disable_ipv6=0");
  EXPECT_EQ(describe(SetIpv6{kTun, Key::Forwarding, 1}), "sysctl net.ipv6.conf.tun0.forwarding=1");
  EXPECT_EQ(describe(SetIpv6{kTun, Key::IgnoreLinkdown, 1}),
            "sysctl net.ipv6.conf.tun0.ignore_routes_with_linkdown=1");
}

TEST(Describe, TellsAllThatMakesARoute) {
  EXPECT_EQ(describe(Route{.to = network("0.0.0.0/0"),
                           .metric = 7,
                           .protocol = 16,
                           .device = 2,
                           .source = address("192.0.2.1"),
                           .gateway = address("192.0.2.254"),
                           .tos = 16},
                     "eth0"),
            "0.0.0.0/0 via 192.0.2.254 dev eth0 proto dhcp metric 7 tos 16 src 192.0.2.1");
  EXPECT_EQ(describe(ReplaceRoute{{},
                                  Route{.to = network("2001:db8::/32"),
                                        .type = RouteType::Unreachable,
                                        .metric = kGuardMetric}}),
            "route replace unreachable 2001:db8::/32 proto 84 metric 2147483647");
  EXPECT_EQ(describe(Route{.to = network("::/0"),
                           .metric = 1024,
                           .protocol = 9,
                           .device = 2,
                           .source = address6("2001:db8::1"),
                           .gateway = address6("fe80::9")},
                     "eth0"),
            "::/0 via fe80::9 dev eth0 proto ra metric 1024 src 2001:db8::1");
  EXPECT_EQ(describe(DeleteRoute{kTun, Route{.to = network("10.0.0.0/8"), .device = 7}}),
            "route delete 10.0.0.0/8 dev tun0 proto 84 metric 0");
}

TEST(Describe, EscapesWhatOthersNamed) {
  EXPECT_EQ(describe(DeleteLink{{7, "a\nb"}}), "link delete dev a\\nb");
}

TEST(Address, KnowsItsSubnet) {
  EXPECT_EQ((Address{.local = address("192.168.1.7"), .peer = address("192.168.1.7"), .length = 24})
                .subnet(),
            network("192.168.1.0/24"));
  EXPECT_EQ(
      (Address{.local = address("10.0.0.1"), .peer = address("10.0.0.2"), .length = 32}).subnet(),
      network("10.0.0.2/32"));
  EXPECT_EQ(
      (Address{.local = address("10.0.0.1"), .peer = address("10.0.0.1"), .length = 0}).subnet(),
      network("0.0.0.0/0"));
  EXPECT_EQ((Address{.local = address6("fe80::1:2"), .peer = address6("fe80::1:2"), .length = 64})
                .subnet(),
            network("fe80::/64"));
  EXPECT_EQ(
      (Address{.local = address6("fd00::1"), .peer = address6("fd00::2"), .length = 128}).subnet(),
      network("fd00::2/128"));
}

TEST(Address, KnowsWhetherItHasASubnet) {
  EXPECT_TRUE((Address{.local = address("192.168.1.7"), .length = 31}).has_subnet());
  EXPECT_FALSE((Address{.local = address("192.168.1.7"), .length = 32}).has_subnet());
  EXPECT_TRUE((Address{.local = address6("fd00::1"), .length = 32}).has_subnet());
  EXPECT_FALSE((Address{.local = address6("fd00::1"), .length = 128}).has_subnet());
}

TEST(WantedInterface, CarriesTheFamiliesItHasAddressesOf) {
  auto site = samples::clinic();
  EXPECT_TRUE(site.carries(Family::Ipv4));
  EXPECT_TRUE(site.carries(Family::Ipv6));
  site.mtu = Mtu{1280};
  EXPECT_TRUE(site.carries(Family::Ipv6));
  site.mtu = Mtu{1279};
  EXPECT_FALSE(site.carries(Family::Ipv6));
  site = samples::clinic_of_ipv6();
  EXPECT_FALSE(site.carries(Family::Ipv4));
  site.ipv6.reset();
  EXPECT_TRUE(site.carries(Family::Ipv6));
  site.link_local.reset();
  EXPECT_FALSE(site.carries(Family::Ipv6));
}

}  // namespace
}  // namespace tunnel::routes
