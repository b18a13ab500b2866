// The promise that nothing leaves in the clear, on the real kernel. Three tun devices: the tunnel,
// the LAN and the uplink with the default route. Their descriptors are the wires, so what leaves is
// read, not assumed.

#include "routes/reconcile.hpp"
#include "tests/routes/private_network.hpp"
#include "tests/routes/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

namespace tunnel::routes {
namespace {

using samples::address;
using samples::labs;
using testing::IsEmpty;

constexpr const char* kHostUnreachable = "3/1";

class FailClosed : public testing::Test {
 protected:
  void SetUp() override {
    enter_private_network();
    run("sysctl -q net.ipv6.conf.default.disable_ipv6=1 net.ipv4.icmp_ratelimit=0");
    lan.emplace("lan0");
    uplink.emplace("wan0");
    run("ip address add 192.168.1.1/24 dev lan0 && ip link set lan0 up");
    run("ip address add 203.0.113.1/30 dev wan0 && ip link set wan0 up");
    run("ip route add default via 203.0.113.2 dev wan0");
    auto opened = Kernel::open();
    ASSERT_TRUE(opened.has_value());
    kernel.emplace(std::move(*opened));
  }

  void reconcile_cleanly(const Wanted& want) {
    const auto outcome = reconcile(*kernel, want);
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message();
    for (const auto& failure : outcome->failed) ADD_FAILURE() << failure.error.message();
  }

  /// The kernel acts on a carrier that goes off within a second (linkwatch; on again: at once, but
  /// not synchronously), and announces it. Until then packets go into the tunnel's queue.
  void await_routes(LinkState state) {
    for (;;) {
      ASSERT_TRUE(kernel->drain().has_value());
      auto routes = routes_to("dev " + tunnel_name);
      for (auto& route : ipv6_routes_to("dev " + tunnel_name)) routes.push_back(std::move(route));
      if (std::all_of(routes.begin(), routes.end(), [state](const std::string& route) {
            const bool linkdown = route.find("linkdown") != std::string::npos;
            return linkdown == (state == LinkState::Held);
          })) {
        return;
      }
      ASSERT_TRUE(wait_readable(kernel->notification_fd()));
    }
  }

  /// A host of the LAN sends to `destination`, and hears that it is unreachable; nothing is sent
  /// over the uplink.
  void expect_refused(Ipv4Address destination) {
    SCOPED_TRACE(destination.str());
    lan->inject(udp_packet(kHost, destination));
    const auto answer = lan->next_ipv4();
    EXPECT_EQ(icmp_of(answer), kHostUnreachable);
    EXPECT_EQ(destination_of(answer), kHost);
    EXPECT_EQ(send_udp(destination), EHOSTUNREACH);  // the gateway itself
    EXPECT_THAT(uplink->pending_ipv4(), IsEmpty());
  }

  /// The same packet comes out at `wire`.
  void expect_carried(const TestTun& wire, Ipv4Address destination) {
    SCOPED_TRACE(destination.str());
    lan->inject(udp_packet(kHost, destination));
    const auto packet = wire.next_ipv4();
    EXPECT_EQ(source_of(packet), kHost);
    EXPECT_EQ(destination_of(packet), destination);
  }

  std::string tunnel_name = "tun0";

  static inline const Ipv4Address kHost = address("192.168.1.10");
  static inline const Ipv4Address kLabsHost = address("192.168.253.7");

