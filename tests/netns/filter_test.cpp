// The gateway's own rules between the two sites: what they let through, when they are in force, and
// what others cannot do to them.

#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr auto kGateway = "/etc/tunneld/tunneld.toml";
constexpr auto kRules = "/etc/tunneld/ipf.rules";

/// Only routerA answers pings of HOME's; its own answers pass as those of a state.
constexpr auto kPolicy =
    "block in on tun0 all head 300\n"
    "pass in quick on tun0 proto icmp from 192.168.1.0/24 to 192.168.253.1 icmp-type echo "
    "keep state group 300\n"
    "block out on tun0 all\n";

/// Labs filters by these rules, HOME does not.
void filter_by(const World& world, const std::string& rules) {
  world.write("labs", kRules, rules);
  world.write("labs", kGateway,
              world.read("labs", kGateway) + "\n[filter]\nrules = \"ipf.rules\"\n");
}

std::string nft(const World& world, const std::string& command) {
  return world.shell("labs", "nft " + command);
}

std::string table(const World& world) {
  return nft(world, "list table inet tunneld");
}

TEST(PacketFilter, LetsThroughWhatItsRulesSayAndNothingElse) {
  World world;
  filter_by(world, kPolicy);
  world.start();
  EXPECT_TRUE(reaches(world, "client", "192.168.253.1"));
  EXPECT_FALSE(reaches(world, "client", "192.168.253.2"));
  EXPECT_FALSE(reaches(world, "routera", "192.168.1.215"));
}

TEST(PacketFilter, IsThereWithoutAnyProcessOfOurs) {
  World world;
  filter_by(world, kPolicy);
  world.start();
  const auto before = table(world);
  world.kill_tunneld_and_bridge("labs", world.bridge_pid("labs"));
  EXPECT_THAT(world.programs_on("labs"), testing::ElementsAre("sshd"));
  EXPECT_THAT(table(world), HasSubstr("chain sources_tun0"));
  EXPECT_THAT(table(world), HasSubstr("chain in_decide"));
}

TEST(PacketFilter, KeepsItsConnectionsOverAReload) {
  World world;
  filter_by(world, kPolicy);
  world.start();
  auto ping = world.spawn("client", {"ping", "-i", "0.1", "192.168.253.1"});
  ping.wait_for("icmp_seq=1 ");

  // The rule that has let the ping in is gone, and what it has let in is not.
  world.write("labs", kRules, "block in on tun0 all\nblock out on tun0 all\n");
  EXPECT_EQ(world.tunnelctl("labs", {"reload"}).status, 0);
  ping.wait_for("icmp_seq=20 ");
  EXPECT_FALSE(reaches(world, "client", "192.168.253.1")) << "a new one";
}

TEST(PacketFilter, StaysAsItIsWhereTheNextRulesHaveMistakes) {
  World world;
  filter_by(world, kPolicy);
  world.start();
  world.write("labs", kRules, "pass in all\nblok out all\npass in on \"x; flush\" all\n");
  const auto reload = world.tunnelctl("labs", {"reload"});
  EXPECT_EQ(reload.status, 1);
  EXPECT_THAT(reload.err, HasSubstr("ipf.rules:2:1-5: error:"));
  EXPECT_THAT(reload.err, HasSubstr("ipf.rules:3:"));
  EXPECT_TRUE(reaches(world, "client", "192.168.253.1"));
  EXPECT_FALSE(reaches(world, "client", "192.168.253.2"));
}

class Vandal : public testing::TestWithParam<const char*> {};

TEST_P(Vandal, FindsItPutBackAndNamedInTheLog) {
  World world;
  filter_by(world, kPolicy);
  world.start();
  auto log = world.spawn("labs", {"tail", "-n", "0", "-F", "/var/log/tunneld/console.log"});
  nft(world, GetParam());
  EXPECT_THAT(log.wait_for("has changed the table inet tunneld"), HasSubstr("nft (pid "));
  EXPECT_THAT(table(world), HasSubstr("chain in_decide"));
  EXPECT_THAT(table(world), Not(HasSubstr("10.9.9.9")));
  EXPECT_FALSE(reaches(world, "client", "192.168.253.2"));
}

INSTANTIATE_TEST_SUITE_P(With, Vandal,
                         testing::Values("flush ruleset", "delete table inet tunneld",
                                         "flush chain inet tunneld in",
                                         "insert rule inet tunneld in ip saddr 10.9.9.9 accept",
                                         "delete element inet tunneld tunnels '{ \"tun0\" }'"));

TEST(PacketFilter, LeavesTablesOfOthersAlone) {
  World world;
  filter_by(world, kPolicy);
  nft(world, "add table inet mine");
  nft(world, "add chain inet mine c");
  world.start();
  EXPECT_EQ(world.tunnelctl("labs", {"reload"}).status, 0);
  EXPECT_THAT(nft(world, "list table inet mine"), HasSubstr("chain c"));
  nft(world, "flush chain inet mine c");
  EXPECT_THAT(log_lines(world, "labs", "console", "has changed the table"), IsEmpty());
}

}  // namespace
}  // namespace tunnel::test
