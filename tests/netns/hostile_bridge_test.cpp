// What a bridge that has fallen into the wrong hands can do to tunneld: it has the account, and the
// socket.

#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"
#include "tunneld/base/hex.hpp"
#include "tunneld/ipc/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <string>

namespace tunnel::test {
namespace {

using testing::HasSubstr;

/// As the account of the bridges: the datagrams of the first argument, comma-separated and in
/// hexadecimal digits, then those of the second one so many times, until tunneld takes no more.
constexpr auto kForger = R"(
  use Socket;
  my $to = pack_sockaddr_un("/run/tunneld/bridge.sock");
  socket(my $s, AF_UNIX, SOCK_SEQPACKET, 0) or die $!;
  connect($s, $to) or die $!;
  send($s, pack("H*", $_), 0) for split /,/, $ARGV[0];
  $SIG{PIPE} = "IGNORE";
  my @repeated = map { pack("H*", $_) } split /,/, $ARGV[1];
  AGAIN: for (1 .. $ARGV[2]) { defined send($s, $_, 0) or last AGAIN for @repeated }
  shutdown($s, 1);
  1 while sysread($s, my $answer, 65536);
)";

void forge(World& world, const std::string& first, const std::string& repeated, int times) {
  const auto forged =
      world.exec("labs", {"setpriv", "--reuid=pppossh", "--regid=pppossh", "--clear-groups", "perl",
                          "-e", kForger, first, repeated, std::to_string(times)});
  // It may have been killed in time.
  EXPECT_THAT(forged.status, testing::AnyOf(0, 128 + SIGKILL)) << forged.err;
}

std::string hex(const ipc::FromBridge& message) {
  return to_hex(ipc::encode(message), HexCase::Lower);
}

ipc::Claim claim() {
  ipc::Claim claim;
  claim.site = *SiteName::parse("home");
  claim.peer = "198.51.100.10 port 40022";
  return claim;
}

TEST(HostileBridge, CannotFillTheLog) {
  World world;
  do_without_tickets(world);
  world.start_tunneld("labs");
  forge(world, hex(claim()), hex(ipc::PppEvent{ipc::Layer::Lcp, "forged"}), 20'000);
  world.wait_for("labs", is_state("listening"));
  const auto log = world.read("labs", "/var/log/tunneld/ppp.log");
  EXPECT_LT(std::count(log.begin(), log.end(), '\n'), 2000);
  EXPECT_THAT(world.read("labs", "/var/log/tunneld/console.log"),
              HasSubstr("lines of the bridge are suppressed"));
}

// Each of these is a change of the site's state: a line in the log, and work for the kernel.
TEST(HostileBridge, CannotFillTheLogWithItsStages) {
  World world;
  do_without_tickets(world);
  world.start_tunneld("labs");
  forge(world, hex(claim()),
        hex(ipc::StageReached{ipc::Stage::Ncp, {}}) + ',' +
            hex(ipc::StageReached{ipc::Stage::Lcp, {}}),
        20'000);
  const auto site = world.wait_for("labs", is_state("waiting"));
  EXPECT_THAT(text_of(site, "last_error"), HasSubstr("more than a link has to say"));
  const auto log = world.read("labs", "/var/log/tunneld/console.log");
  EXPECT_LT(std::count(log.begin(), log.end(), '\n'), 2000);
}

/// As the account of the bridges: one claim after the other, each on a connection of its own.
constexpr auto kClaimant = R"(
  use Socket;
  for (1 .. $ARGV[1]) {
    socket(my $s, AF_UNIX, SOCK_SEQPACKET, 0) or die $!;
    connect($s, pack_sockaddr_un("/run/tunneld/bridge.sock")) or die $!;
    send($s, pack("H*", $ARGV[0]), 0) or die $!;
    sysread($s, my $answer, 65536);
  }
)";

TEST(HostileBridge, CannotFillTheLogWithClaims) {
  constexpr int kClaims = 3000;
  World world;
  world.start_tunneld("labs");
  const auto claimed =
      world.exec("labs", {"setpriv", "--reuid=pppossh", "--regid=pppossh", "--clear-groups", "perl",
                          "-e", kClaimant, hex(claim()), std::to_string(kClaims)});
  EXPECT_EQ(claimed.status, 0) << claimed.err;
  const auto refused = log_lines(world, "labs", "auth", "has no ticket").size();
  EXPECT_GT(refused, 100U);
  EXPECT_LT(refused, kClaims / 2U);
}

// Only who was given a site's socket is asked for the link that it has.
TEST(HostileBridge, CannotOfferItselfForAdoption) {
  World world;
  world.start();
  ipc::Adopt adopt;
  adopt.site = *SiteName::parse("home");
  adopt.settings.site = adopt.site;
  adopt.settings.interface = *InterfaceName::parse("tun0");
  const auto bridge = world.bridge_pid("labs");
  forge(world, hex(adopt), "", 0);
  EXPECT_EQ(world.bridge_pid("labs"), bridge);
  EXPECT_EQ(text_of(world.status("labs").site, "state"), "up");
  EXPECT_THAT(world.read("labs", "/var/log/tunneld/auth.log"),
              HasSubstr("came without saying for whom"));
  const auto folder = world.exec("labs", {"setpriv", "--reuid=pppossh", "--regid=pppossh",
                                          "--clear-groups", "ls", "/run/tunneld/bridges"});
  EXPECT_THAT(folder.err, HasSubstr("Permission denied"));
}

TEST(HostileBridge, ThatDoesNotSpeakTheLanguageIsCutOffAlone) {
  World world;
  do_without_tickets(world);
  world.start_tunneld("labs");
  forge(world, hex(claim()), "ff00ff", 1);
  world.start_sshd();
  world.start_tunneld("home");
  world.wait_until_up("home");
  EXPECT_THAT(world.read("labs", "/var/log/tunneld/console.log"),
              HasSubstr("the bridge sent a malformed message"));
}

}  // namespace
}  // namespace tunnel::test
