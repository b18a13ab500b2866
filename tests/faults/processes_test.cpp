// Faults 1 to 7: processes that are killed or stand still.

#include "tests/faults/trial.hpp"
#include "tests/netns/clients.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/service_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <string>
#include <utility>

namespace tunnel::test {
namespace {

using Fault01 = WithEitherClient;

TEST_P(Fault01, KillOfTheBridge) {
  Bed bed{GetParam()};
  bed.let_it_last();
  Trial trial{{1,
               "kill -9 of the bridge",
               "noticed at once; new one on the same tun",
               {within("seen", 50ms), within("up", 2s)}},
              bed};
  const ProcessHandle bridge{bed.world().bridge_pid("home")};
  break_and_mend(trial, bed, [&] { bridge.kill(); });
  trial.finish();
}

using Fault02 = WithEitherClient;

TEST_P(Fault02, KillOfTunneld) {
  Bed bed{GetParam()};
  const auto& world = bed.world();
  Trial trial{{2,
               "kill -9 of tunneld",
               "bridges forward on; the restarted daemon adopts them",
               {within("adopted at HOME", 2s), within("adopted at Labs", 2s),
                at_most("lost", 0, "packets")}},
              bed};
  trial.begins();
  for (const auto& [gateway, figure] :
       {std::pair{"home", "adopted at HOME"}, std::pair{"labs", "adopted at Labs"}}) {
    const auto bridge = world.bridge_pid(gateway);
    world.stop(gateway, "tunneld", "KILL");
    bed.packets().let_pass(500ms);
    bed.packets().goes_on();
    trial.begins();
    world.start_tunneld(gateway);
    world.wait_until_up(gateway);
    trial.reached(figure);
    EXPECT_EQ(world.bridge_pid(gateway), bridge);
  }
  trial.count_lost();
  for (const auto* gateway : {"home", "labs"}) {
    EXPECT_EQ(number_of(world.status(gateway).site, "established"), 1) << gateway;
    EXPECT_EQ(text_of(world.status(gateway).site, "last_error"), "") << gateway;
  }
  trial.finish();
}

// No fault, but what an upgrade does.
TEST_P(Fault02, RestartOfTunneld) {
  Bed bed{GetParam()};
  const auto& world = bed.world();
  // A child that outlives the program which has started it costs a descriptor, once.
  EXPECT_EQ(world.tunnelctl("home", {"restart-daemon"}).status, 0);
  Trial trial{{2,
               "restart of tunneld (tunnelctl restart-daemon)",
               "the next one takes over; bridges forward on",
               {within("taken over at HOME", 2s), within("taken over at Labs", 2s),
                at_most("flaps", 0), at_most("lost", 0, "packets")}},
              bed};
  trial.begins();
  for (const auto& [gateway, figure] :
       {std::pair{"home", "taken over at HOME"}, std::pair{"labs", "taken over at Labs"}}) {
    const auto bridge = world.bridge_pid(gateway);
    trial.begins();
    EXPECT_EQ(world.tunnelctl(gateway, {"restart-daemon"}).status, 0);
    trial.reached(figure);
    EXPECT_EQ(world.bridge_pid(gateway), bridge);
  }
  bed.packets().goes_on();
  trial.count_lost();
  const auto established = number_of(world.status("home").site, "established");
  trial.counted("flaps", static_cast<double>(established - 1));
  trial.finish();
}

class Fault03 : public testing::TestWithParam<const char*> {};

TEST_P(Fault03, KillOfBoth) {
  const std::string gateway = GetParam();
  Bed bed;
  const auto& world = bed.world();
  Trial trial{{3,
               "kill -9 of both",
               "filter and unreachable routes hold; reconciled at start",
               {within("up", 5s)}},
              bed};
  world.kill_tunneld_and_bridge(gateway, world.bridge_pid(gateway));
  bed.packets().let_pass(500ms);  // by which they would leak
  trial.begins();
  world.start_tunneld(gateway);
  world.wait_until_up(gateway, kTrialPatience);
  trial.reached("up");
  trial.finish();
}

INSTANTIATE_TEST_SUITE_P(At, Fault03, testing::Values("home", "labs"),
                         [](const auto& which) { return std::string{which.param}; });

using Fault04 = WithEitherClient;

TEST_P(Fault04, KillOfTheSessionOfSshd) {
  Bed bed{GetParam()};
  bed.let_it_last();
  Trial trial{{4, "kill -9 of sshd's session", "redial", {within("seen", 1s), within("up", 2s)}},
              bed};
  const ProcessHandle session{bed.world().session_pid()};
  break_and_mend(trial, bed, [&] { session.kill(); });
  trial.finish();
}

using Fault05 = WithEitherClient;

TEST_P(Fault05, StopOfSshd) {
  Bed bed{GetParam()};
  bed.let_it_last();
  Trial trial{{5,
               "SIGSTOP of sshd",
               "echo misses, then a new session",
               {within("seen", 3s), within("up", 5s)}},
              bed};
  const ProcessHandle session{bed.world().session_pid()};
  break_and_mend(trial, bed, [&] { session.signal(SIGSTOP); });
  session.signal(SIGCONT);
  EXPECT_TRUE(session.gone_within(kPatience)) << "its bridge was replaced";
  trial.finish();
}

using Fault06 = WithEitherClient;

TEST_P(Fault06, StopOfTheBridge) {
  Bed bed{GetParam()};
  bed.let_it_last();
  Trial trial{{6,
               "SIGSTOP of the bridge",
               "its heartbeat to tunneld misses; killed, replaced",
               {within("seen", 3s), within("up", 3s)}},
              bed};
  const ProcessHandle bridge{bed.world().bridge_pid("home")};
  break_and_mend(trial, bed, [&] { bridge.signal(SIGSTOP); });
  EXPECT_TRUE(bridge.gone_within(kPatience)) << "it was killed";
  trial.finish();
}

// The test plays systemd, with the unit's WatchdogSec=10 and RestartSec=1.
TEST(Fault07, StopOfTunneld) {
  Bed bed;
  const auto& world = bed.world();
  world.stop("home", "tunneld", "KILL");
  ServiceManager manager{world, "home", 10s};
  manager.start();
  world.wait_until_up("home");
  const auto bridge = world.bridge_pid("home");
  Trial trial{{7,
               "SIGSTOP of tunneld",
               "packets flow; the watchdog restarts it",
               {within("adopted", 12s), at_most("lost", 0, "packets")}},
              bed};
  trial.begins();
  manager.signal(SIGSTOP);
  manager.wait_for_the_watchdog();
  manager.restart_after(1s, bed.packets());
  world.wait_until_up("home");
  trial.reached("adopted");
  trial.count_lost();
  EXPECT_EQ(world.bridge_pid("home"), bridge);
  trial.finish();
}

INSTANTIATE_TEST_SUITE_P(Clients, Fault01, kEitherClient, client_of_test);
INSTANTIATE_TEST_SUITE_P(Clients, Fault02, kEitherClient, client_of_test);
INSTANTIATE_TEST_SUITE_P(Clients, Fault04, kEitherClient, client_of_test);
INSTANTIATE_TEST_SUITE_P(Clients, Fault05, kEitherClient, client_of_test);
INSTANTIATE_TEST_SUITE_P(Clients, Fault06, kEitherClient, client_of_test);

}  // namespace
}  // namespace tunnel::test
