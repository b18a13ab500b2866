// The gateway's own rules between the two sites: what they let through, when they are in force, and
// what others cannot do to them.

#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using testing::ContainsRegex;
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
  EXPECT_THAT(world.programs_on("labs"), testing::Each("sshd"));
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
  const auto reload = world.tunnelctl("labs", {"reload"});
  EXPECT_EQ(reload.status, 0) << reload.err;
  EXPECT_THAT(reload.out, HasSubstr("packet filter: 2 rules (1 added, 2 removed)"));
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
  const auto touched = std::chrono::steady_clock::now();
  EXPECT_THAT(log.wait_for("has changed the table inet tunneld"), HasSubstr("nft (pid "));
  const auto took = std::chrono::steady_clock::now() - touched;
  std::cout << "put back and in the log " << took / 1ms
            << " ms after the other's end (promise: 200)\n";
  EXPECT_LT(took, 1s);
  EXPECT_THAT(table(world), HasSubstr("chain in_decide"));
  EXPECT_THAT(table(world), Not(HasSubstr("10.9.9.9")));
  EXPECT_FALSE(reaches(world, "client", "192.168.253.2"));
  EXPECT_THAT(world.output("labs", {"tunnelctl", "filter", "stats"}),
              ContainsRegex("\n[1-9][0-9]* +[0-9]+ +in +@0:1 "))
      << "and then it is left alone";
}

INSTANTIATE_TEST_SUITE_P(With, Vandal,
                         testing::Values("flush ruleset", "delete table inet tunneld",
                                         "flush chain inet tunneld in",
                                         "insert rule inet tunneld in ip saddr 10.9.9.9 accept",
                                         "delete element inet tunneld tunnels '{ \"tun0\" }'"));

TEST(PacketFilter, CountsWhatEachRuleDecides) {
  World world;
  filter_by(world, std::string{kPolicy} + "log in on tun0 proto icmp all\n");
  world.start();
  world.output("client", {"ping", "-c", "3", "-i", "0.01", "192.168.253.1"});
  EXPECT_FALSE(reaches(world, "client", "192.168.253.2"));

  const auto stats = world.output("labs", {"tunnelctl", "filter", "stats"});
  EXPECT_THAT(stats, ContainsRegex("PACKETS +BYTES +DIR +RULE +TEXT\n"));
  // Three requests come in and go out, and three replies go the other way.
  EXPECT_THAT(stats, ContainsRegex("\n12 +1008 +in +@300:1 +pass in quick on tun0 "));
  EXPECT_THAT(stats, ContainsRegex("\n[1-9] +[0-9]+ +in +@0:1 +block in on tun0 all head 300\n"));
  EXPECT_THAT(stats, ContainsRegex("\n[1-9][0-9]* +[0-9]+ +in +@0:2 +log in on tun0 proto icmp"));
  const auto unused = world.output("labs", {"tunnelctl", "filter", "stats", "--unused"});
  EXPECT_THAT(unused, Not(HasSubstr("@300:1")));

  // What says the same goes on counting, wherever it stands.
  world.write("labs", kRules, std::string{"pass in on tun0 proto 99 all\n"} + kPolicy);
  EXPECT_EQ(world.tunnelctl("labs", {"reload"}).status, 0);
  EXPECT_THAT(world.output("labs", {"tunnelctl", "filter", "stats"}),
              ContainsRegex("\n12 +1008 +in +@300:1 +pass in quick on tun0 "));
}

TEST(PacketFilter, GoesOnCountingOverARestartOfTheDaemon) {
  World world;
  filter_by(world, kPolicy);
  world.start();
  world.output("client", {"ping", "-c", "3", "-i", "0.01", "192.168.253.1"});
  const auto counted = [&] {
    return world.output("labs", {"tunnelctl", "filter", "stats"}).find("\n12 ") !=
           std::string::npos;
  };
  EXPECT_TRUE(counted());
  world.stop("labs", "tunneld", "KILL");
  world.start_tunneld("labs");
  EXPECT_TRUE(counted());
  // Whoever has touched any rules meanwhile may have touched these.
  world.stop("labs", "tunneld", "KILL");
  nft(world, "flush ruleset");
  world.start_tunneld("labs");
  EXPECT_FALSE(counted());
  EXPECT_THAT(table(world), HasSubstr("chain in_decide"));
}

