// Gateways lose their power without a word, come back in any order, and the link by itself.

#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"
#include "tests/support/tcp_stream.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

namespace tunnel::test {
namespace {

/// TCP tries again after 0.2, 0.4, 0.8, ... s, so it goes on some time after the link is up.
constexpr Limit kTcpPatience = 60s;
constexpr Limit kLinkPatience = 40s;

void expect_link(const World& world, const std::string& what) {
  const auto begin = std::chrono::steady_clock::now();
  world.wait_until_up("home", kLinkPatience);
  world.wait_until_up("labs", kLinkPatience);
  const auto took =
      std::chrono::duration_cast<Limit>(std::chrono::steady_clock::now() - begin).count();
  std::cout << what << ": up " << took << " ms after the daemons\n";
  testing::Test::RecordProperty("up", std::to_string(took) + " ms");
  EXPECT_TRUE(reaches(world, "client", "192.168.253.1"));
}

TEST(Reboot, OfTheAnsweringGatewayIsSurvivedByAConnectionInside) {
  World world;
  world.start();
  Conversation inside{world, "client", "routera", "192.168.253.1"};
  inside.goes_on();

  world.sites({"reboot", "labs"});

  world.wait_for("home", is_established(2), kLinkPatience);
  expect_link(world, "Labs rebooted");
  inside.goes_on(kTcpPatience);
}

TEST(Reboot, OfTheDiallingGatewayIsSurvivedByAConnectionInside) {
  World world;
  world.start();
  Conversation inside{world, "client", "routera", "192.168.253.1"};
  inside.goes_on();
  const auto old_bridge = ProcessHandle{world.bridge_pid("labs")};

  world.sites({"reboot", "home"});

  world.wait_for("labs", is_established(2), kLinkPatience);
  expect_link(world, "HOME rebooted");
  EXPECT_TRUE(old_bridge.gone_within(kPatience)) << "the half-open session is replaced";
  inside.goes_on(kTcpPatience);
}

void power_on(const World& world, const std::string& gateway) {
  world.sites({"power-on", gateway});
  if (gateway == "labs") world.start_sshd();
  world.start_tunneld(gateway);
}

class RebootOfBoth : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(RebootOfBoth, IsSurvivedByAConnectionInside) {
  const auto& [first, second] = GetParam();
  World world;
  world.start();
  Conversation inside{world, "client", "routera", "192.168.253.1"};
  inside.goes_on();

  world.sites({"power-off", "home"});
  world.sites({"power-off", "labs"});
  power_on(world, first);
  power_on(world, second);

  expect_link(world, std::string{first} + " was on first");
  inside.goes_on(kTcpPatience);
}

INSTANTIATE_TEST_SUITE_P(InEitherOrder, RebootOfBoth,
                         testing::Values(std::pair{"home", "labs"}, std::pair{"labs", "home"}),
                         [](const auto& order) {
                           return order.param.first + std::string{"First"};
                         });

}  // namespace
}  // namespace tunnel::test