  std::optional<TestTun> lan;
  std::optional<TestTun> uplink;
  std::optional<Kernel> kernel;
};

// What the others rest upon: without a guard the packet does go out in the clear, and is seen.
TEST_F(FailClosed, WithoutAGuardTheUplinkCarriesThePackets) {
  run("sysctl -q net.ipv4.ip_forward=1");
  expect_carried(*uplink, kLabsHost);
  EXPECT_EQ(send_udp(kLabsHost), 0);
  EXPECT_EQ(destination_of(uplink->next_ipv4()), kLabsHost);
}

TEST_F(FailClosed, GuardsRefuseBeforeThereIsADevice) {
  Wanted want{.forwarding = Forwarding::On};
  samples::guard(want, labs());
  reconcile_cleanly(want);
  expect_refused(kLabsHost);
  expect_refused(labs().ipv4->peer);
  expect_carried(*uplink, address("198.51.100.1"));  // forwarding is on, and others pass
}

TEST_F(FailClosed, PacketsPassWhileTheCarrierIsOn) {
  const TestTun tunnel{"tun0"};
  reconcile_cleanly(samples::wanted({labs()}));
  expect_carried(tunnel, kLabsHost);
  expect_carried(tunnel, labs().ipv4->peer);
  EXPECT_EQ(send_udp(kLabsHost), 0);
  EXPECT_EQ(source_of(tunnel.next_ipv4()), labs().ipv4->local);
  EXPECT_THAT(uplink->pending_ipv4(), IsEmpty());
}

TEST_F(FailClosed, WithTheCarrierOffPacketsAreRefusedAndRoutesStay) {
  const TestTun tunnel{"tun0"};
  const auto want = samples::wanted({labs()});
  reconcile_cleanly(want);
  tunnel.set_carrier(false);
  lan->inject(udp_packet(kHost, kLabsHost));  // too early to be refused; not to be kept in
  await_routes(LinkState::Held);
  EXPECT_THAT(uplink->pending_ipv4(), IsEmpty());
  lan->pending_ipv4();
  tunnel.pending_ipv4();

  expect_refused(kLabsHost);
  expect_refused(labs().ipv4->peer);
  EXPECT_THAT(tunnel.pending_ipv4(), IsEmpty());
  EXPECT_THAT(routes_to("192.168.253.0/24"),
              testing::Contains(
                  testing::AllOf(testing::HasSubstr("dev tun0"), testing::HasSubstr("linkdown"))));
  const auto actual = kernel->read(want);
  ASSERT_TRUE(actual.has_value());
  EXPECT_EQ(actual->link("tun0")->state(), LinkState::Held);

  tunnel.set_carrier(true);
  await_routes(LinkState::Up);
  expect_carried(tunnel, kLabsHost);
  expect_carried(tunnel, labs().ipv4->peer);
  EXPECT_EQ(kernel->read(want)->link("tun0")->state(), LinkState::Up);
}

TEST_F(FailClosed, ANewDeviceWithoutCarrierRefusesFromTheStart) {
  const TestTun tunnel{"tun0"};
  tunnel.set_carrier(false);
  reconcile_cleanly(samples::wanted({labs()}));
  await_routes(LinkState::Held);
  expect_refused(kLabsHost);
  expect_refused(labs().ipv4->peer);
}

TEST_F(FailClosed, WhenTheDeviceIsSetDownTheGuardsRefuse) {
  const TestTun tunnel{"tun0"};
  reconcile_cleanly(samples::wanted({labs()}));
  run("ip link set tun0 down");
  expect_refused(kLabsHost);
  expect_refused(labs().ipv4->peer);
}

TEST_F(FailClosed, WhenTheDeviceIsDeletedTheGuardsRefuse) {
  const TestTun tunnel{"tun0"};
  reconcile_cleanly(samples::wanted({labs()}));
  run("ip link delete tun0");
  expect_refused(kLabsHost);
  expect_refused(labs().ipv4->peer);
}

TEST_F(FailClosed, WhenTheHolderOfTheDeviceIsGoneTheGuardsRefuse) {
  std::optional<TestTun> tunnel{"tun0"};
  reconcile_cleanly(samples::wanted({labs()}));
  tunnel.reset();
  expect_refused(kLabsHost);
  expect_refused(labs().ipv4->peer);
}

/// The same for IPv6, with default routes of both families over the uplink.
class FailClosedIpv6 : public FailClosed {
 protected:
  void SetUp() override {
    FailClosed::SetUp();
    run("sysctl -q net.ipv6.conf.default.disable_ipv6=0 net.ipv6.conf.wan0.disable_ipv6=0 "
        "net.ipv6.conf.lan0.disable_ipv6=0 net.ipv6.icmp.ratelimit=0");
    run("ip address add 2001:db8:ffff::1/64 dev wan0 nodad && "
        "ip address add 2001:db8:1::1/64 dev lan0 nodad && "
        "ip -6 route add default via 2001:db8:ffff::2 dev wan0");
  }

