// Faults 8 to 12, 26, 29 and 30: the path between the gateways.

#include "tests/faults/outage.hpp"
#include "tests/faults/trial.hpp"
#include "tests/netns/clients.hpp"
#include "tests/support/emulated_line.hpp"
#include "tests/support/gateway.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

namespace tunnel::test {
namespace {

using Fault08 = WithEitherClient;

TEST_P(Fault08, OuterTcpDroppedByAFirewall) {
  Bed bed{GetParam()};
  bed.let_it_last();
  Trial trial{{8,
               "outer TCP dropped by a firewall",
               "torn down, backoff with jitter",
               {within("seen", 3s), within("up after it heals", 5s)}},
              bed};
  auto watch = bed.world().watch("home");
  watch.wait_for(is_state("up"));
  Outage outage{bed.world()};
  trial.begins();
  outage.begin();
  watch.wait_for([](const auto& site) { return text_of(site, "state") != "up"; });
  trial.reached("seen");
  outage.wait_for_attempts(3, bed.packets());
  trial.begins();
  outage.end();
  watch.wait_for(is_established(2), kTrialPatience);
  trial.reached("up after it heals");
  trial.finish();
}

void power_on(const World& world, const std::string& gateway) {
  world.sites({"power-on", gateway});
  if (gateway == "labs") world.start_sshd();
}

/// Pulls the plug. The uplink first: else what has come out of the tunnel is sent out there in the
/// moment when the gateway has lost its other interfaces already.
void power_off(const World& world, const std::string& gateway) {
  world.output(gateway, {"ip", "link", "delete", "uplink0"});
  world.sites({"power-off", gateway});
}

// The dialling end's view of 9, and all of 26.
TEST(Fault26, TheServerReboots) {
  Bed bed;
  bed.let_it_last();
  const auto& world = bed.world();
  Trial trial{{26,
               "the server reboots",
               "up when sshd is",
               {within("seen", 3s), within("up after sshd", 10s)}},
              bed};
  auto watch = world.watch("home");
  watch.wait_for(is_state("up"));
  trial.begins();
  power_off(world, "labs");
  watch.wait_for([](const auto& site) { return text_of(site, "state") != "up"; });
  trial.reached("seen");
  power_on(world, "labs");
  trial.begins();
  world.start_tunneld("labs");
  watch.wait_for(is_established(2), kTrialPatience);
  trial.reached("up after sshd");
  trial.finish();
}

TEST(Fault09, TheDiallerRebootsWithoutAWord) {
  Bed bed;
  bed.let_it_last();
  const auto& world = bed.world();
  Trial trial{{9,
               "half-open: the peer rebooted without a word",
               "both ends clean up; the answering end replaces the old session",
               {within("answerer: link down", 15s), within("answerer: session gone", 15s),
                within("up", 15s)}},
              bed};
  const ProcessHandle bridge{world.bridge_pid("labs")};
  const ProcessHandle session{world.session_pid()};
  auto watch = world.watch("labs");
  watch.wait_for(is_state("up"));
  trial.begins();
  power_off(world, "home");
  watch.wait_for([](const auto& site) { return text_of(site, "state") != "up"; });
  trial.reached("answerer: link down");
  EXPECT_TRUE(session.gone_within(kTrialPatience));
  EXPECT_TRUE(bridge.gone_within(kPatience));
  trial.reached("answerer: session gone");
  power_on(world, "home");
  trial.begins();
  world.start_tunneld("home");
  watch.wait_for(is_established(2), kTrialPatience);
  trial.reached("up");
  trial.finish();
}

TEST(Fault09, TheNewSessionReplacesTheOldOne) {
  Bed bed;
  bed.let_it_last();
  const auto& world = bed.world();
  Trial trial{{9,
               "half-open: the dialler is back before it was missed",
               "both ends clean up; the answering end replaces the old session",
               {within("up", 3s)}},
              bed};
  const ProcessHandle old_bridge{world.bridge_pid("labs")};
  power_off(world, "home");
  power_on(world, "home");
  trial.begins();
  world.start_tunneld("home");
  world.wait_for("home", is_state("up"), kTrialPatience);
  trial.reached("up");
  EXPECT_TRUE(old_bridge.gone_within(kPatience));
  trial.finish();
}

// By its carrier: the far end of the wire is pulled, ten times for half a second.
TEST(Fault10, TheUplinkFlapsTenTimesInTenSeconds) {
  Bed bed;
  const auto& world = bed.world();
  Trial trial{{10,
               "uplink flaps ten times in ten seconds",
               "short ones ridden out; no storm",
               {at_most("reconnects", 10), within("packets after the last", 5s)}},
              bed};
  trial.begins();
  for (int i = 0; i < 10; ++i) {
    world.output("internet", {"ip", "link", "set", "home", "down"});
    bed.packets().let_pass(500ms);
    world.output("internet", {"ip", "link", "set", "home", "up"});
    bed.packets().let_pass(500ms);
  }
  trial.begins();
  trial.reached("packets after the last", bed.packets().goes_on(kTrialPatience));
  bed.settle();
  trial.counted("reconnects",
                static_cast<double>(number_of(world.status("home").site, "established") - 1));
  trial.finish();
}

/// HOME's address outside, from its provider.
void give_address(const World& world, const std::string& old_one, const std::string& new_one) {
  world.shell("home", "ip address delete " + old_one + "/24 dev uplink0; ip address add " +
                          new_one + "/24 dev uplink0; ip route replace default via 198.51.100.1");
}

using Fault11 = WithEitherClient;

TEST_P(Fault11, TheAddressOfTheDiallerChanges) {
  Bed bed{GetParam()};
  bed.let_it_last();
  const auto& world = bed.world();
  Trial trial{{11,
               "the dialler's address changes",
               "reconnect now; same inner addresses; TCP inside survives",
               {within("seen", 2s), within("up", 2s)}},
              bed};
  break_and_mend(trial, bed, [&] { give_address(world, "198.51.100.10", "198.51.100.20"); });
  bed.settle();
  const auto site = world.status("home").site;
  EXPECT_EQ(text_of(site, "local"), "10.224.1.1");
  EXPECT_EQ(text_of(site, "remote"), "10.224.1.2");
  EXPECT_THAT(text_of(world.status("labs").site, "peer"), testing::HasSubstr("198.51.100.20"));
  give_address(world, "198.51.100.20", "198.51.100.10");  // as it was, for the comparison
  world.wait_for("home", is_established(3), kTrialPatience);
  trial.finish();
}

/// Labs' gateway moves to another address, and the name follows it.
void move_labs(const World& world, const std::string& old_one, const std::string& new_one) {
  world.shell("labs", "ip address delete " + old_one + "/24 dev uplink0; ip address add " +
                          new_one + "/24 dev uplink0; ip route replace default via 203.0.113.1");
}

TEST(Fault12, TheNameOfTheServerPointsElsewhere) {
  Bed bed;
  bed.let_it_last();
  const auto& world = bed.world();
  Trial trial{{12,
               "the server's name points elsewhere",
               "resolved at each attempt, every address tried",
               {within("seen", 3s), within("up", 5s)}},
              bed};
  break_and_mend(trial, bed, [&] {
    // The first one refuses.
    world.write("home", "/etc/hosts",
                "203.0.113.1 vpn.labs.example\n203.0.113.5 vpn.labs.example\n");
    move_labs(world, "203.0.113.4", "203.0.113.5");
  });
  EXPECT_THAT(text_of(world.status("home").site, "peer"), testing::HasSubstr("203.0.113.5"));
  world.write("home", "/etc/hosts", "203.0.113.4 vpn.labs.example\n");
  move_labs(world, "203.0.113.5", "203.0.113.4");
  world.wait_for("home", is_established(3), kTrialPatience);
  trial.finish();
}

/// Behind it, large packets disappear, and nobody is told.
TEST(Fault29, ABlackHoleForLargePackets) {
  Bed bed;
  bed.let_it_last();
  const auto& world = bed.world();
  Trial trial{
      {29, "MTU black hole outside", "MSS clamped inside; recovers", {within("TCP goes on", 10s)}},
      bed};
  // One segment in each packet, as on a real wire.
  for (const auto* gateway : {"home", "labs"}) {
    world.output(gateway, {"ip", "link", "set", "uplink0", "gso_max_segs", "1"});
  }
  trial.begins();
  world.shell("internet",
              "nft 'add table ip hole; add chain ip hole through { type filter hook forward "
              "priority 0; }; add rule ip hole through ip length > 1300 drop'");
  // Its segments are large ones.
  transfer(world, "client", "routera", "192.168.253.1", 64 * 1024);
  trial.reached("TCP goes on");
  world.output("internet", {"nft", "delete", "table", "ip", "hole"});
  trial.finish();
}

class Fault30 : public testing::TestWithParam<int> {};

TEST_P(Fault30, LossAndJitterOutside) {
  std::optional<EmulatedLine> line;
  Bed bed{SshClient::Libssh2, [&](const World& world) {
            line.emplace(world);
            world.write("home", "/etc/hosts",
                        std::string{EmulatedLine::kFar} + " vpn.labs.example\n");
            world.edit_profile("labs", "198.51.100.0/24", "192.0.2.0/24");
          }};
  const auto name = std::to_string(GetParam()) + " % loss and 200 ms jitter outside";
  Trial trial{{30,
               name.c_str(),
               "no false death; queue bounded",
               {at_most("flaps", 0), within("queue", 100ms)}},
              bed};
  trial.begins();
  line->set("both delay=10ms jitter=200ms loss=" + std::to_string(GetParam()) + "%");
  double queue = 0;
  for (int second = 0; second < 20; ++second) {
    bed.packets().let_pass(1s);
    const auto path = bed.world().status("home").site.at("fast_path").as_object();
    if (path.at("queue_delay_us").is_null()) continue;
    queue = std::max(queue, static_cast<double>(number_of(path, "queue_delay_us")) / 1000);
  }
  line->set("both");
  trial.counted("queue", queue);
  trial.counted("flaps",
                static_cast<double>(number_of(bed.world().status("home").site, "established") - 1));
  trial.finish(kTrialPatience);
}

INSTANTIATE_TEST_SUITE_P(Percent, Fault30, testing::Values(1, 5, 10));

INSTANTIATE_TEST_SUITE_P(Clients, Fault08, kEitherClient, client_of_test);
INSTANTIATE_TEST_SUITE_P(Clients, Fault11, kEitherClient, client_of_test);

}  // namespace
}  // namespace tunnel::test
