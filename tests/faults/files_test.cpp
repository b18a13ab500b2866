// Faults 13 to 16, 24 and 25: the clock, the disk, descriptors and the configuration.

#include "tests/faults/clock_shift.hpp"
#include "tests/faults/trial.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/service_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr auto kProfile = "/etc/tunneld/sites/labs.toml";

double flaps(Bed& bed) {
  const auto established = number_of(bed.world().status("home").site, "established");
  return static_cast<double>(established - 1);
}

// Everything on both gateways sees another time of day, tunneld, bridges and sshd alike; the
// machine's own clock is left alone.
TEST(Fault13, TheClockJumps) {
  std::optional<ShiftedClocks> clocks;
  Bed bed{SshClient::Libssh2, [&](const World& world) { clocks.emplace(world); }};
  Trial trial{{13,
               "the clock jumps an hour, or ten years",
               "nothing",
               {at_most("flaps", 0), at_most("lost", 0, "packets")}},
              bed};
  trial.begins();
  for (const auto jump : {1h, -1h, 10 * 8766h, -10 * 8766h, 0h}) {
    clocks->shift(jump);
    // Longer than a silent peer or a silent bridge is borne.
    bed.packets().let_pass(4s);
    if (jump == 1h) {
      EXPECT_NE(bed.world().shell("home", "date +%H"), bed.world().shell("client", "date +%H"));
    }
  }
  trial.counted("flaps", flaps(bed));
  trial.count_lost();
  trial.finish();
}

TEST(Fault15, TheDiskOfTheLogsIsFull) {
  Bed bed{SshClient::Libssh2, [](const World& world) {
            world.shell("home",
                        "mount -t tmpfs -o size=64k,mode=750,uid=tunneld,gid=adm small "
                        "/var/log/tunneld");
          }};
  const auto& world = bed.world();
  Trial trial{{15,
               "the disk of the logs is full",
               "lines counted as lost; packets flow",
               {at_most("flaps", 0), at_most("lost", 0, "packets")}},
              bed};
  trial.begins();
  world.shell("home", "cat /dev/zero >/var/log/tunneld/large 2>/dev/null || true");
  constexpr int kReloads = 60;  // each is two lines, and some room may be left in the file's page
  for (int i = 0; i < kReloads; ++i) EXPECT_EQ(world.tunnelctl("home", {"reload"}).status, 0);
  world.shell("home", "rm /var/log/tunneld/large");
  world.tunnelctl("home", {"reload"});
  EXPECT_THAT(log_lines(world, "home", "console", "lines were lost here"), Not(IsEmpty()));
  trial.counted("flaps", flaps(bed));
  trial.count_lost();
  trial.finish();
}

/// What prlimit(1) prints of HOME's tunneld, asked as its account, which may without powers.
std::string limit_descriptors(const World& world, const std::string& option) {
  return world.shell("home",
                     "setpriv --reuid=tunneld --regid=tunneld --clear-groups prlimit --pid " +
                         std::to_string(world.tunneld_pid("home")) + " --nofile" + option);
}

TEST(Fault16, OutOfDescriptors) {
  Bed bed;
  const auto& world = bed.world();
  const auto before = limit_descriptors(world, " --output=SOFT --raw --noheadings");
  Trial trial{{16,
               "out of descriptors",
               "control clients refused; links stay",
               {at_most("flaps", 0), at_most("lost", 0, "packets")}},
              bed};
  trial.begins();
  // Two more than there are, and as many as there are gaps.
  const auto few = open_descriptors(world.tunneld_pid("home")) + 2;
  limit_descriptors(world, '=' + std::to_string(few) + ':');
  std::vector<Process> clients;
  constexpr int kClients = 16;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(world.spawn("home", {"tunnelctl", "status", "--watch", "--json"}));
  }
  // Longer than a silent bridge is borne.
  bed.packets().let_pass(4s);
  const auto served = std::count_if(clients.begin(), clients.end(),
                                    [](Process& each) { return !each.printed().empty(); });
  EXPECT_LT(served, kClients) << "or nothing was shown";
  clients.clear();
  limit_descriptors(world, '=' + before.substr(0, before.find('\n')) + ':');
  trial.counted("flaps", flaps(bed));
  trial.count_lost();
  trial.finish();
}

