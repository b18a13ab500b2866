// What comes out of a tunnel must be of its site, also where nothing of ours is left alive, or
// somebody has got hold of the bridge: the kernel's own check.

#include "tests/support/sites.hpp"
#include "tests/support/stolen_tunnel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tunnel::test {
namespace {

using testing::HasSubstr;

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
