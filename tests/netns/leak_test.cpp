// While the link is down, not one packet of the tunnelled networks leaves a gateway by its uplink:
// captured there, with hosts of both sites and both gateways trying all the time. The tests at the
// end show that the same capture sees a leak when there is one.

#include "tests/netns/clients.hpp"
#include "tests/support/probes.hpp"
#include "tests/support/sites.hpp"
#include "tests/support/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

/// Enough for half a second.
constexpr std::uint64_t kRounds = 25;

/// Of the internet node, which has nothing but the far ends of both uplinks: whatever leaves a
/// gateway arrives there, also when the gateway is rebooted under the capture.
class Uplinks {
 public:
  Uplinks(const World& world, From from)
      : capture_{world, "internet", Capture::kAllInterfaces}, probes_{world, from} {}

  /// Lets the hosts try for a while.
  void let_them_try() { probes_.more(kRounds); }

  /// What has leaked since this was asked last.
  std::vector<std::string> leaks() { return tunnelled(capture_.take()); }

 private:
  Capture capture_;
  Probes probes_;
};

/// Refused, by an ICMP error of its gateway: an application need not wait for a timeout.
void expect_refused(const World& world, const std::string& from, const std::string& to) {
  // The kernel sends so many of these errors a second to a host, and no more.
  constexpr int kMostTries = 5;
  Finished ping;
  for (int i = 0; i < kMostTries && ping.out.find("Unreachable") == std::string::npos; ++i) {
    ping = world.exec(from, {"ping", "-n", "-c", "1", "-W", "1", to});
    EXPECT_EQ(ping.status, 1);
  }
  EXPECT_THAT(ping.out, HasSubstr("Unreachable")) << from << " to " << to;
}

void expect_all_refused(const World& world, const std::string& from) {
  for (const auto* to : {"192.168.253.1", "172.16.1.100", "10.224.1.2"}) {
    expect_refused(world, from, to);
  }
}

// Not with the probes of the other tests, which would use up what the kernel sends of such errors.
TEST(Refusal, IsToldToTheHostsWhateverTheLinkIsDownFor) {
  World world;
  // A second limit on top of the first would take a host's next error away for good.
  world.output("home", {"sysctl", "-q", "-w", "net.ipv4.icmp_ratelimit=0"});
  world.output("labs", {"sysctl", "-q", "-w", "net.ipv4.icmp_ratelimit=0"});
  world.start_tunneld("labs");
  world.start_tunneld("home");
  expect_all_refused(world, "client");
  expect_refused(world, "routera", "192.168.1.215");
  expect_refused(world, "sql", "192.168.1.6");

  world.start_sshd();
  world.tunnelctl("home", {"retry", "labs"});
  world.wait_until_up("home");
  world.tunnelctl("home", {"down", "labs"});
  world.wait_for("home", is_state("down"));
  expect_all_refused(world, "home-dns");

  world.tunnelctl("home", {"up", "labs"});
  world.wait_until_up("home");
  world.kill_tunneld_and_bridge("home", world.bridge_pid("home"));
  expect_refused(world, "client", "192.168.253.1");
}

TEST(Uplink, CarriesNothingBeforeTheLinkWasEverUp) {
  World world;
  Uplinks uplinks{world, From::Hosts};
  world.start_tunneld("labs");
  world.start_tunneld("home");
  Uplinks with_gateways{world, From::HostsAndGateways};
  world.wait_for("home", is_waiting_for("refused"));

  with_gateways.let_them_try();

  EXPECT_THAT(uplinks.leaks(), IsEmpty());
}

using UplinkWithEitherClient = WithEitherClient;

TEST_P(UplinkWithEitherClient, CarriesNothingWhileALinkBreaksAndIsMade) {
  World world{GetParam()};
  Uplinks uplinks{world, From::Hosts};
  world.start();
  uplinks.let_them_try();
  EXPECT_THAT(uplinks.leaks(), IsEmpty()) << "while it came up, and while it was up";

  for (int count = 2; count <= 4; ++count) {
    const auto pid = count == 2   ? world.bridge_pid("home")
                     : count == 3 ? world.bridge_pid("labs")
                                  : world.session_pid();
    ProcessHandle{pid}.kill();
    world.wait_for("home", is_established(count));
    uplinks.let_them_try();
    EXPECT_THAT(uplinks.leaks(), IsEmpty()) << "around break " << count - 1;
  }
}

TEST(Uplink, CarriesNothingAfterTheLinkWasTakenDown) {
  World world;
  world.start();
  Uplinks uplinks{world, From::HostsAndGateways};

  world.tunnelctl("home", {"down", "labs"});
  world.wait_for("home", is_state("down"));
  uplinks.let_them_try();
  EXPECT_THAT(uplinks.leaks(), IsEmpty()) << "down at HOME";

  world.tunnelctl("labs", {"down", "home"});
  world.wait_for("labs", is_state("down"));
  uplinks.let_them_try();
  EXPECT_THAT(uplinks.leaks(), IsEmpty()) << "down at Labs, too";
}

