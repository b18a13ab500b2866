// What an administrator does to a link: down, withdraw, remove, reload. The kernel shows what is
// left.

#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"
#include "tests/support/tcp_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <filesystem>
#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr auto kHomeProfile = "/etc/tunneld/sites/labs.toml";

const std::vector<std::string> kGuardsAtHome{"unreachable 10.224.1.1", "unreachable 10.224.1.2",
                                             "unreachable 172.16.1.0/24",
                                             "unreachable 192.168.253.0/24"};

TEST(Down, TakesTheDeviceAndItsRoutesAndLeavesTheGuards) {
  World world;
  world.start();
  EXPECT_THAT(tunnel_routes(world, "home"),
              UnorderedElementsAre("10.224.1.2 dev tun0", "172.16.1.0/24 dev tun0",
                                   "192.168.253.0/24 dev tun0", "unreachable 10.224.1.1",
                                   "unreachable 10.224.1.2", "unreachable 172.16.1.0/24",
                                   "unreachable 192.168.253.0/24"));

  EXPECT_EQ(world.tunnelctl("home", {"down", "labs"}).status, 0);
  const auto site = world.wait_for("home", is_state("down"));

  EXPECT_TRUE(site.at("bridge_pid").is_null());
  EXPECT_THAT(tun_devices(world, "home"), IsEmpty());
  EXPECT_EQ(tunnel_routes(world, "home"), kGuardsAtHome);
  EXPECT_THAT(world.programs_on("home"), ElementsAre("tunneld"));
}

TEST(Down, WithWithdrawLeavesNothing) {
  World world;
  world.start();

  EXPECT_EQ(world.tunnelctl("home", {"down", "labs", "--withdraw"}).status, 0);
  world.wait_for("home", is_state("down"));

  EXPECT_THAT(tun_devices(world, "home"), IsEmpty());
  EXPECT_THAT(tunnel_routes(world, "home"), IsEmpty());

  EXPECT_THAT(world.tunnelctl("home", {"down", "labs"}).out, HasSubstr("stay refused"));
  EXPECT_THAT(tunnel_routes(world, "home"), testing::SizeIs(4)) << "as it says";
}

TEST(Down, IsEndedByUp) {
  World world;
  world.start();
  for (const auto& down : {std::vector<std::string>{"down", "labs"},
                           std::vector<std::string>{"down", "labs", "--withdraw"}}) {
    world.tunnelctl("home", down);
    world.wait_for("home", is_state("down"));

    EXPECT_EQ(world.tunnelctl("home", {"up", "labs"}).status, 0);
    world.wait_until_up("home");
    world.wait_until_up("labs");

    EXPECT_TRUE(reaches(world, "client", "192.168.253.1"));
    EXPECT_TRUE(reaches(world, "client", "172.16.1.100"));
  }
}

TEST(Down, OfTheAnsweringSiteIsToldToTheDialler) {
  World world;
  world.start();
  auto watch = world.watch("home");

  EXPECT_EQ(world.tunnelctl("labs", {"down", "home"}).status, 0);

  watch.wait_for(is_waiting_for("site home is down on this gateway"));
  EXPECT_THAT(tun_devices(world, "labs"), IsEmpty());
  EXPECT_EQ(world.tunnelctl("labs", {"up", "home"}).status, 0);
  watch.wait_for(is_established(2));
}

TEST(Removal, OfAProfileLeavesNothingAtEitherEnd) {
  World world;
  world.start();

  std::filesystem::remove(world.file("home", kHomeProfile));
  const auto reload = world.tunnelctl("home", {"reload"});
  EXPECT_EQ(reload.status, 0);
  EXPECT_THAT(reload.out, HasSubstr("removed: labs"));
  world.wait_for("labs", is_state("listening"));  // the link was closed, not just dropped
  EXPECT_EQ(world.tunnelctl("home", {"status", "labs"}).status, 1) << "there is no such site";
  EXPECT_THAT(tunnel_routes(world, "home"), IsEmpty());
  EXPECT_THAT(tun_devices(world, "home"), IsEmpty());
  EXPECT_THAT(world.programs_on("home"), ElementsAre("tunneld"));

  std::filesystem::remove(world.file("labs", "/etc/tunneld/sites/home.toml"));
  EXPECT_EQ(world.tunnelctl("labs", {"reload"}).status, 0);
  EXPECT_THAT(tunnel_routes(world, "labs"), IsEmpty());
  EXPECT_THAT(tun_devices(world, "labs"), IsEmpty());
}