  /// A host of the LAN hears that `destination` is unreachable; nothing is sent over the uplink.
  void expect_refused6(const Ipv6Address& destination) {
    SCOPED_TRACE(destination.str());
    lan->inject(udp_packet(kHost6, destination));
    auto answer = lan->next_ipv6();
    while (ipv6_destination_of(answer) != kHost6) answer = lan->next_ipv6();  // multicast
    EXPECT_THAT(icmp_of(answer), testing::StartsWith("1/"));
    EXPECT_EQ(send_udp(destination), EHOSTUNREACH);
    for (const auto& packet : uplink->pending_ipv6()) {
      EXPECT_NE(ipv6_destination_of(packet), destination);
    }
  }

  /// The same packet comes out at `wire`.
  void expect_carried6(const TestTun& wire, const Ipv6Address& destination) {
    SCOPED_TRACE(destination.str());
    lan->inject(udp_packet(kHost6, destination));
    auto packet = wire.next_ipv6();
    while (ipv6_destination_of(packet) != destination) packet = wire.next_ipv6();
    EXPECT_EQ(ipv6_source_of(packet), kHost6);
  }

  static inline const Ipv6Address kHost6 = samples::address6("2001:db8:1::10");
  static inline const Ipv6Address kClinicHost = samples::address6("2001:db8:44::7");
  static inline const Ipv6Address kClinicPeer = samples::clinic().ipv6->peer;
};

TEST_F(FailClosedIpv6, WithoutAGuardTheUplinkCarriesThePackets) {
  run("sysctl -q net.ipv6.conf.all.forwarding=1");
  expect_carried6(*uplink, kClinicHost);
}

TEST_F(FailClosedIpv6, GuardsRefuseBeforeThereIsADevice) {
  Wanted want{.forwarding = Forwarding::On};
  samples::guard(want, samples::clinic());
  reconcile_cleanly(want);
  expect_refused6(kClinicHost);
  expect_refused6(kClinicPeer);
  expect_carried6(*uplink, samples::address6("2001:db8:eeee::1"));  // forwarding is on
}

TEST_F(FailClosedIpv6, PacketsPassWhileTheCarrierIsOnAndAreRefusedWhileItIsOff) {
  const TestTun tunnel{"tun2"};
  tunnel_name = "tun2";
  reconcile_cleanly(samples::wanted({samples::clinic()}));
  expect_carried6(tunnel, kClinicHost);
  expect_carried6(tunnel, kClinicPeer);
  EXPECT_EQ(send_udp(kClinicHost), 0);
  EXPECT_EQ(ipv6_source_of(tunnel.next_ipv6()), samples::clinic().ipv6->local);

  tunnel.set_carrier(false);
  await_routes(LinkState::Held);
  expect_refused6(kClinicHost);
  expect_refused6(kClinicPeer);
  tunnel.set_carrier(true);
  await_routes(LinkState::Up);
  expect_carried6(tunnel, kClinicHost);
}

TEST_F(FailClosedIpv6, WhenTheHolderOfTheDeviceIsGoneTheGuardsRefuse) {
  std::optional<TestTun> tunnel{"tun2"};
  reconcile_cleanly(samples::wanted({samples::clinic()}));
  tunnel.reset();
  expect_refused6(kClinicHost);
  expect_refused6(kClinicPeer);
}

// A peer that offers IPv4 only: no way for the other family, and not into the tunnel either.
TEST_F(FailClosedIpv6, WhatTheLinkDoesNotCarryIsRefused) {
  const TestTun tunnel{"tun2"};
  auto site = samples::clinic();
  site.ipv6.reset();
  auto want = samples::wanted({site});
  want.guarded.push_back(Prefix::host(kClinicPeer));
  want.interfaces.front().link_local.reset();
  reconcile_cleanly(want);
  expect_refused6(kClinicHost);
  expect_refused6(kClinicPeer);
  EXPECT_THAT(tunnel.pending_ipv6(), IsEmpty());
}

// A site that withdraws its routes for a backup path: a worse route takes over, the peer does not.
TEST_F(FailClosed, WithdrawnNetworksTakeTheBackupPath) {
  const TestTun tunnel{"tun0"};
  run("ip route add 192.168.253.0/24 via 203.0.113.2 metric 500");
  auto want = samples::wanted({labs()});
  reconcile_cleanly(want);
  expect_carried(tunnel, kLabsHost);
  want.interfaces.front().networks.clear();
  want.guarded = {Prefix::host(labs().ipv4->peer)};
  reconcile_cleanly(want);
  expect_carried(*uplink, kLabsHost);
}

}  // namespace
}  // namespace tunnel::routes
