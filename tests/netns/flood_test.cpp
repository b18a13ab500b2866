// A peer that sends Configure-Requests as fast as its connection takes them.

#include "tests/support/flood.hpp"

#include "tests/netns/clients.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <string>

namespace tunnel::test {
namespace {

using testing::HasSubstr;

/// A twentieth of the shortest time for which the peer is then held down; what is measured is a
/// hundredth of it.
constexpr double kProcessorSeconds = 1;

TEST(Flood, OfADiallerEndsAndNobodyIsAnsweredForAWhile) {
  World world;
  answer_with(world, "pppd-bridge answer home; status=$?; times >/tmp/times; exit $status");
  world.start_sshd();
  world.start_tunneld("labs");

  world.exec("home", {"bash", "-c", std::string{kFlood} + " | " + call_with("labs")});

  const auto site = world.wait_for("labs", is_waiting_for(kFloodReason));
  EXPECT_GT(site.at("next_attempt_seconds").to_number<double>(), 20);
  // The second line is what the shell's children took.
  const auto times = world.shell("labs", "tail -n 1 /tmp/times");
  std::cout << "pppd-bridge, from its start until it hung up (user, system): " << times;
  EXPECT_GE(seconds_in(times), 0);
  EXPECT_LT(seconds_in(times), kProcessorSeconds);

  const auto again = world.exec("home", {"bash", "-c", call_with("labs") + " </dev/null"});
  EXPECT_NE(again.status, 0);
  EXPECT_THAT(again.err, HasSubstr("held down on this gateway for "));
  EXPECT_THAT(again.err, HasSubstr(kFloodReason));

  world.tunnelctl("labs", {"retry", "home"});
  world.start_tunneld("home");
  world.wait_until_up("home");
}

using FloodOf = WithEitherClient;

TEST_P(FloodOf, TheAnsweringEndEndsAndIsDialledLater) {
  World world{GetParam()};
  answer_with(world, "exec " + std::string{kFlood});
  world.start_sshd();
  world.start_tunneld("home");

  const auto site = world.wait_for("home", is_waiting_for(kFloodReason));

  EXPECT_GT(site.at("next_attempt_seconds").to_number<double>(), 20);
}

INSTANTIATE_TEST_SUITE_P(Clients, FloodOf, kEitherClient, client_of_test);

}  // namespace
}  // namespace tunnel::test