TEST(Removal, IsUndoneWhenTheProfileIsBack) {
  World world;
  world.start();
  const auto away = std::string{kHomeProfile} + ".away";
  std::filesystem::rename(world.file("home", kHomeProfile), world.file("home", away));
  world.tunnelctl("home", {"reload"});

  std::filesystem::rename(world.file("home", away), world.file("home", kHomeProfile));
  const auto reload = world.tunnelctl("home", {"reload"});

  EXPECT_THAT(reload.out, HasSubstr("added: labs"));
  world.wait_until_up("home");
  world.wait_until_up("labs");
  EXPECT_TRUE(reaches(world, "client", "192.168.253.1"));
}

TEST(End, OfTunneldLeavesOnlyTheGuards) {
  World world;
  world.start();

  world.stop("home", "tunneld");

  EXPECT_THAT(tun_devices(world, "home"), IsEmpty());
  EXPECT_EQ(tunnel_routes(world, "home"), kGuardsAtHome);
  EXPECT_THAT(world.programs_on("home"), IsEmpty());
  world.wait_for("labs", is_state("listening"));
}

/// Waits for what a reload by signal has to say.
std::string reload_by_signal(const World& world, const std::string& expected) {
  auto log = world.spawn("home", {"tunnelctl", "log", "-f", "--type", "console", "-n", "1"});
  static_cast<void>(log.next_line());  // it follows
  ProcessHandle{world.tunneld_pid("home")}.signal(SIGHUP);
  return log.wait_for(expected);
}

TEST(Reload, DoesNotTouchALinkWhoseProfileIsTheSame) {
  World world;
  world.start();
  Conversation inside{world, "client", "routera", "192.168.253.1"};
  const auto bridge = world.bridge_pid("home");

  EXPECT_THAT(world.tunnelctl("home", {"reload"}).out, HasSubstr("unchanged: labs"));
  reload_by_signal(world, "reload: 0 added, 0 removed, 0 changed, 1 unchanged");

  inside.goes_on();
  EXPECT_EQ(world.bridge_pid("home"), bridge);
  EXPECT_EQ(number_of(world.status("home").site, "established"), 1);
}

/// A second link between the two gateways: the site "branch" at both ends, on tun1.
void add_branch(const World& world) {
  world.shell("home",
              "cd /etc/tunneld/sites; cp --archive labs.toml branch.toml; "
              "tunnelctl key gen branch");
  world.shell("home",
              "sed -i -e 's|keys/labs|keys/branch|; s|tun0|tun1|; s|10[.]224[.]1|10.224.2|' "
              "-e 's|^remote = .*|remote = [\"10.98.0.0/24\"]|' "
              "/etc/tunneld/sites/branch.toml");
  const auto key = public_key_in(world, "home", "/etc/tunneld/keys/branch.pub");
  world.shell("labs",
              "cd /etc/tunneld/sites; cp --archive home.toml branch.toml; "
              "sed -i -e 's|tun0|tun1|; s|10[.]224[.]1|10.224.2|' "
              "-e 's|^authorized_keys = .*|authorized_keys = [\"" +
                  key + "\"]|' -e 's|^remote = .*|remote = [\"10.99.0.0/24\"]|' branch.toml");
}

TEST(Reload, RestartsOnlyTheLinkWhoseProfileHasChanged) {
  World world;
  add_branch(world);
  world.start();
  world.tunnelctl("home", {"status", "branch", "--until", "up", "--timeout", "20s"});
  const auto labs = number_of(world.status("home", "labs").site, "bridge_pid");
  const auto branch = number_of(world.status("home", "branch").site, "bridge_pid");
  Conversation inside{world, "client", "routera", "192.168.253.1"};

  world.edit("home", "/etc/tunneld/sites/branch.toml", "HOME Network", "another name");
  const auto reload = world.tunnelctl("home", {"reload"});

  EXPECT_THAT(reload.out, HasSubstr("changed: branch"));
  EXPECT_THAT(reload.out, HasSubstr("unchanged: labs"));
  EXPECT_EQ(
      world.tunnelctl("home", {"status", "branch", "--until", "up", "--timeout", "20s"}).status, 0);
  EXPECT_EQ(number_of(world.status("home", "labs").site, "bridge_pid"), labs);
  EXPECT_NE(number_of(world.status("home", "branch").site, "bridge_pid"), branch);
  inside.goes_on();
}

TEST(Reload, DoesNotTouchALinkThatWasStartedByHand) {
  World world;
  world.edit_profile("home", "autostart   = true", "autostart   = false");
  world.start_sshd();
  world.start_tunneld("labs");
  world.start_tunneld("home");
  world.tunnelctl("home", {"up", "labs"});
  world.wait_until_up("home");

  world.edit_profile("home", "HOME Network", "another name");
  EXPECT_THAT(world.tunnelctl("home", {"reload"}).out, HasSubstr("changed: labs"));
  world.wait_for("home", is_established(2));

  EXPECT_THAT(world.tunnelctl("home", {"reload"}).out, HasSubstr("unchanged: labs"));
  EXPECT_EQ(number_of(world.status("home").site, "established"), 2);
}