TEST(PacketFilter, IsFlushedOnlyByTheWordForIt) {
  World world;
  filter_by(world, kPolicy);
  world.start();
  EXPECT_EQ(world.tunnelctl("labs", {"filter", "flush"}).status, 2) << "without --yes";
  EXPECT_FALSE(reaches(world, "client", "192.168.253.2"));
  EXPECT_EQ(world.tunnelctl("labs", {"filter", "flush", "--yes"}).status, 0);
  EXPECT_TRUE(reaches(world, "client", "192.168.253.2"));
  EXPECT_EQ(nft(world, "list tables"), "");
  EXPECT_THAT(world.tunnelctl("labs", {"status"}).out, HasSubstr("the packet filter was flushed"));
  EXPECT_THAT(world.tunnelctl("labs", {"filter", "stats"}).err, HasSubstr("was flushed"));
  EXPECT_EQ(world.tunnelctl("labs", {"reload"}).status, 0);
  EXPECT_FALSE(reaches(world, "client", "192.168.253.2"));

  world.stop("labs", "tunneld");
  EXPECT_THAT(table(world), HasSubstr("chain in_decide"));
  EXPECT_EQ(world.tunnelctl("labs", {"filter", "flush", "--yes"}).status, 0) << "by root";
  EXPECT_EQ(nft(world, "list tables"), "");
}

TEST(PacketFilter, HasItsMistakesShownByCheckAndAtTheStart) {
  World world;
  filter_by(world, "pass in al\n");
  const auto check = world.tunnelctl("labs", {"check"});
  EXPECT_EQ(check.status, 1);
  EXPECT_THAT(check.out, HasSubstr("/etc/tunneld/ipf.rules:1:9-11: error:"));
  const auto start = world.exec("labs", {"tunneld"});
  EXPECT_EQ(start.status, 78);
  EXPECT_THAT(start.err, HasSubstr("/etc/tunneld/ipf.rules:1:9-11: error:"));
}

TEST(PacketFilter, HasPartsInTheProfilesThatSpeakOfTheirOwnSite) {
  World world;
  filter_by(world, "block in on tun0 all head 300\n");
  world.write("labs", "/etc/tunneld/sites/home.rules",
              "pass in quick on $interface proto icmp from $remote to any group 300\n");
  world.write("labs", "/etc/tunneld/sites/home.toml",
              world.read("labs", "/etc/tunneld/sites/home.toml") +
                  "\n[filter]\nrules = \"sites/home.rules\"\n");
  world.start();
  EXPECT_TRUE(reaches(world, "home", "10.224.1.2"));
  EXPECT_FALSE(reaches(world, "client", "192.168.253.1"));
}

/// As the unit that runs before there is a network.
Finished boot_filter(const World& world) {
  return world.exec("labs", {"tunneld", "--filter-only"});
}

TEST(PacketFilter, IsInForceAtBootBeforeThereIsADaemon) {
  World world;
  filter_by(world, kPolicy);
  const auto boot = boot_filter(world);
  EXPECT_EQ(boot.status, 0) << boot.err;
  EXPECT_THAT(world.programs_on("labs"), IsEmpty());
  const auto alone = table(world);
  EXPECT_THAT(alone, HasSubstr("chain in_decide"));
  EXPECT_THAT(alone, HasSubstr("chain sources_tun0"));
  world.start();
  EXPECT_TRUE(reaches(world, "client", "192.168.253.1"));
  EXPECT_FALSE(reaches(world, "client", "192.168.253.2"));
}

