// What the kernel or somebody else on the gateway refuses: the tun device, its name, its addresses.
// Status says what and how to mend it, and when it is mended the link comes up.

#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tunnel::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Device : public testing::Test {
 protected:
  void start() {
    world_.start_sshd();
    world_.start_tunneld("labs");
    world_.start_tunneld("home");
  }

  void expect_link_after_retry() {
    world_.tunnelctl("home", {"retry", "labs"});
    world_.wait_until_up("home");
    world_.wait_until_up("labs");
    EXPECT_TRUE(reaches(world_, "client", "192.168.253.1"));
  }

  World world_;
};

TEST_F(Device, NodeMissingIsReportedWithTheRemedy) {
  world_.output("home", {"mount", "-t", "tmpfs", "none", "/dev/net"});
  start();

  world_.wait_for("home", is_waiting_for("/dev/net/tun is missing): load it with `modprobe tun`"));

  world_.output("home", {"umount", "/dev/net"});
  expect_link_after_retry();
}

TEST_F(Device, NodeForbiddenIsReportedWithTheRemedy) {
  world_.shell("home", "mount -t tmpfs none /dev/net; mknod -m 600 /dev/net/tun c 10 200");
  start();

  world_.wait_for("home", is_waiting_for("chmod 0666 /dev/net/tun"));

  world_.output("home", {"chmod", "0666", "/dev/net/tun"});
  expect_link_after_retry();
}

TEST_F(Device, MissingAtTheAnsweringEndIsToldToTheDialler) {
  world_.output("labs", {"mount", "-t", "tmpfs", "none", "/dev/net"});
  start();

  world_.wait_for("home", is_waiting_for("/dev/net/tun is missing"));

  world_.output("labs", {"umount", "/dev/net"});
  world_.wait_until_up("home");
}

TEST_F(Device, NameOfAnotherKindOfInterfaceIsNotTaken) {
  world_.output("home", {"ip", "link", "add", "tun0", "type", "bridge"});
  start();

  world_.wait_for("home", is_waiting_for("the interface name tun0 is taken"));
  EXPECT_THAT(world_.output("home", {"ip", "-d", "link", "show", "tun0"}), HasSubstr("bridge"));

  world_.output("home", {"ip", "link", "delete", "tun0"});
  expect_link_after_retry();
}

TEST_F(Device, OfSomebodyElseIsNotTaken) {
  world_.output("home", {"ip", "tuntap", "add", "tun0", "mode", "tun"});
  start();

  world_.wait_for("home", is_waiting_for("the interface name tun0 is taken"));
  EXPECT_THAT(tun_devices(world_, "home"), ElementsAre("tun0")) << "it is still there";

  world_.output("home", {"ip", "tuntap", "delete", "tun0", "mode", "tun"});
  expect_link_after_retry();
}

std::string conflicts(const World& world) {
  return boost::json::serialize(world.status("home").gateway.at("conflicts"));
}

/// The interfaces whose packets go to a site's source check.
std::string checked_at_home(const World& world) {
  return world.shell("home", "nft list map inet tunneld tunnels");
}

constexpr auto kUplinkTaken =
    "\"uplink0\" is an interface of this machine already, and no tun of tunneld's";

TEST_F(Device, WithTheNameOfTheUplinkLeavesTheUplinkAlone) {
  world_.edit_profile("home", "interface = \"tun0\"", "interface = \"uplink0\"");

  const auto boot = world_.exec("home", {"tunneld", "--filter-only"});
  EXPECT_EQ(boot.status, 0);
  EXPECT_THAT(boot.err, HasSubstr(kUplinkTaken));
  EXPECT_THAT(checked_at_home(world_), Not(HasSubstr("uplink0")));
  EXPECT_TRUE(reaches(world_, "home", "198.51.100.1"));

  start();
  world_.wait_for("home", is_waiting_for("the interface name uplink0 is taken"));
  EXPECT_THAT(world_.tunnelctl("home", {"status"}).out, HasSubstr(kUplinkTaken));
  EXPECT_TRUE(reaches(world_, "home", "198.51.100.1"));

  for (const auto* verb : {"check", "reload"}) {
    const auto refused = world_.tunnelctl("home", {verb});
    EXPECT_EQ(refused.status, 1) << verb;
    EXPECT_THAT(refused.out + refused.err, HasSubstr(kUplinkTaken)) << verb;
  }
  world_.stop("home", "tunneld");
  EXPECT_TRUE(reaches(world_, "home", "198.51.100.1"));
}

