// A peer that has agreed to frames of our own, and goes on lying in them, is disconnected, and is
// not listened to for a while.

#include "tests/netns/clients.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <array>
#include <string>

namespace tunnel::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr auto kCall =
    "ssh -T -F none -i /etc/tunneld/keys/labs -o StrictHostKeyChecking=no "
    "-o UserKnownHostsFile=/dev/null -o BatchMode=yes pppossh@vpn.labs.example";
constexpr auto kReason = "the peer keeps sending packets that contradict their own headers";

/// Between a bridge and its peer: passes on what the bridge says, and once there is a file
/// /etc/ssh/lie or lie_a_lot, adds frames of our own behind it: super-packets of IP version 9.
constexpr auto kLiar = R"(perl -e '
  my $lie = pack("CCnN", 0x56, 2, 1000, 4) . "\x95\0\0\0";
  while (sysread(STDIN, $b, 65536)) {
    syswrite(STDOUT, $b);
    syswrite(STDOUT, $lie x 3) if -e "/etc/ssh/lie";
    syswrite(STDOUT, $lie x 600) if -e "/etc/ssh/lie_a_lot";
  }')";

using LyingPeer = WithEitherClient;

std::int64_t dropped(const boost::json::object& site) {
  return number_of(site.at("drops").as_object(), "metadata");
}

/// An Echo-Reply, which ends with a flag, takes the lies along.
TEST_P(LyingPeer, IsForgivenALittleAndDisconnectedWhenItKeepsAtIt) {
  World world{GetParam()};
  answer_with(world, std::string{"pppd-bridge answer home | "} + kLiar);
  world.start();

  world.write("labs", "/etc/ssh/lie", "");
  while (dropped(world.status("home").site) == 0) {
    // Counters come once a second.
    ASSERT_TRUE(reaches(world, "client", "192.168.253.1"));
  }
  EXPECT_EQ(text_of(world.status("home").site, "state"), "up");
  EXPECT_EQ(number_of(world.status("home").site, "established"), 1);

  world.write("labs", "/etc/ssh/lie_a_lot", "");
  const auto site = world.wait_for("home", is_waiting_for(kReason));
  EXPECT_EQ(text_of(site, "last_error"), kReason);
  EXPECT_GT(site.at("next_attempt_seconds").to_number<double>(), 20) << "the longest pause";
  EXPECT_THAT(log_lines(world, "home", "auth", kReason), SizeIs(1));
}

// A bridge without its tunneld, which calls with HOME's key.
TEST(LyingDialler, IsDisconnectedAndNotAnsweredForAWhile) {
  World world;
  world.start_sshd();
  world.start_tunneld("labs");
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  UniqueFd bridge_end{ends[0]};
  UniqueFd call_end{ends[1]};
  const auto bridge = world.spawn(
      "home", {"pppd-bridge", "stdio", "--local", "10.224.1.1", "--remote", "10.224.1.2"},
      {bridge_end.get(), bridge_end.get()});
  // ssh alone with its ends: it has them not block, which the other programs could not stand. And a
  // socket makes bash believe that it is a remote login, which reads ~/.bashrc.
  const auto call =
      world.spawn("home", {"bash", "--norc", "-c", std::string{kLiar} + " | " + kCall + " | cat"},
                  {call_end.get(), call_end.get()});
  bridge_end.reset();
  call_end.reset();
  world.wait_until_up("labs");

  world.write("home", "/etc/ssh/lie_a_lot", "");
  const auto site = world.wait_for("labs", is_waiting_for(kReason));
  EXPECT_EQ(text_of(site, "last_error"), kReason);
  EXPECT_GT(site.at("next_attempt_seconds").to_number<double>(), 20);
  const auto again = world.exec("home", {"bash", "-c", std::string{kCall} + " </dev/null"});
  EXPECT_THAT(again.err, HasSubstr("held down on this gateway for "));
  EXPECT_THAT(again.err, HasSubstr(kReason));
}

INSTANTIATE_TEST_SUITE_P(Clients, LyingPeer, kEitherClient, client_of_test);

}  // namespace
}  // namespace tunnel::test
