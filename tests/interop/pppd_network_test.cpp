// Deflate, IPv6 and name servers with pppd.

#include "tests/interop/payload.hpp"
#include "tests/interop/pppd_link.hpp"

#include <gmock/gmock.h>

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
};

TEST_F(PppdNetwork, CompressesByDeflateBothWays) {
  join("deflate 15,15 nobsdcomp novj noipv6", {"--option", "deflate=request"});
  guest().wait_for("Deflate (15) compression enabled");
  bridge().wait_for_nth("compress Deflate, decompress Deflate", 1);
  expect_packets_cross();
}

TEST_F(PppdNetwork, CompressesBySmallWindows) {
  join("deflate 9,9 nobsdcomp novj noipv6", {"--option", "deflate=request"});
  bridge().wait_for_nth("compress Deflate", 1);
  expect_packets_cross();
}

TEST_F(PppdNetwork, CompressesTowardsUsAloneWhereWeOnlyAccept) {
  join("deflate 15,15 bsdcomp 12,12", {"--option", "deflate=accept"});
  bridge().wait_for_nth("compress Deflate, decompress no", 1);
  expect_packets_cross();
}

TEST_F(PppdNetwork, HasIpv6BesideIpv4) {
  join("+ipv6 ipv6 ::1,::2", {"--option", "ipv6=request"});
  bridge().wait_for_nth("fe80::2 -> fe80::1", 1);
  guest().wait_for("remote LL address fe80::0000:0000:0000:0002");
  EXPECT_TRUE(pings6("fe80::1%tun0"));
  EXPECT_EQ(guest().exec("ping6 -c 3 fe80::2%ppp0 || ping -6 -c 3 -I ppp0 fe80::2").status, 0);
  expect_packets_cross();
}

TEST_F(PppdNetwork, HasIpv6Alone) {
  start_pppd("noip +ipv6 ipv6 ::1,::2");
  start_bridge({"--option", "ipv6=request", "--option", "ip=deny"});
  bridge().wait_for_nth("fe80::2 -> fe80::1", 1);
  EXPECT_TRUE(pings6("fe80::1%tun0"));
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
}

TEST_F(PppdNetwork, GivesUsAnAddress) {
  start_pppd("");
  start_bridge({"--local", "0.0.0.0/0"});
  wait_until_up();
  expect_packets_cross();
}

}  // namespace
}  // namespace tunnel::test
