// One tunneld in the place of another, and no packet lost: by `tunnelctl restart-daemon`, which
// executes the new one.

#include "tests/netns/restart.hpp"

#include "tests/netns/clients.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tunnel::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class RestartDaemon : public Restart, public testing::WithParamInterface<SshClient> {
 protected:
  RestartDaemon() : Restart{GetParam()} {}
};

TEST_P(RestartDaemon, LosesNothingAtEitherEnd) {
  for (const std::string gateway : {"home", "labs"}) {
    watch(gateway);
    const auto pid = world_.tunneld_pid(gateway);
    const auto before = started(world_, gateway);
    const auto index = interface_index(world_, gateway);
    restart_daemon(gateway);
    expect_nothing_lost(gateway);
    EXPECT_NE(started(world_, gateway), before);
    EXPECT_EQ(number_of(world_.status(gateway).gateway, "pid"), pid);
    EXPECT_EQ(interface_index(world_, gateway), index);
    EXPECT_THAT(log_lines(world_, gateway, "console", "that was left to this tunneld is closed"),
                IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Clients, RestartDaemon, kEitherClient, client_of_test);

TEST_F(Restart, LeavesADaemonThatCanDoAllThatTheFirstOneCould) {
  restart_daemon("home");
  const auto pid = world_.tunneld_pid("home");
  const ProcessHandle bridge{world_.bridge_pid("home")};
  auto watch = world_.watch("home");
  bridge.kill();  // a child of the process, and none of the program's
  watch.wait_for(is_established(2));
  EXPECT_TRUE(bridge.gone_within(kPatience));
  EXPECT_EQ(zombies_of(pid), 0U);
  EXPECT_EQ(world_.shell("home", "ps -o user= -p " + std::to_string(pid)), "tunneld\n");
  EXPECT_EQ(world_.tunnelctl("home", {"restart", "labs"}).status, 0);
  watch.wait_for(is_established(3));
  world_.shell("home", "ip route del 192.168.253.0/24");
  EXPECT_EQ(world_.tunnelctl("home", {"reload"}).status, 0);
  EXPECT_THAT(tunnel_routes(world_, "home"), Contains("192.168.253.0/24 dev tun0"));
  world_.stop("home", "tunneld");
  EXPECT_THAT(tun_devices(world_, "home"), IsEmpty());
}

TEST_F(Restart, AgainAndAgainLeavesNothingOpen) {
  restart_daemon("home");
  const auto pid = world_.tunneld_pid("home");
  const auto before = open_descriptors(pid);
  watch("home");
  for (int i = 0; i < 5; ++i) restart_daemon("home");
  expect_nothing_lost("home");
  // The one that has just taken over may have a connection more or less than the first.
  EXPECT_LE(open_descriptors(pid), before + 1);
  auto watch = world_.watch("home");
  ProcessHandle{bridge_}.kill();  // the first one's child, five programs ago
  watch.wait_for(is_established(2));
  EXPECT_EQ(zombies_of(pid), 0U);
}

TEST_F(Restart, RunsTheProgramThatIsInstalledNow) {
  world_.shell("home", "cd /usr/local/sbin; cp tunneld tunneld.new; mv tunneld.new tunneld");
  const auto program = "stat -L -c %i /proc/" + std::to_string(world_.tunneld_pid("home")) + "/exe";
  const auto installed = world_.shell("home", "stat -c %i /usr/local/sbin/tunneld");
  EXPECT_NE(world_.shell("home", program), installed);
  watch("home");
  restart_daemon("home");
  expect_nothing_lost("home");
  EXPECT_EQ(world_.shell("home", program), installed);
}

TEST_F(Restart, LeavesDownWhatWasTakenDown) {
  const auto unreachable = [&] {
    return world_.shell("home", "ip route show type unreachable proto 84 | wc -l");
  };
  EXPECT_EQ(world_.tunnelctl("home", {"down", "labs"}).status, 0);
  world_.wait_for("home", is_state("down"));
  const auto refused = unreachable();
  EXPECT_NE(refused, "0\n");
  EXPECT_EQ(world_.tunnelctl("home", {"restart-daemon"}).status, 0);
  EXPECT_EQ(text_of(world_.status("home").site, "state"), "down");
  EXPECT_EQ(unreachable(), refused);

  EXPECT_EQ(world_.tunnelctl("home", {"down", "labs", "--withdraw"}).status, 0);
  EXPECT_EQ(unreachable(), "0\n");
  EXPECT_EQ(world_.tunnelctl("home", {"restart-daemon"}).status, 0);
  EXPECT_EQ(text_of(world_.status("home").site, "state"), "down");
  EXPECT_EQ(unreachable(), "0\n");

  EXPECT_EQ(world_.tunnelctl("home", {"up", "labs"}).status, 0);
  world_.wait_until_up("home");
  restart_daemon("home");
  EXPECT_EQ(unreachable(), refused);
  EXPECT_EQ(world_.tunnelctl("home", {"down", "labs"}).status, 0);
  world_.wait_for("home", is_state("down"));
  world_.stop("home", "tunneld");  // an end is no restart
  world_.start_tunneld("home");
  world_.wait_until_up("home");
}

TEST_F(Restart, IsRefusedWithABrokenConfiguration) {
  world_.edit("home", "/etc/tunneld/tunneld.toml", "[gateway]\n", "[gateway]\nnmae = \"x\"\n");
  expect_refused("tunneld.toml:3:1");
}

TEST_F(Restart, IsRefusedWithAProgramThatDoesNotRun) {
  world_.shell("home",
               "cd /usr/local/sbin; printf '#!/bin/sh\\necho no such library >&2\\nexit 127\\n' "
               ">new; chmod 755 new; mv new tunneld");
  expect_refused("no such library");
  world_.shell("home",
               "cd /usr/local/sbin; head -c 1000 pppd-bridge >new; chmod 755 new; mv new "
               "tunneld");
  expect_refused("tunneld");
}

TEST_F(Restart, IsNotForThoseWhoMayRead) {
  world_.edit("home", "/etc/tunneld/tunneld.toml", "[gateway]\n",
              "[gateway]\nread_group = \"tunneld-read\"\n");
  restart_daemon("home");  // [gateway] is no matter for a reload
  const auto before = started(world_, "home");
  const auto refused =
      world_.exec("home", {"setpriv", "--reuid=65534", "--regid=65534", "--groups=tunneld-read",
                           "tunnelctl", "restart-daemon"});
  EXPECT_EQ(refused.status, 4);
  EXPECT_THAT(refused.err, HasSubstr("\"restart-daemon\" is for root and members of the group"));
  EXPECT_EQ(started(world_, "home"), before);
}

}  // namespace
}  // namespace tunnel::test
