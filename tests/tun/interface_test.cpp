// An interface configured without netlink, on the real kernel, checked by what ip(8) says.

#include "pppd-bridge/tun/interface.hpp"

#include "pppd-bridge/tun/tun_device.hpp"
#include "tests/routes/private_network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sched.h>

namespace tunnel::tun {
namespace {

using routes::lines_of;
using routes::run;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const Ipv4Ends kEnds{*Ipv4Address::parse("10.9.0.1"), *Ipv4Address::parse("10.9.0.2")};
const auto kLinkLocal = *Ipv6Address::parse("fe80::a:b");

class Interface : public testing::Test {
 protected:
  void SetUp() override {
    routes::enter_private_network();
    auto opened = open_device(kName);
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    device = std::move(*opened);
  }

  static void configure(const PointToPoint& wanted) {
    const auto done = configure_point_to_point(kName, wanted);
    EXPECT_TRUE(done.has_value()) << done.error().message();
  }

  /// "fe80::a:b/64", "10.9.0.1", …
  static std::vector<std::string> addresses(const std::string& family) {
    std::vector<std::string> all;
    for (const auto& line : lines_of("ip -o " + family + " address show dev tun7")) {
      const auto begin = line.find("inet") + 6 - (family == "-4" ? 1 : 0);
      all.push_back(line.substr(begin, line.find(' ', begin) - begin));
    }
    return all;
  }

  static inline const InterfaceName kName = *InterfaceName::parse("tun7");
  UniqueFd device;
};

TEST_F(Interface, OfIpv4HasBothEndsAndIsUp) {
  configure({.ipv4 = kEnds, .mtu = Mtu{1400}});
  EXPECT_THAT(lines_of("ip -o -4 address show dev tun7"),
              ElementsAre(HasSubstr("inet 10.9.0.1 peer 10.9.0.2/32")));
  EXPECT_THAT(run("ip link show dev tun7"), HasSubstr("mtu 1400"));
  EXPECT_THAT(run("ip link show dev tun7"), HasSubstr("UP,LOWER_UP"));
}

TEST_F(Interface, OfIpv6AloneHasTheLinkLocalAddressAndNoOther) {
  configure({.link_local = kLinkLocal, .mtu = Mtu{1500}});
  EXPECT_THAT(addresses("-6"), ElementsAre("fe80::a:b/64"));
  EXPECT_THAT(addresses("-4"), IsEmpty());
  EXPECT_THAT(lines_of("ip -6 route show dev tun7"), ElementsAre(StartsWith("fe80::/64")));
  EXPECT_THAT(run("ip -6 address show dev tun7"), Not(HasSubstr("tentative")));
  EXPECT_EQ(run("sysctl -n net.ipv6.conf.tun7.accept_ra net.ipv6.conf.tun7.autoconf"), "0\n0");
}

TEST_F(Interface, OfBothFamiliesHasBoth) {
  configure({.ipv4 = kEnds, .link_local = kLinkLocal, .mtu = Mtu{1280}});
  EXPECT_THAT(addresses("-4"), ElementsAre("10.9.0.1"));
  EXPECT_THAT(addresses("-6"), ElementsAre("fe80::a:b/64"));
}

TEST_F(Interface, TakesWhatIsAgreedTheNextTime) {
  configure({.ipv4 = kEnds, .link_local = kLinkLocal, .mtu = Mtu{1500}});
  run("ip route add 192.168.9.0/24 dev tun7 && ip address add fd00::7/128 dev tun7");
  configure({.ipv4 = kEnds, .link_local = kLinkLocal, .mtu = Mtu{1500}});  // the same again
  EXPECT_THAT(addresses("-6"), testing::UnorderedElementsAre("fe80::a:b/64", "fd00::7/128"));
  configure({.ipv4 = kEnds, .link_local = *Ipv6Address::parse("fe80::c:d"), .mtu = Mtu{1500}});
  EXPECT_THAT(addresses("-6"), testing::UnorderedElementsAre("fe80::c:d/64", "fd00::7/128"));
  EXPECT_THAT(lines_of("ip route show 192.168.9.0/24"),
              testing::SizeIs(1));  // nothing was set down
}

TEST_F(Interface, RunsIpv6WhereTheDefaultIsOff) {
  run("sysctl -q net.ipv6.conf.tun7.disable_ipv6=1");
  configure({.link_local = kLinkLocal, .mtu = Mtu{1500}});
  EXPECT_THAT(addresses("-6"), ElementsAre("fe80::a:b/64"));
}

TEST_F(Interface, WithTooSmallAnMtuGoesWithoutIpv6) {
  configure({.ipv4 = kEnds, .link_local = kLinkLocal, .mtu = Mtu{1279}});
  EXPECT_THAT(addresses("-4"), ElementsAre("10.9.0.1"));
  EXPECT_THAT(addresses("-6"), IsEmpty());
}

// As with ipv6.disable=1, where this folder of /proc does not exist.
TEST_F(Interface, SaysWhenTheKernelHasNoIpv6) {
  ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
  run("mount --make-rprivate / && mount -t tmpfs none /proc/sys/net/ipv6");
  const auto done = configure_point_to_point(kName, {.link_local = kLinkLocal, .mtu = Mtu{1500}});
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error().message(),
              HasSubstr("give tun7 an IPv6 address, for the kernel runs without IPv6"));
  configure({.ipv4 = kEnds, .mtu = Mtu{1500}});
}

TEST_F(Interface, NamesTheOneThatIsGone) {
  device.reset();
  const auto done = configure_point_to_point(kName, {.ipv4 = kEnds, .mtu = Mtu{1500}});
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error().message(), HasSubstr("tun7"));
}

}  // namespace
}  // namespace tunnel::tun
