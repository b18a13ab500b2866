// A link whose MRU is 1400: what hosts that know nothing of it are told.

#include "tests/netns/both_families.hpp"
#include "tests/support/datagrams.hpp"
#include "tests/support/sites.hpp"
#include "tests/support/tcp_stream.hpp"
#include "tests/support/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tunnel::test {
namespace {

using testing::ElementsAre;

constexpr std::uint16_t kMru = 1400;
constexpr std::uint16_t kHeaders4 = 40;
constexpr std::uint16_t kHeaders6 = 60;

constexpr std::uint16_t kEthernet = 1500;

/// A TCP header, behind those of Ethernet and of IP without options; nothing behind others.
ByteReader tcp_header(const Frame& frame) {
  ByteReader in{frame.bytes};
  in.take(12);
  const auto type = in.u16();
  const bool v4 = type == 0x0800;
  if (!v4 && type != 0x86dd) return ByteReader{{}};
  in.take(v4 ? 9 : 6);
  const bool tcp = in.u8() == 6;
  in.take(v4 ? 10 : 33);
  return tcp ? in : ByteReader{{}};
}

/// The MSS of each SYN that came in.
std::vector<std::uint16_t> announced_in(Capture& capture) {
  std::vector<std::uint16_t> found;
  for (const auto& frame : capture.take()) {
    auto in = tcp_header(frame);
    in.take(13);
    const auto flags = in.u8();
    if (frame.outgoing || !flags || (*flags & 2) == 0) continue;
    in.take(6);
    while (const auto kind = in.u8()) {
      if (*kind == 0) break;
      if (*kind == 1) continue;
      const auto length = in.u8();
      if (*kind == 2) found.push_back(in.u16().value_or(0));
      if (*kind == 2 || !length || !in.take(*length - 2U)) break;
    }
  }
  return found;
}

/// Sends what is one octet too large for `mru`, and what is not, from and to either site.
void expect_limit(World& world, std::uint16_t mru) {
  struct Path {
    const char* from;
    const char* to;
    const char* address;
    const char* gateway;  // who tells it
    std::size_t headers;
  };

  constexpr Path kPaths[] = {{"client", "routera", "192.168.253.1", "192.168.1.10", 28},
                             {"client", "routera", "fd00:253::1", "fd00:1::10", 48},
                             {"routera", "client", "192.168.1.215", "192.168.253.4", 28},
                             {"routera", "client", "fd00:1::215", "fd00:253::4", 48}};
  for (const auto& path : kPaths) {
    SCOPED_TRACE(path.address);
    Datagrams datagrams{world, path.from, path.to, path.address};
    datagrams.send_whole(mru + 1 - path.headers);
    EXPECT_EQ(datagrams.wait_for_too_big(), (TooBig{mru, path.gateway}));
    datagrams.send_whole(mru - path.headers);
    EXPECT_EQ(datagrams.receive().size(), mru - path.headers);
  }
}

class Mtu : public testing::Test {
 protected:
  Mtu() {
    add_ipv6(world_);
    for (const auto* gateway : {"home", "labs"}) {
      world_.edit_profile(gateway, "[routes]", "mru = 1400\nclamp_mss = true\n\n[routes]");
    }
    world_.start();
    wait_for_ipv6(world_);
  }

  /// What client and routera tell each other over a new connection, as each hears it.
  void expect_announced(const std::string& address, std::uint16_t mss) {
    Capture at_client{world_, "client", "eth0"};
    Capture at_routera{world_, "routera", "eth0"};
    const TcpConnection connection{world_, "client", "routera", address};
    EXPECT_THAT(announced_in(at_routera), ElementsAre(mss)) << address;
    EXPECT_THAT(announced_in(at_client), ElementsAre(mss)) << address;
  }

  World world_;
};

TEST_F(Mtu, IsInTheMssOfConnectionsThroughTheTunnelUnlessAProfileSaysOtherwise) {
  expect_announced("192.168.253.1", kMru - kHeaders4);
  expect_announced("fd00:253::1", kMru - kHeaders6);

  for (const auto* gateway : {"home", "labs"}) {
    world_.edit_profile(gateway, "clamp_mss = true", "clamp_mss = false");
  }
  world_.tunnelctl("home", {"down", "labs"});
  // Each by the gateway that it came to first.
  for (const auto& [gateway, state] : {std::pair{"home", "down"}, {"labs", "listening"}}) {
    const auto site = world_.wait_for(gateway, is_state(state));
    EXPECT_EQ(number_of(site.at("fast_path").as_object(), "mss_clamped"), 2) << gateway;
  }
  for (const auto* gateway : {"home", "labs"}) world_.tunnelctl(gateway, {"reload"});
  world_.tunnelctl("home", {"up", "labs"});
  wait_for_ipv6(world_);

  expect_announced("192.168.253.1", kEthernet - kHeaders4);
  expect_announced("fd00:253::1", kEthernet - kHeaders6);
  // Then both hosts learn it from ICMP.
  for (const auto* address : {"192.168.253.1", "fd00:253::1"}) {
    transfer(world_, "client", "routera", address, 256 * 1024);
  }
}

TEST_F(Mtu, IsToldToWhoeverSendsAPacketThatIsTooLarge) {
  expect_limit(world_, kMru);
}

// The device outlives the link; its MTU is that of the next one.
TEST_F(Mtu, IsThatOfTheLinkThatCameLast) {
  for (const auto* gateway : {"home", "labs"}) {
    world_.edit_profile(gateway, "mru = 1400", "mru = 1320");
    world_.tunnelctl(gateway, {"reload"});
  }
  world_.wait_for("home", [](const auto& site) {
    return text_of(site, "state") == "up" && number_of(site, "transmit_mru") == 1320;
  });
  wait_for_ipv6(world_);
  expect_limit(world_, 1320);
  expect_announced("192.168.253.1", 1320 - kHeaders4);
}

}  // namespace
}  // namespace tunnel::test