TEST(PacketFilter, IsTheLastOneAtBootWhereTheRulesHaveMistakesByThen) {
  World world;
  filter_by(world, "pass in from host-that-nobody-knows to any\n");
  auto boot = boot_filter(world);
  EXPECT_EQ(boot.status, 78);
  EXPECT_THAT(boot.err, HasSubstr("no packet filter was in force before"));

  world.write("labs", kRules, kPolicy);
  world.start();
  world.stop("labs", "tunneld");
  const auto before = table(world);
  nft(world, "flush ruleset");
  world.write("labs", kRules, "pass in from host-that-nobody-knows to any\n");
  boot = boot_filter(world);
  EXPECT_EQ(boot.status, 0);
  EXPECT_THAT(boot.err, HasSubstr("ipf.rules:1:"));
  EXPECT_THAT(boot.err, HasSubstr("last in force is in force again"));
  EXPECT_THAT(table(world), HasSubstr("icmp type echo-request"));
}

/// Waits until the kernel has the rules.
void await_table(const World& world) {
  const auto patience = std::chrono::steady_clock::now() + kPatience;
  const auto there = [&] {
    return world.exec("labs", {"nft", "list", "chain", "inet", "tunneld", "in_decide"}).status == 0;
  };
  while (!there()) ASSERT_LT(std::chrono::steady_clock::now(), patience) << "there is no table";
}

TEST(PacketFilter, IsPutBackHoweverOftenItIsFlushed) {
  World world;
  filter_by(world, kPolicy);
  world.start();
  // Also in the moment in which it is being put back, or a reload is at it.
  nft(world, "flush ruleset; for i in {1..60}; do nft flush ruleset; done");
  await_table(world);
  auto vandal =
      world.spawn("labs", {"bash", "-c", "for i in {1..100}; do nft flush ruleset; done"});
  for (int i = 0; i < 5; ++i) world.tunnelctl("labs", {"reload"});
  EXPECT_EQ(vandal.finish().status, 0);
  await_table(world);
  EXPECT_EQ(world.tunnelctl("labs", {"reload"}).status, 0);
  EXPECT_FALSE(reaches(world, "client", "192.168.253.2"));
}

TEST(PacketFilter, IsPutBackWhenWhoeverHoldsItsNameLetsGo) {
  World world;
  filter_by(world, kPolicy);
  world.start();
  auto log = world.spawn("labs", {"tail", "-n", "0", "-F", "/var/log/tunneld/console.log"});
  const auto gate = (world.folder() / "gate").string();
  world.shell("labs", "mkfifo " + gate);
  const auto owner = world.spawn(
      "labs", {"bash", "-c",
               "{ echo 'delete table inet tunneld; add table inet tunneld { flags owner; }'; "
               "read -r < " +
                   gate + "; } | nft -i"});
  log.wait_for("cannot be put back");
  world.shell("labs", "echo go > " + gate);
  await_table(world);
  EXPECT_FALSE(reaches(world, "client", "192.168.253.2"));
}

TEST(PacketFilter, HasNamesAsTheyWereWhereNobodyCanLookThemUp) {
  World world;
  filter_by(world, "block in quick on tun0 proto icmp from pc.home.example to any\n");
  world.shell("labs", "echo '192.168.1.215 pc.home.example' >> /etc/hosts");
  world.start();
  EXPECT_FALSE(reaches(world, "client", "192.168.253.1"));
  world.stop("labs", "tunneld");
  world.shell("labs", "hosts=$(grep -v pc.home.example /etc/hosts); echo \"$hosts\" > /etc/hosts");
  auto log = world.spawn("labs", {"tail", "-n", "0", "-F", "/var/log/tunneld/console.log"});
  world.start_tunneld("labs");
  log.wait_for("pc.home.example in the rules could not be looked up");
  world.wait_until_up("home");
  EXPECT_FALSE(reaches(world, "client", "192.168.253.1"));
}

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
