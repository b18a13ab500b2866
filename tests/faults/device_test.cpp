// Faults 18 to 23: somebody else changes devices, routes and rules of the gateway.

#include "tests/faults/trial.hpp"
#include "tests/support/gateway.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <string>

namespace tunnel::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

/// What tunneld writes from now on.
Process follow_log(const World& world) {
  auto log = world.spawn("home", {"tunnelctl", "log", "-f", "--type", "console", "-n", "1"});
  log.next_line();
  return log;
}

std::size_t lines_with(const World& world, const std::string& text) {
  return log_lines(world, "home", "console", text).size();
}

TEST(Fault18, TheTunIsDeleted) {
  Bed bed;
  bed.let_it_last();
  Trial trial{{18,
               "the tun is deleted",
               "made again, with addresses and routes",
               {within("seen", 1s), within("up", 1s)}},
              bed};
  break_and_mend(trial, bed, [&] { bed.world().output("home", {"ip", "link", "delete", "tun0"}); });
  trial.finish();
}

TEST(Fault19, TheTunIsSetDown) {
  Bed bed;
  Trial trial{{19, "the tun is set down", "raised, routes back", {within("packets", 1s)}}, bed};
  trial.begins();
  bed.world().output("home", {"ip", "link", "set", "tun0", "down"});
  trial.reached("packets", bed.packets().goes_on());
  EXPECT_EQ(number_of(bed.world().status("home").site, "established"), 1);
  trial.finish();
}

TEST(Fault20, TheTableOfNftablesIsFlushed) {
  Bed bed;
  const auto& world = bed.world();
  Trial trial{{20, "somebody flushes our nftables table", "put back", {within("put back", 200ms)}},
              bed};
  for (const auto* line : {"nft delete table inet tunneld", "nft flush ruleset"}) {
    auto monitor = world.spawn("home", {"nft", "monitor", "new", "chains"});
    // It does not say when it is ready: it is when it tells of this.
    while (monitor.printed().find("probe") == std::string::npos) {
      world.shell("home",
                  "nft 'add table inet probe; add chain inet probe one'; "
                  "nft delete table inet probe");
    }
    trial.begins();
    world.shell("home", line);
    monitor.wait_for("chain inet tunneld");
    trial.reached("put back");
  }
  trial.finish();
}

TEST(Fault21, OurRouteIsDeleted) {
  Bed bed;
  const auto& world = bed.world();
  Trial trial{{21,
               "somebody deletes our route",
               "put back, by event (and by an audit every 30 s)",
               {within("packets", 200ms)}},
              bed};
  trial.begins();
  world.output("home", {"ip", "route", "delete", "192.168.253.0/24", "dev", "tun0"});
  trial.reached("packets", bed.packets().goes_on());
  trial.finish();
}

// One that is preferred to ours, and one that takes the place of ours.
TEST(Fault22, TheRouteOfSomebodyConflicts) {
  Bed bed;
  const auto& world = bed.world();
  Trial trial{{22,
               "somebody's route conflicts",
               "an alert, no fight",
               {at_most("alerts", 1), at_most("tries", 3, "a minute")}},
              bed};
  auto log = follow_log(world);
  trial.begins();
  // Into the LAN, and not out of the uplink, where it would be a leak that somebody has asked for.
  // Without redirects: HOME's hosts would remember them.
  world.shell("home",
              "sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.lan0.send_redirects=0; "
              "ip route add 192.168.253.0/24 via 192.168.1.6 metric 0");
  const auto alert = log.wait_for("conflict: ");
  EXPECT_THAT(alert, HasSubstr("192.168.253.0/24"));
  bed.packets().let_pass(5s);
  trial.counted("alerts", static_cast<double>(lines_with(world, "conflict: ")));
  trial.counted("tries", static_cast<double>(lines_with(world, "put back: ")));
  EXPECT_THAT(world.status("home").gateway.at("conflicts").as_array(), SizeIs(1));
  world.shell("home", "ip route delete 192.168.253.0/24 via 192.168.1.6");
  trial.finish();
}

// A program that takes our route away whenever it is there, as one does that thinks the table its
// own.
TEST(Fault22, AProgramDeletesOurRouteAgainAndAgain) {
  Bed bed;
  const auto& world = bed.world();
  Trial trial{{22,
               "somebody deletes our route again and again",
               "an alert, no fight",
               {at_most("alerts", 1), at_most("tries", 3, "a minute")}},
              bed};
  auto log = follow_log(world);
  auto monitor = monitor_routes(world, "home");
  trial.begins();
  constexpr int kEnough = 50;
  int tries = 0;
  try {
    for (; tries < kEnough; ++tries) {
      world.shell("home", "ip route delete 172.16.1.0/24 dev tun0");
      std::string line;
      while (!line.starts_with("172.16.1.0/24 dev tun0"))
        line = monitor.wait_for("172.16.1.0", 10s);
    }
  } catch (const Timeout&) {  // it is not put back any more
  }
  trial.counted("tries", tries);
  log.wait_for("again and again");
  trial.counted("alerts", static_cast<double>(lines_with(world, "again and again")));
  EXPECT_THAT(world.status("home").gateway.at("conflicts").as_array(), SizeIs(1));

  world.tunnelctl("home", {"reload"});
  monitor.wait_for("172.16.1.0");
  trial.finish();
}

// The kernel has more to tell than tunneld has room for.
TEST(Fault23, NetlinkOverruns) {
  Bed bed;
  const auto& world = bed.world();
  Trial trial{{23, "netlink overruns (ENOBUFS)", "dump again", {within("put back", 1s)}}, bed};
  const ProcessHandle tunneld{world.tunneld_pid("home")};
  tunneld.signal(SIGSTOP);
  world.shell("home",
              "for i in {1..4000}; do echo route add 10.99.$((i / 250)).$((i % 250))/32 dev lan0; "
              "done | ip -batch -; "
              "for i in {1..4000}; do echo route del 10.99.$((i / 250)).$((i % 250))/32 dev lan0; "
              "done | ip -batch -; ip route delete 192.168.253.0/24 dev tun0");
  const auto drops = std::stoul(world.shell(
      "home", "awk '$9 > 0 { drops += $9 } END { print drops + 0 }' /proc/net/netlink"));
  EXPECT_GT(drops, 0U) << "or nothing was shown";
  trial.begins();
  tunneld.signal(SIGCONT);
  trial.reached("put back", bed.packets().goes_on());
  trial.finish();
}

}  // namespace
}  // namespace tunnel::test
