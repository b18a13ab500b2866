// What comes out of a tunnel must be of its site, also where nothing of ours is left alive, or
// somebody has got hold of the bridge: the kernel's own check.

#include "filter/packet/packet_text.hpp"
#include "pppd-bridge/tun/tun_device.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <poll.h>
#include <unistd.h>

#include <array>
#include <string>

namespace tunnel::test {
namespace {

using testing::HasSubstr;

/// Labs' tunnel in the hands of somebody else: tunneld and bridge are dead, and its device is ours.
class StolenTunnel {
 public:
  explicit StolenTunnel(const World& world) {
    world.kill_tunneld_and_bridge("labs", world.bridge_pid("labs"));
    const InNetwork labs{world, "labs"};
    auto device = tun::open_device(*InterfaceName::parse("tun0"));
    if (!device) throw std::runtime_error{device.error().message()};
    device_ = std::move(*device);
    if (!tun::set_carrier(device_, tun::Carrier::On)) throw std::runtime_error{"set the carrier"};
    world.shell("labs",
                "ip address add 10.224.1.2 peer 10.224.1.1 dev tun0; ip link set tun0 up; "
                "ip route replace 192.168.1.0/24 dev tun0; ip route replace 10.9.9.0/24 dev tun0");
  }

  /// Puts a packet in, as `tunnelctl filter test` writes them, behind "in on tun0".
  void send(const std::string& text) const {
    const auto parsed = filter::packet::parse_packet_text("in on tun0 " + text);
    const auto& octets = std::get<filter::packet::WrittenPacket>(parsed).octets;
    ASSERT_EQ(::write(device_.get(), octets.data(), octets.size()),
              static_cast<ssize_t>(octets.size()));
  }

  /// Waits for an ICMP echo reply to an address to come out.
  void await_reply_to(Ipv4Address to) const {
    std::array<std::uint8_t, 2048> packet{};
    for (;;) {
      pollfd wait{device_.get(), POLLIN, 0};
      if (::poll(&wait, 1, static_cast<int>(kPatience.count())) != 1) throw Timeout{"no reply"};
      const auto got = ::read(device_.get(), packet.data(), packet.size());
      if (got < 28 || packet[9] != 1 || packet[20] != 0) continue;
      const auto address = static_cast<std::uint32_t>(packet[16]) << 24 |
                           static_cast<std::uint32_t>(packet[17]) << 16 |
                           static_cast<std::uint32_t>(packet[18]) << 8 | packet[19];
      if (address == to.value) return;
    }
  }

 private:
  UniqueFd device_;
};

TEST(SourceCheck, DropsWhatIsNotOfTheSite) {
  World world;
  world.start();
  const StolenTunnel tunnel{world};
  for (const auto* source : {"10.9.9.1", "192.168.253.2", "10.224.1.2", "203.0.113.1"}) {
    tunnel.send(std::string{"icmp "} + source + " 192.168.253.1 echo");
  }
  // In the same order: when the last one is answered, all are decided about.
  tunnel.send("icmp 192.168.1.215 192.168.253.1 echo");
  tunnel.await_reply_to(*Ipv4Address::parse("192.168.1.215"));
  tunnel.send("icmp 10.224.1.1 192.168.253.1 echo");
  tunnel.await_reply_to(*Ipv4Address::parse("10.224.1.1"));
  EXPECT_THAT(world.shell("labs", "nft list chain inet tunneld sources_tun0"),
              HasSubstr("counter packets 4 "));
}

}  // namespace
}  // namespace tunnel::test
