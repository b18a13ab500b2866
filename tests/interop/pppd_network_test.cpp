// Deflate, IPv6 and name servers with pppd.

#include "tests/interop/payload.hpp"
#include "tests/interop/pppd_link.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <sstream>
#include <string>

namespace tunnel::test {
namespace {

using testing::HasSubstr;

class PppdNetwork : public PppdLink {
 protected:
  /// Echo requests, six full seconds at most.
  static bool pings6(const std::string& address) {
    return run({"ping", "-6", "-n", "-c", "3", "-i", "0.2", "-w", "6", address}).status == 0;
  }

  /// Both ends have their link-local address, and answers from the other's.
  void expect_pings6_cross() {
    bridge().wait_for_nth("fe80::2 -> fe80::1", 1);
    guest().wait_for("remote LL address fe80::0000:0000:0000:0002");
    EXPECT_TRUE(pings6("fe80::1%tun0"));
    EXPECT_EQ(guest().exec("ping6 -c 3 fe80::2%ppp0").status, 0);
  }

  /// Octets, as the guest has counted them: of packets, and on the serial line that carries them.
  struct Traffic {
    std::uint64_t packets = 0;
    std::uint64_t line = 0;
  };

  struct BothWays {
    Traffic ours;
    Traffic pppds;
  };

  BothWays traffic() {
    std::istringstream counters{guest().shell(
        "cd /sys/class/net/ppp0/statistics; cat rx_bytes tx_bytes;"
        "sed -n 's/^1:.* tx:\\([0-9]*\\) rx:\\([0-9]*\\).*/\\2 \\1/p' /proc/tty/driver/serial")};
    BothWays all;
    counters >> all.ours.packets >> all.pppds.packets >> all.ours.line >> all.pppds.line;
    EXPECT_TRUE(counters) << "the guest has no such counters";
    return all;
  }

  /// What crosses for three echo requests of pppd's and their answers, which have nothing in them
  /// but the same octet over and over, or the same few.
  BothWays traffic_of_pings() {
    constexpr unsigned kSize = 1400;
    const auto before = traffic();
    EXPECT_TRUE(guest().reaches(kOurs, kSize));
    const auto after = traffic();
    const auto between = [](const Traffic& from, const Traffic& to) {
      EXPECT_GE(to.packets - from.packets, 3 * kSize);
      return Traffic{to.packets - from.packets, to.line - from.line};
    };
    return {between(before.ours, after.ours), between(before.pppds, after.pppds)};
  }

  static bool compressed(const Traffic& traffic) { return traffic.line < traffic.packets / 4; }
};

TEST_F(PppdNetwork, CompressesByDeflateBothWays) {
  join("deflate 15,15 nobsdcomp novj noipv6", {"--option", "deflate=request"});
  guest().wait_for("Deflate (15) compression enabled");
  bridge().wait_for_nth("compress Deflate, decompress Deflate", 1);
  const auto crossed = traffic_of_pings();
  EXPECT_TRUE(compressed(crossed.ours) && compressed(crossed.pppds));
  expect_packets_cross();
}

TEST_F(PppdNetwork, CompressesBySmallWindows) {
  join("deflate 9,9 nobsdcomp novj noipv6", {"--option", "deflate=request"});
  guest().wait_for("Deflate (9) compression enabled");
  bridge().wait_for_nth("compress Deflate, decompress Deflate", 1);
  const auto crossed = traffic_of_pings();
  EXPECT_TRUE(compressed(crossed.ours) && compressed(crossed.pppds));
  expect_packets_cross();
}

TEST_F(PppdNetwork, CompressesTowardsPppdAloneWhereWeOnlyAccept) {
  join("deflate 15,15 bsdcomp 12,12", {"--option", "deflate=accept"});
  bridge().wait_for_nth("compress Deflate, decompress no", 1);
  guest().wait_for("receive compression enabled");
  const auto crossed = traffic_of_pings();
  EXPECT_TRUE(compressed(crossed.ours));
  EXPECT_GT(crossed.pppds.line, crossed.pppds.packets);
  expect_packets_cross();
}

TEST_F(PppdNetwork, HasIpv6BesideIpv4) {
  join("+ipv6 ipv6 ::1,::2", {"--option", "ipv6=request"});
  expect_pings6_cross();
  expect_packets_cross();
}

TEST_F(PppdNetwork, HasIpv6Alone) {
  start_pppd("noip +ipv6 ipv6 ::1,::2");
  start_bridge({"--option", "ipv6=request", "--option", "ip=deny"});
  expect_pings6_cross();
}

TEST_F(PppdNetwork, WithoutIpv6IsNoHindrance) {
  join("noipv6", {"--option", "ipv6=request"});
  expect_packets_cross();
}

TEST_F(PppdNetwork, GetsOurNameServers) {
  start_pppd("usepeerdns");
  start_bridge({"--dns", "10.99.0.53", "10.99.1.53"});
  wait_until_up();
  guest().wait_for("primary   DNS address 10.99.0.53");
  guest().wait_for("secondary DNS address 10.99.1.53");
  expect_packets_cross();
}

TEST_F(PppdNetwork, TellsUsItsNameServers) {
  start_pppd("ms-dns 10.99.0.54");
  start_bridge({"--option", "dns=request"});
  wait_until_up();
  bridge().wait_for_nth("IPCP: dns 10.99.0.54", 1);
  expect_packets_cross();
}

TEST_F(PppdNetwork, GivesUsAnAddress) {
  start_pppd("");
  start_bridge({"--local", "0.0.0.0/0"});
  wait_until_up();
  expect_packets_cross();
}

}  // namespace
}  // namespace tunnel::test
