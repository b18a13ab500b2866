// Processes of a link are killed one after the other, many times, and while something else changes;
// tests/faults has each of them killed once, and measured.

#include "tests/netns/clients.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"
#include "tests/support/tcp_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Clock = std::chrono::steady_clock;

/// What is promised is promised for a machine that has nothing else to do.
constexpr int kSlack = 5;

void report(const std::string& what, Clock::duration took, Limit promised) {
  const auto milliseconds = std::chrono::duration_cast<Limit>(took);
  std::cout << what << ": " << milliseconds.count() << " ms (promised: " << promised.count()
            << " ms)\n";
  testing::Test::RecordProperty(what, std::to_string(milliseconds.count()) + " ms");
  EXPECT_LE(milliseconds, promised * kSlack) << what;
}

/// Kills a process of the link, and waits until the link is up for the `count`-th time.
void kill_and_recover(const World& world, const std::string& what, pid_t pid, Limit noticed_within,
                      Limit up_within, std::int64_t count) {
  auto watch = world.watch("home");
  watch.wait_for(is_state("up"));
  const ProcessHandle process{pid};
  const auto killed = Clock::now();
  process.kill();
  watch.wait_for([](const auto& site) { return text_of(site, "state") != "up"; });
  report(what + ", noticed", Clock::now() - killed, noticed_within);
  watch.wait_for(is_established(count));
  report(what + ", up again", Clock::now() - killed, up_within);
  world.wait_until_up("labs");
}

/// Neither a second bridge nor one that was left behind.
void expect_nothing_more_than_a_link(const World& world, SshClient client) {
  std::vector<std::string> home{"pppd-bridge", "tunneld"};
  if (client == SshClient::Openssh) home.insert(home.begin() + 1, "ssh");
  EXPECT_EQ(world.programs_on("home"), home);
  auto labs = world.programs_on("labs");
  std::erase(labs, "sh");  // the account's, in which sshd runs the forced command
  EXPECT_THAT(labs, ElementsAre("pppd-bridge", "sshd", "sshd", "sshd", "tunneld"));
}

using Kill = WithEitherClient;

// A link that breaks again before it has lasted for ten seconds is dialled after a longer pause, so
// the second and third of these have no promise but that of the profile's `max`.
TEST_P(Kill, OfOneProcessOfTheLinkAfterTheOtherIsSurvivedByAConnectionInside) {
  World world{GetParam()};
  world.start();
  Conversation inside{world, "client", "routera", "192.168.253.1"};
  inside.goes_on();

  kill_and_recover(world, "kill -9 of sshd's session", world.session_pid(), 1s, 2s, 2);
  inside.goes_on();
  kill_and_recover(world, "kill -9 of the dialling bridge", world.bridge_pid("home"), 50ms, 4s, 3);
  inside.goes_on();
  kill_and_recover(world, "kill -9 of the answering bridge", world.bridge_pid("labs"), 1s, 6s, 4);
  inside.goes_on();

  expect_nothing_more_than_a_link(world, GetParam());
}

// An adopted bridge is supervised like one's own.
TEST(KillAfterAdoption, OfTheAdoptedBridgeIsNoticedAndMended) {
  World world;
  world.start();
  for (const auto* gateway : {"home", "labs"}) {
    world.stop(gateway, "tunneld", "KILL");
    world.start_tunneld(gateway);
    world.wait_until_up(gateway);
  }
  kill_and_recover(world, "kill -9 of an adopted dialling bridge", world.bridge_pid("home"), 50ms,
                   2s, 2);
  kill_and_recover(world, "kill -9 of the answering bridge", world.bridge_pid("labs"), 1s, 4s, 3);
}

// What the old link was made with is not in force any more.
TEST(KillOfTunneld, WithAProfileThatHasChangedMeanwhileMakesTheLinkAnew) {
  World world;
  world.start();
  const auto bridge = ProcessHandle{world.bridge_pid("home")};

  world.stop("home", "tunneld", "KILL");
  world.edit_profile("home", "HOME Network", "another name");
  world.start_tunneld("home");

  EXPECT_TRUE(bridge.gone_within(kPatience));
  world.wait_for("home", is_established(2));
  world.wait_for("labs", is_established(2));
  EXPECT_THAT(log_lines(world, "home", "console", "is not adopted: its profile has changed"),
              testing::Not(IsEmpty()));
  EXPECT_THAT(log_lines(world, "labs", "ppp", "RecvIdent: another name"), testing::Not(IsEmpty()));
  EXPECT_TRUE(reaches(world, "client", "192.168.253.1"));
}

// Neither descriptors nor children: what is not given back at one break is missed after a thousand.
TEST(KillTwentyTimes, CostsTunneldNothing) {
  World world;
  world.start();
  const auto tunneld = world.tunneld_pid("home");
  const auto tunneld_of_labs = world.tunneld_pid("labs");
  auto watch = world.watch("home");
  const auto break_and_mend = [&](std::int64_t count) {
    ProcessHandle{world.bridge_pid("home")}.kill();
    watch.wait_for(is_state("waiting"));
    world.tunnelctl("home", {"retry", "labs"});
    watch.wait_for(is_established(count));
    world.wait_until_up("labs");
  };
  break_and_mend(2);
  const auto descriptors = open_descriptors(tunneld);
  const auto descriptors_of_labs = open_descriptors(tunneld_of_labs);

  for (std::int64_t count = 3; count <= 22; ++count) break_and_mend(count);

  constexpr double kLeaving = 2;  // control clients that tunneld has yet to see hang up
  EXPECT_NEAR(static_cast<double>(open_descriptors(tunneld)), static_cast<double>(descriptors),
              kLeaving);
  EXPECT_NEAR(static_cast<double>(open_descriptors(tunneld_of_labs)),
              static_cast<double>(descriptors_of_labs), kLeaving);
  EXPECT_THAT(children_of(tunneld), ElementsAre(world.bridge_pid("home")));
  EXPECT_THAT(children_of(tunneld_of_labs), IsEmpty());
  expect_nothing_more_than_a_link(world, SshClient::Libssh2);
}

INSTANTIATE_TEST_SUITE_P(Clients, Kill, kEitherClient, client_of_test);

}  // namespace
}  // namespace tunnel::test
