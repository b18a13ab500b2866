// rtnetlink messages. Requests and answers have one format, so what encode() makes of a route or an
// address must be what decode_route() and decode_address() read.

#include "routes/messages.hpp"

#include "tests/routes/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cstring>
#include <string_view>

namespace tunnel::routes::messages {
namespace {

using samples::address;
using samples::address6;
using samples::network;

template <typename Value>
Message raw(const Value& value) {
  Message bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

Message zero_ended(std::string_view text) {
  Message bytes = to_bytes(text);
  bytes.push_back(0);
  return bytes;
}

Message operator+(Message left, const Message& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Message attribute(int type, const Message& value) {
  const auto length = static_cast<std::uint16_t>(sizeof(rtattr) + value.size());
  auto bytes = raw(rtattr{length, static_cast<std::uint16_t>(type)}) + value;
  bytes.resize(RTA_ALIGN(bytes.size()));
  return bytes;
}

template <typename Header>
Message message(std::uint16_t type, const Header& header, const Message& attributes) {
  nlmsghdr first{};
  first.nlmsg_len = static_cast<std::uint32_t>(sizeof first + sizeof header + attributes.size());
  first.nlmsg_type = type;
  return raw(first) + raw(header) + attributes;
}

/// The number that settings() gives the one that is not zero, in this machine's byte order.
std::uint32_t raw_one() {
  const std::array<std::uint8_t, 4> bytes{1, 0, 0, 0};
  std::uint32_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

/// The settings of a device as the kernel sends them, all zero but one.
Message settings(std::size_t count, std::size_t index) {
  Message bytes(count * sizeof(std::uint32_t));
  bytes[index * sizeof(std::uint32_t)] = 1;  // not zero, in either byte order
  return bytes;
}

Message tun_link(const Message& inet, const Message& inet6) {
  ifinfomsg header{};
  header.ifi_index = 7;
  header.ifi_flags = IFF_UP | IFF_LOWER_UP;
  return message(
      RTM_NEWLINK, header,
      attribute(IFLA_IFNAME, zero_ended("tun0")) + attribute(IFLA_MTU, raw(std::uint32_t{1400})) +
          attribute(IFLA_IFALIAS, zero_ended("tunneld:labs")) +
          attribute(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, zero_ended("tun"))) +
          attribute(IFLA_AF_SPEC, attribute(AF_INET, attribute(IFLA_INET_CONF, inet)) +
                                      attribute(AF_INET6, attribute(IFLA_INET6_CONF, inet6))));
}

Message tun_link() {
  return tun_link(settings(IPV4_DEVCONF_MAX, IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN - 1),
                  settings(DEVCONF_MAX, DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN));
}

std::vector<Route> sample_routes() {
  return {
      {.to = network("192.168.253.0/24"),
       .metric = 50,
       .device = 7,
       .source = address("10.224.1.1")},
      {.to = network("192.168.253.0/24"), .type = RouteType::Unreachable, .metric = kGuardMetric},
      {.to = network("10.224.1.2/32"), .metric = 1, .device = 7},
      {.to = network("0.0.0.0/0"),
       .metric = 100,
       .protocol = 16,
       .device = 2,
       .gateway = address("203.0.113.2")},
      {.to = network("192.0.2.0/24"), .metric = 0, .device = 7, .tos = 0x10},
      {.to = network("2001:db8:1::/48"), .metric = 50, .device = 7},
      {.to = network("2001:db8:2::/48"),
       .metric = 50,
       .device = 7,
       .source = address6("fd00:224::1")},
      {.to = network("2001:db8:1::/48"), .type = RouteType::Unreachable, .metric = kGuardMetric},
      {.to = network("::/0"),
       .metric = 1024,
       .protocol = 4,
       .device = 2,
       .gateway = address6("fe80::1")}};
}

/// decode() finds nothing in the message cut short anywhere.
template <typename Decode>
void expect_whole_only(const Message& whole, Decode decode) {
  ASSERT_TRUE(decode(whole).has_value());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const Message cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(decode(cut).has_value()) << length;
  }
}

TEST(Messages, CarryRoutesThereAndBack) {
  for (const auto& route : sample_routes()) {
    SCOPED_TRACE(describe(route, ""));
    const auto encoded = encode(AddRoute{{}, route});
    ASSERT_TRUE(encoded);
    EXPECT_EQ(decode_route(*encoded), route);
    expect_whole_only(*encoded, decode_route);
  }
}

TEST(Messages, CarryAddressesThereAndBack) {
  const std::vector<Address> all{
      {.device = 7, .local = address("10.224.1.1"), .peer = address("10.224.1.2")},
      {.device = 2, .local = address("192.168.1.1"), .peer = address("192.168.1.1"), .length = 24},
      {.device = 7, .local = address6("fe80::1"), .peer = address6("fe80::1"), .length = 64},
      {.device = 7, .local = address6("fd00::1"), .peer = address6("fd00::1"), .length = 128},
      {.device = 7, .local = address6("fd00::1"), .peer = address6("fd00::2"), .length = 128}};
  for (const auto& each : all) {
    const auto encoded = encode(AddAddress{{}, each});
    ASSERT_TRUE(encoded);
    EXPECT_EQ(decode_address(*encoded), each);
    expect_whole_only(*encoded, decode_address);
  }
}

TEST(Messages, TellALinksSettings) {
  const auto link = decode_link(tun_link());
  ASSERT_TRUE(link);
  EXPECT_EQ(*link, (Link{.index = 7,
                         .name = "tun0",
                         .alias = "tunneld:labs",
                         .mtu = Mtu{1400},
                         .tun = true,
                         .up = true,
                         .lower_up = true,
                         .forwarding = false,
                         .ignore_linkdown = true,
                         .ipv6 = Ipv6Settings{.disabled = false,
                                              .invents_addresses = true,
                                              .autoconf = false,
                                              .forwarding = false,
                                              .ignore_linkdown = true,
                                              .accept_ra = 0}}));
  EXPECT_TRUE(link->ours());
  EXPECT_EQ(link->state(), LinkState::Up);
  expect_whole_only(tun_link(), decode_link);
}

TEST(Messages, TellForwardingFromTheOtherSettings) {
  const auto link = decode_link(
      tun_link(settings(IPV4_DEVCONF_MAX, IPV4_DEVCONF_FORWARDING - 1), settings(DEVCONF_MAX, 0)));
  ASSERT_TRUE(link);
  EXPECT_TRUE(link->forwarding);
  EXPECT_FALSE(link->ignore_linkdown);
  EXPECT_FALSE(link->ipv6->ignore_linkdown);
}

TEST(Messages, TellEachSettingOfIpv6FromTheOthers) {
  const auto with = [](std::size_t index) {
    const auto link = decode_link(tun_link(settings(IPV4_DEVCONF_MAX, IPV4_DEVCONF_ARP_NOTIFY - 1),
                                           settings(DEVCONF_MAX, index)));
    return link && link->ipv6 ? *link->ipv6 : Ipv6Settings{};
  };
  const Ipv6Settings none{.disabled = false, .autoconf = false, .accept_ra = 0};
  auto expected = none;
  expected.disabled = true;
  EXPECT_EQ(with(DEVCONF_DISABLE_IPV6), expected);
  expected = none;
  expected.autoconf = true;
  EXPECT_EQ(with(DEVCONF_AUTOCONF), expected);
  expected = none;
  expected.forwarding = true;
  EXPECT_EQ(with(DEVCONF_FORWARDING), expected);
  expected = none;
  expected.accept_ra = raw_one();
  EXPECT_EQ(with(DEVCONF_ACCEPT_RA), expected);
  EXPECT_EQ(with(DEVCONF_MTU6), none);
}

TEST(Messages, TellWhoInventsAddresses) {
  const auto conf = attribute(IFLA_INET6_CONF, settings(DEVCONF_MAX, DEVCONF_MTU6));
  const auto mode = [&](std::uint8_t number) {
    ifinfomsg header{};
    const auto inet6 = conf + attribute(IFLA_INET6_ADDR_GEN_MODE, {number});
    const auto link = decode_link(message(RTM_NEWLINK, header,
                                          attribute(IFLA_IFNAME, zero_ended("tun0")) +
                                              attribute(IFLA_AF_SPEC, attribute(AF_INET6, inet6))));
    return link && link->ipv6 && link->ipv6->invents_addresses;
  };
  EXPECT_TRUE(mode(IN6_ADDR_GEN_MODE_EUI64));
  EXPECT_FALSE(mode(IN6_ADDR_GEN_MODE_NONE));
  EXPECT_TRUE(mode(IN6_ADDR_GEN_MODE_STABLE_PRIVACY));
  EXPECT_TRUE(mode(IN6_ADDR_GEN_MODE_RANDOM));
}

// Its MTU is too small, or the kernel has none.
TEST(Messages, TellALinkWithoutIpv6) {
  const auto link =
      decode_link(message(RTM_NEWLINK, ifinfomsg{}, attribute(IFLA_IFNAME, zero_ended("tun0"))));
  ASSERT_TRUE(link);
  EXPECT_FALSE(link->ipv6);
}

// An older kernel knows fewer settings.
TEST(Messages, TakeMissingSettingsForOff) {
  const auto link = decode_link(tun_link(settings(1, 0), settings(1, 0)));
  ASSERT_TRUE(link);
  EXPECT_TRUE(link->forwarding);
  EXPECT_FALSE(link->ignore_linkdown);
  EXPECT_FALSE(link->ipv6->ignore_linkdown);
}

TEST(Messages, LeaveOutRoutesOfOtherTables) {
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_table = RT_TABLE_UNSPEC;
  header.rtm_type = RTN_UNICAST;
  const auto in_table = [&](std::uint32_t table) {
    return decode_route(message(RTM_NEWROUTE, header, attribute(RTA_TABLE, raw(table))));
  };
  EXPECT_TRUE(in_table(RT_TABLE_MAIN).has_value());
  EXPECT_FALSE(in_table(RT_TABLE_LOCAL).has_value());
  EXPECT_FALSE(in_table(1000).has_value());
}

TEST(Messages, TellAGatewayOfTheOtherFamily) {
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_type = RTN_UNICAST;
  const auto via = raw(std::uint16_t{AF_INET6}) + raw(samples::network("fe80::1").ipv6().bytes);
  const auto route = decode_route(message(RTM_NEWROUTE, header, attribute(RTA_VIA, via)));
  ASSERT_TRUE(route);
  EXPECT_EQ(route->gateway, IpAddress{address6("fe80::1")});
}

TEST(Messages, AreNotMistakenForOneAnother) {
  const auto route = encode(AddRoute{{}, sample_routes().front()});
  ASSERT_TRUE(route);
  EXPECT_FALSE(decode_link(*route).has_value());
  EXPECT_FALSE(decode_address(*route).has_value());
  EXPECT_FALSE(decode_route(tun_link()).has_value());
}

// Only these have no netlink request.
TEST(Messages, ExistForEveryChangeButTheFiles) {
  EXPECT_FALSE(encode(SetForwarding{}));
  EXPECT_FALSE(encode(SetForwarding{Family::Ipv6}));
  EXPECT_FALSE(encode(SetIpv6{{7, "tun0"}, SetIpv6::Key::AcceptRa, 0}));
  EXPECT_TRUE(encode(StopInventingAddresses{{7, "tun0"}}));
  EXPECT_TRUE(encode(SetIgnoreLinkdown{{7, "tun0"}}));
  EXPECT_TRUE(encode(SetDeviceForwarding{{7, "tun0"}}));
  EXPECT_TRUE(encode(SetLink{.device = {7, "tun0"}}));
  EXPECT_TRUE(encode(DeleteLink{{7, "tun0"}}));
}

}  // namespace
}  // namespace tunnel::routes::messages
