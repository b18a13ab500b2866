// Filter, NAPT and source checks do not need us: what they let through, and what they do not, once
// nothing of ours is left alive.

#include "filter/packet/packet_text.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/packets.hpp"
#include "tests/support/sites.hpp"
#include "tests/support/stolen_tunnel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using filter::packet::Packet;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// The reference sites, with somebody at work in the middle of the tunnel.
class KillSwitch : public testing::Test {
 protected:
  KillSwitch() {
    use_reference_policy(world_);
    world_.start();
    // Whoever gets through is answered, so that no test is right because nobody listens.
    for (const auto* port : {"23", "8080"}) {
      servers_.push_back(world_.spawn(
          "routera",
          {"socat", "-d", "-d", "TCP4-LISTEN:" + std::string{port} + ",fork", "EXEC:cat"}));
      servers_.back().wait_for("listening on");
    }
    // HOME dials again, and nothing of ours shall be started for it.
    world_.stop("labs", "sshd");
    tunnel_.emplace(world_);
    EXPECT_THAT(world_.programs_on("labs"),
                AllOf(Each(Not(HasSubstr("tunneld"))), Each(Not(HasSubstr("pppd-bridge")))));
  }

  /// What came out of the tunnel for this port of HOME's client.
  std::string await_for(std::uint16_t port) const {
    const auto packet = tunnel_->await([port](const Packet& each) {
      return each.protocol == filter::kTcp && each.ends.destination_port == port;
    });
    return filter::packet::print(packet);
  }

  World world_;
  std::vector<Process> servers_;
  std::optional<StolenTunnel> tunnel_;
};

TEST_F(KillSwitch, StillTranslatesWhatMayCross) {
  Capture wire{world_, "routera", "eth0"};
  tunnel_->send("tcp 192.168.1.215,3936 192.168.253.1,23 S");
  EXPECT_THAT(await_for(3936), HasSubstr("tcp 192.168.253.1,23 192.168.1.215,3936 SA"));
  EXPECT_THAT(segments_in(wire.take()), ElementsAre("192.168.253.4 -> 192.168.253.1,23 S"));
}

TEST_F(KillSwitch, StillBlocksTheRest) {
  Capture wire{world_, "routera", "eth0"};
  tunnel_->send("tcp 192.168.1.215,1024 192.168.253.1,8080 S");
  tunnel_->send("udp 192.168.1.215,1024 192.168.253.1,53");
  tunnel_->send("tcp 192.168.1.215,1025 192.168.253.1,23 A");  // of no session
  // Packets keep their order: this one is behind all of them.
  tunnel_->send("tcp 192.168.1.215,3936 192.168.253.1,23 S");
  await_for(3936);
  const auto frames = wire.take();
  EXPECT_THAT(segments_in(frames), ElementsAre("192.168.253.4 -> 192.168.253.1,23 S"));
  EXPECT_EQ(packets_in(frames).size(), 1U);
}

TEST_F(KillSwitch, StillChecksWhereItCameFrom) {
  Capture wire{world_, "routera", "eth0"};
  for (const auto* source : {"10.9.9.1", "192.168.253.2", "172.16.1.100", "203.0.113.1"}) {
    tunnel_->send(std::string{"tcp "} + source + ",1024 192.168.253.1,23 S");
  }
  tunnel_->send("tcp 192.168.1.215,3936 192.168.253.1,23 S");
  await_for(3936);
  EXPECT_THAT(segments_in(wire.take()), ElementsAre("192.168.253.4 -> 192.168.253.1,23 S"));
}

TEST_F(KillSwitch, StillLetsNobodyIntoHome) {
  // As somebody does who knows the way.
  world_.shell("routera", "ip route add 192.168.1.0/24 via 192.168.253.4");
  world_.exec("routera", {"nc", "-z", "-w", "1", "192.168.1.215", "22"});
  const auto ping = world_.spawn("routera", {"ping", "-c", "1", "-W", "1", "192.168.1.215"});
  const auto first = tunnel_->await(
      [](const Packet& packet) { return packet.ends.destination.str() == "192.168.1.215"; });
  EXPECT_EQ(first.protocol, filter::kIcmp);
}

}  // namespace
}  // namespace tunnel::test
