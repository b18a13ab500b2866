#include "routes/change.hpp"

#include "tests/routes/samples.hpp"

#include <gtest/gtest.h>

namespace tunnel::routes {
namespace {

using samples::address;
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
  EXPECT_EQ(describe(SetIgnoreLinkdown{kTun, Family::Ipv6}),
            "sysctl net.ipv6.conf.tun0.ignore_routes_with_linkdown=1");
}

TEST(Describe, TellsAllThatMakesARoute) {
  EXPECT_EQ(describe(Route{.to = network("0.0.0.0/0"),
                           .metric = 7,
                           .protocol = 16,
                           .device = 2,
                           .source = address("192.0.2.1"),
                           .gateway = network("192.0.2.254"),
                           .tos = 16},
                     "eth0"),
            "0.0.0.0/0 via 192.0.2.254 dev eth0 proto dhcp metric 7 tos 16 src 192.0.2.1");
  EXPECT_EQ(describe(ReplaceRoute{{},
                                  Route{.to = network("2001:db8::/32"),
                                        .type = RouteType::Unreachable,
                                        .metric = kGuardMetric}}),
            "route replace unreachable 2001:db8::/32 proto 84 metric 2147483647");
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
}

}  // namespace
}  // namespace tunnel::routes