TEST_F(Device, IsCheckedAsSoonAsItsNameIsNobodyElses) {
  EXPECT_EQ(world_.exec("home", {"tunneld", "--filter-only"}).status, 0);
  EXPECT_THAT(checked_at_home(world_), HasSubstr("\"tun0\"")) << "there is none yet";

  world_.output("home", {"ip", "link", "add", "tun0", "type", "bridge"});
  start();
  world_.wait_for("home", is_waiting_for("the interface name tun0 is taken"));
  EXPECT_THAT(checked_at_home(world_), Not(HasSubstr("\"tun0\"")));

  auto log = world_.spawn("home", {"tail", "-n", "0", "-F", "/var/log/tunneld/console.log"});
  world_.output("home", {"ip", "link", "delete", "tun0"});
  log.wait_for("\"tun0\" is nobody else's any more");
  EXPECT_THAT(checked_at_home(world_), HasSubstr("\"tun0\""));
  expect_link_after_retry();
  EXPECT_THAT(checked_at_home(world_), HasSubstr("\"tun0\""));
}

TEST_F(Device, IsNotCheckedByWhatWasLastInForceEither) {
  world_.start_tunneld("home");
  world_.stop("home", "tunneld");
  EXPECT_THAT(checked_at_home(world_), HasSubstr("\"tun0\""));

  world_.output("home", {"nft", "flush", "ruleset"});
  world_.output("home", {"ip", "link", "add", "tun0", "type", "bridge"});
  world_.edit_profile("home", "interface = \"tun0\"", "interfaces = \"tun0\"");
  const auto boot = world_.exec("home", {"tunneld", "--filter-only"});
  EXPECT_EQ(boot.status, 0);
  EXPECT_THAT(boot.err, HasSubstr("last in force is in force again"));
  EXPECT_THAT(boot.err, HasSubstr("\"tun0\" is an interface of this machine already"));
  EXPECT_THAT(checked_at_home(world_), Not(HasSubstr("\"tun0\"")));
}

TEST_F(Device, AddressesOfAnotherInterfaceAreReportedAsConflicts) {
  world_.shell("home",
               "ip address add 10.224.1.1/32 dev lan0; ip address add 10.224.1.2/32 dev lo");
  world_.start_tunneld("home");

  const auto found = conflicts(world_);
  EXPECT_THAT(found, HasSubstr("the local address 10.224.1.1 is already that of lan0"));
  EXPECT_THAT(found, HasSubstr("the peer's address 10.224.1.2 is already that of lo"));
  EXPECT_THAT(world_.tunnelctl("home", {"status"}).out, HasSubstr("conflict: "));

  world_.shell("home", "ip address delete 10.224.1.1/32 dev lan0");
  world_.shell("home", "ip address delete 10.224.1.2/32 dev lo");
  world_.tunnelctl("home", {"reload"});
  EXPECT_EQ(conflicts(world_), "[]");
}

TEST_F(Device, NetworkOfAnotherInterfaceIsReportedAsAConflict) {
  world_.output("home", {"ip", "address", "add", "172.16.1.9/24", "dev", "lan0"});
  world_.start_tunneld("home");

  EXPECT_THAT(conflicts(world_), HasSubstr("172.16.1.0/24 is also the network of lan0"));
}

TEST_F(Device, SecondDaemonEndsWithASentenceAndDisturbsNobody) {
  start();
  world_.wait_until_up("home");
  world_.wait_until_up("labs");
  const auto bridge = world_.bridge_pid("home");

  const auto second = world_.exec("home", {"tunneld"});

  EXPECT_EQ(second.status, 1);
  EXPECT_EQ(second.err, "tunneld: another tunneld is listening on /run/tunneld/control.sock\n");
  EXPECT_EQ(world_.bridge_pid("home"), bridge);
  EXPECT_EQ(number_of(world_.status("home").site, "established"), 1);
  EXPECT_TRUE(reaches(world_, "client", "192.168.253.1"));
}

}  // namespace
}  // namespace tunnel::test