TEST(Uplink, CarriesNothingWithoutTunneldAndBridge) {
  World world;
  world.start();
  Uplinks uplinks{world, From::HostsAndGateways};

  for (const auto* gateway : {"home", "labs"}) {
    world.kill_tunneld_and_bridge(gateway, world.bridge_pid(gateway));
    uplinks.let_them_try();
    EXPECT_THAT(uplinks.leaks(), IsEmpty()) << "killed at " << gateway;

    world.start_tunneld(gateway);
    world.wait_until_up("home");
    world.wait_until_up("labs");
    uplinks.let_them_try();
    EXPECT_THAT(uplinks.leaks(), IsEmpty()) << "started again at " << gateway;
  }
}

TEST(Uplink, CarriesNothingWhileTunneldIsRestarted) {
  World world;
  world.start();
  Uplinks uplinks{world, From::HostsAndGateways};

  for (const auto* gateway : {"home", "labs"}) {
    world.stop(gateway, "tunneld");
    uplinks.let_them_try();
    EXPECT_THAT(uplinks.leaks(), IsEmpty()) << "ended in good order at " << gateway;

    world.start_tunneld(gateway);
    world.wait_until_up("home");
    uplinks.let_them_try();
    EXPECT_THAT(uplinks.leaks(), IsEmpty()) << "started again at " << gateway;
  }
}

TEST(Uplink, CarriesNothingWhileAGatewayIsRebooted) {
  World world;
  world.start();
  Uplinks uplinks{world, From::Hosts};

  for (const auto* gateway : {"labs", "home"}) {
    // First of all: else what has come out of the tunnel is sent out here in the moment when the
    // gateway has lost its other interfaces already.
    world.output(gateway, {"ip", "link", "delete", "uplink0"});
    world.sites({"reboot", gateway});
    world.wait_until_up("home", 30s);
    uplinks.let_them_try();
    EXPECT_THAT(uplinks.leaks(), IsEmpty()) << "around the boot of " << gateway;
  }
}

// What tunneld is there to prevent: a gateway that forwards, and has no route but the default one.
TEST(Uplink, WouldShowALeakOfAGatewayWithoutTunneld) {
  World world;
  Uplinks uplinks{world, From::Hosts};
  EXPECT_THAT(uplinks.leaks(), IsEmpty());

  world.shell("home", "sysctl -qw net.ipv4.conf.all.forwarding=1");
  uplinks.let_them_try();

  const auto leaks = uplinks.leaks();
  EXPECT_THAT(leaks, Contains("IPv4 protocol 6 192.168.1.215 -> 192.168.253.1"));
  EXPECT_THAT(leaks, Contains("IPv4 protocol 17 192.168.1.215 -> 172.16.1.100"));
  EXPECT_THAT(leaks, Contains("IPv4 protocol 1 192.168.1.215 -> 10.224.1.2"));
}

TEST(Uplink, WouldShowALeakWithoutTheGuards) {
  World world;
  world.start();
  Uplinks uplinks{world, From::HostsAndGateways};
  world.kill_tunneld_and_bridge("home", world.bridge_pid("home"));
  uplinks.let_them_try();
  EXPECT_THAT(uplinks.leaks(), IsEmpty());

  world.output("home", {"ip", "route", "flush", "protocol", "84"});
  uplinks.let_them_try();
  EXPECT_THAT(uplinks.leaks(), Contains("IPv4 protocol 6 192.168.1.215 -> 192.168.253.1"));

  world.start_tunneld("home");
  static_cast<void>(uplinks.leaks());
  uplinks.let_them_try();
  EXPECT_THAT(uplinks.leaks(), IsEmpty()) << "they are back";
}

TEST(Uplink, IsFreeToBeUsedAfterDownWithWithdraw) {
  World world;
  world.start();
  Uplinks uplinks{world, From::HostsAndGateways};

  world.tunnelctl("home", {"down", "labs", "--withdraw"});
  world.wait_for("home", is_state("down"));
  uplinks.let_them_try();
  EXPECT_THAT(uplinks.leaks(), Contains("IPv4 protocol 17 192.168.1.215 -> 192.168.253.1"));

  world.tunnelctl("home", {"up", "labs"});
  static_cast<void>(uplinks.leaks());
  uplinks.let_them_try();
  EXPECT_THAT(uplinks.leaks(), IsEmpty()) << "guarded again from the moment on that it is wanted";
}

// By event, not by the audit that comes every 30 s.
TEST(Uplink, IsGuardedAgainWhenSomebodyDeletesTheGuards) {
  World world;
  world.start();
  Uplinks uplinks{world, From::HostsAndGateways};
  world.tunnelctl("home", {"down", "labs"});
  world.wait_for("home", is_state("down"));
  auto log = world.spawn("home", {"tunnelctl", "log", "-f", "--type", "console", "-n", "99"});

  world.output("home", {"ip", "route", "flush", "protocol", "84"});
  log.wait_for("put back", 2s);
  static_cast<void>(uplinks.leaks());
  uplinks.let_them_try();

  EXPECT_THAT(uplinks.leaks(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Clients, UplinkWithEitherClient, kEitherClient, client_of_test);

}  // namespace
}  // namespace tunnel::test
