// What becomes of bridges when the next tunneld has another mind than the one that died, or they
// have. That it adopts those that are as they were is in kill_test.cpp.

#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <chrono>
#include <iostream>
#include <string>

namespace tunnel::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

// Its socket takes the call, and nobody is there.
TEST(Adoption, OfABridgeThatIsStoppedIsGivenUpAndTheLinkMadeAnew) {
  World world;
  world.start();
  for (const std::string gateway : {"home", "labs"}) {
    const ProcessHandle bridge{world.bridge_pid(gateway)};
    bridge.signal(SIGSTOP);
    world.stop(gateway, "tunneld", "KILL");
    const auto begin = std::chrono::steady_clock::now();
    world.start_tunneld(gateway);
    EXPECT_TRUE(bridge.gone_within(kPatience)) << gateway;
    world.wait_until_up(gateway);
    std::cout << gateway << ", up again: "
              << std::chrono::duration_cast<Limit>(std::chrono::steady_clock::now() - begin).count()
              << " ms\n";
    world.wait_until_up("home");
    world.wait_until_up("labs");
    EXPECT_THAT(log_lines(world, gateway, "console", "no bridge came forward for tun0"), SizeIs(1));
    EXPECT_TRUE(reaches(world, "client", "192.168.253.1"));
  }
}

TEST(Adoption, OfABridgeWhoseSiteIsGoneIsItsEnd) {
  World world;
  world.start();
  const ProcessHandle bridge{world.bridge_pid("home")};
  world.stop("home", "tunneld", "KILL");
  world.shell("home", "rm /etc/tunneld/sites/labs.toml");
  world.start_tunneld("home");

  EXPECT_TRUE(bridge.gone_within(kPatience));
  EXPECT_THAT(tun_devices(world, "home"), IsEmpty());
  EXPECT_EQ(world.shell("home", "ls /run/tunneld/bridges"), "");
}

TEST(Adoption, IsNotWaitedForWhereNobodyIs) {
  World world;
  world.start();
  world.kill_tunneld_and_bridge("home", world.bridge_pid("home"));
  EXPECT_EQ(world.shell("home", "ls /run/tunneld/bridges"), "labs\n") << "a stale socket";
  const auto log_before = log_lines(world, "home", "console", "no bridge came forward");
  world.start_tunneld("home");
  world.wait_until_up("home");
  EXPECT_THAT(log_lines(world, "home", "console", "no bridge came forward"),
              SizeIs(log_before.size()));
}

// A bridge that was replaced has nothing by which it could be found.
TEST(Adoption, IsOfTheNewestBridge) {
  World world;
  world.start();
  for (int i = 0; i < 3; ++i) {
    const auto old = world.bridge_pid("home");
    auto watch = world.watch("home");
    EXPECT_EQ(world.tunnelctl("home", {"restart", "labs"}).status, 0);
    watch.wait_for(is_established(i + 2));
    EXPECT_NE(world.bridge_pid("home"), old);
  }
  const auto bridge = world.bridge_pid("home");
  world.stop("home", "tunneld", "KILL");
  world.start_tunneld("home");
  world.wait_until_up("home");
  EXPECT_EQ(world.bridge_pid("home"), bridge);
}

// tunneld dies again as soon as it has called: the bridge waits for the next one.
TEST(Adoption, SurvivesThatTunneldDiesAgainAndAgain) {
  World world;
  world.start();
  const auto bridge = world.bridge_pid("home");
  for (int i = 0; i < 5; ++i) {
    world.stop("home", "tunneld", "KILL");
    world.start_tunneld("home");
  }
  world.wait_until_up("home");
  EXPECT_EQ(world.bridge_pid("home"), bridge);
  EXPECT_EQ(number_of(world.status("home").site, "established"), 1);
}

}  // namespace
}  // namespace tunnel::test