TEST(Reload, DoesNotBringUpALinkThatWasTakenDownByHand) {
  World world;
  world.start();
  world.tunnelctl("home", {"down", "labs"});
  world.wait_for("home", is_state("down"));

  world.edit_profile("home", "HOME Network", "another name");
  EXPECT_THAT(world.tunnelctl("home", {"reload"}).out, HasSubstr("changed: labs"));
  EXPECT_EQ(text_of(world.status("home").site, "state"), "down");
  EXPECT_FALSE(world.status("home").site.at("wanted").as_bool());

  world.edit_profile("home", "autostart   = true", "autostart   = false");
  world.tunnelctl("home", {"reload"});
  world.edit_profile("home", "autostart   = false", "autostart   = true");
  world.tunnelctl("home", {"reload"});
  world.wait_for("home", is_state("up"));
}

TEST(Reload, OfASecondProfileWhileTheLinkClosesIsTheOneThatCounts) {
  World world;
  world.start();
  auto watch = world.watch("home");

  world.edit_profile("home", "HOME Network", "another name");
  world.tunnelctl("home", {"reload"});
  world.edit_profile("home", "another name", "a third name");
  world.tunnelctl("home", {"reload"});
  world.tunnelctl("home", {"up", "labs"});

  const auto is_up_again = [](const auto& site) {
    return text_of(site, "state") == "up" && number_of(site, "established") > 1;
  };
  watch.wait_for(is_up_again);
  world.wait_for("labs", is_up_again);
  EXPECT_THAT(log_lines(world, "labs", "ppp", "RecvIdent: a third name"),
              testing::Not(testing::IsEmpty()));
}

// Routes of somebody else, of better metric and of ours: one of the two links cannot have its own.
TEST(Route, OfOneSiteThatFailsLeavesTheOtherSitesLinkAlone) {
  World world;
  add_branch(world);
  world.shell("home",
              "ip route add 10.98.0.0/24 via 198.51.100.1 metric 10; "
              "ip route add 10.98.0.0/24 via 198.51.100.1 metric 50");
  world.start();

  EXPECT_TRUE(reaches(world, "client", "192.168.253.1"));
  world.wait_for("home", is_state("up"));
  EXPECT_EQ(number_of(world.status("home", "labs").site, "established"), 1);
  EXPECT_THAT(world.status("home", "branch").gateway.at("conflicts").as_array(),
              testing::Not(testing::IsEmpty()));
}

TEST(Reload, OfChangedNetworksReplacesRoutesAndGuards) {
  World world;
  world.start();

  world.edit_profile("home", "\"172.16.1.0/24\"", "\"172.16.0.0/16\"");
  EXPECT_THAT(world.tunnelctl("home", {"reload"}).out, HasSubstr("changed: labs"));
  world.wait_until_up("home");

  EXPECT_THAT(tunnel_routes(world, "home"),
              UnorderedElementsAre("10.224.1.2 dev tun0", "172.16.0.0/16 dev tun0",
                                   "192.168.253.0/24 dev tun0", "unreachable 10.224.1.1",
                                   "unreachable 10.224.1.2", "unreachable 172.16.0.0/16",
                                   "unreachable 192.168.253.0/24"));
  EXPECT_TRUE(reaches(world, "client", "172.16.1.100"));
}

TEST(Reload, OfAMistakeChangesNothingAndSaysWhere) {
  World world;
  world.start();
  Conversation inside{world, "client", "routera", "192.168.253.1"};
  const auto bridge = world.bridge_pid("home");
  world.edit_profile("home", "ident  ", "idemt  ");
  world.edit_profile("home", "\"172.16.1.0/24\"", "\"172.16.1.1/24\"");

  const auto reload = world.tunnelctl("home", {"reload"});

  EXPECT_EQ(reload.status, 1);
  EXPECT_THAT(reload.err, HasSubstr("sites/labs.toml:17:1"));
  EXPECT_THAT(reload.err, HasSubstr("idemt"));
  EXPECT_THAT(reload.err, HasSubstr("^~~~"));
  EXPECT_THAT(reload.err, HasSubstr("hint: did you mean \"ident\"?"));
  EXPECT_THAT(reload.err, HasSubstr("sites/labs.toml:20:31")) << "every mistake in one run";
  EXPECT_THAT(reload_by_signal(world, "labs.toml:17:1"), HasSubstr("idemt"));
  EXPECT_EQ(world.bridge_pid("home"), bridge);
  inside.goes_on();

  world.edit_profile("home", "idemt  ", "ident  ");
  world.edit_profile("home", "\"172.16.1.1/24\"", "\"172.16.1.0/24\"");
  EXPECT_THAT(world.tunnelctl("home", {"reload"}).out, HasSubstr("unchanged: labs"));
}

}  // namespace
}  // namespace tunnel::test