TEST(Fault24, ABadFileAtReload) {
  Bed bed;
  const auto& world = bed.world();
  Trial trial{{24,
               "a bad file at reload",
               "nothing changes; file, line, column, hint",
               {at_most("flaps", 0), at_most("lost", 0, "packets")}},
              bed};
  trial.begins();
  world.edit("home", kProfile, "remote = [", "remot = [");
  const auto reload = world.tunnelctl("home", {"reload"});
  EXPECT_NE(reload.status, 0);
  EXPECT_THAT(reload.out + reload.err,
              testing::ContainsRegex("sites/labs.toml:[0-9]+:[0-9]+.*: error: "));
  EXPECT_THAT(reload.out + reload.err, HasSubstr("hint: "));
  bed.packets().let_pass(1s);
  trial.counted("flaps", flaps(bed));
  trial.count_lost();
  world.edit("home", kProfile, "remot = [", "remote = [");
  trial.finish();
}

/// The networks of HOME's routes into the tunnel; nothing while there are none.
std::vector<std::string> networks_in_the_tunnel(const World& world) {
  auto routes = tunnel_routes(world, "home");
  std::erase_if(routes, [](const auto& each) { return each.find("/24 dev") == std::string::npos; });
  return routes;
}

// At another moment each time: after so many changes of the kernel's routes.
class Fault25 : public testing::TestWithParam<int> {};

TEST_P(Fault25, KillInTheMiddleOfAReload) {
  Bed bed;
  const auto& world = bed.world();
  const auto before = networks_in_the_tunnel(world);
  Trial trial{{25,
               "kill -9 in the middle of a reload",
               "the old or the new, never a mixture",
               {within("up", 5s)}},
              bed};
  world.edit("home", kProfile, "\"172.16.1.0/24\"]", "\"172.16.9.0/24\"]");
  const ProcessHandle tunneld{world.tunneld_pid("home")};
  {
    auto monitor = monitor_routes(world, "home");
    const auto reload = world.spawn("home", {"tunnelctl", "reload"});
    for (int i = 0; i < GetParam(); ++i) monitor.wait_for("proto 84");
    tunneld.kill();
  }
  world.stop("home", "tunneld", "KILL");
  const auto half = networks_in_the_tunnel(world);
  const bool mixed = std::count(half.begin(), half.end(), "172.16.1.0/24 dev tun0") > 0 &&
                     std::count(half.begin(), half.end(), "172.16.9.0/24 dev tun0") > 0;
  EXPECT_FALSE(mixed);
  trial.begins();
  world.start_tunneld("home");
  world.wait_until_up("home", kTrialPatience);
  trial.reached("up");
  EXPECT_THAT(networks_in_the_tunnel(world),
              testing::UnorderedElementsAre("192.168.253.0/24 dev tun0", "172.16.9.0/24 dev tun0"));

  world.edit("home", kProfile, "\"172.16.9.0/24\"]", "\"172.16.1.0/24\"]");
  auto watch = world.watch("home");
  EXPECT_EQ(world.tunnelctl("home", {"reload"}).status, 0);
  watch.wait_for([](const auto& site) { return text_of(site, "state") != "up"; });
  watch.wait_for(is_state("up"), kTrialPatience);
  EXPECT_EQ(networks_in_the_tunnel(world), before);
  trial.finish();
}

INSTANTIATE_TEST_SUITE_P(AfterChanges, Fault25, testing::Values(0, 1, 2, 4));

}  // namespace
}  // namespace tunnel::test
