// Packets cross, in both directions and whole, and both ends tell the same of it.

#include "tests/netns/clients.hpp"
#include "tests/support/sites.hpp"
#include "tests/support/tcp_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>

namespace tunnel::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint64_t kMebibyte = 1024 * 1024;

using Traffic = WithEitherClient;

void expect_reaches(const World& world, const std::string& from, const std::string& address) {
  const auto ping = world.exec(from, {"ping", "-c", "3", "-i", "0.05", "-W", "2", address});
  EXPECT_EQ(ping.status, 0) << from << ": " << ping.out;
}

TEST_P(Traffic, CrossesInBothDirections) {
  World world{GetParam()};
  world.start();

  expect_reaches(world, "client", "192.168.253.1");
  expect_reaches(world, "client", "172.16.1.100");
  expect_reaches(world, "routera", "192.168.1.215");
  expect_reaches(world, "home", "10.224.1.2");
  expect_reaches(world, "labs", "10.224.1.1");

  const auto seconds = transfer(world, "client", "routera", "192.168.253.1", 16 * kMebibyte);
  std::cout << "16 MiB each way at the same time in " << seconds.count() << " s\n";
}

TEST_P(Traffic, BothEndsTellTheSame) {
  World world{GetParam()};
  world.start();

  const auto home = world.status("home");
  const auto labs = world.status("labs");

  EXPECT_EQ(home.exit_status, 0);
  EXPECT_EQ(labs.exit_status, 0);
  for (const auto* site : {&home.site, &labs.site}) {
    EXPECT_EQ(text_of(*site, "state"), "up");
    EXPECT_EQ(number_of(*site, "established"), 1);
    EXPECT_EQ(number_of(*site, "receive_mru"), 1500);
    EXPECT_EQ(number_of(*site, "transmit_mru"), 1500);
    EXPECT_EQ(text_of(*site, "last_error"), "");
  }
  EXPECT_EQ(text_of(home.site, "local"), "10.224.1.1");
  EXPECT_EQ(text_of(home.site, "remote"), "10.224.1.2");
  EXPECT_EQ(text_of(labs.site, "local"), "10.224.1.2");
  EXPECT_EQ(text_of(labs.site, "remote"), "10.224.1.1");
  EXPECT_THAT(text_of(home.site, "peer"), HasSubstr("203.0.113.4"));
  EXPECT_THAT(text_of(labs.site, "peer"), HasSubstr("198.51.100.10"));
  EXPECT_THAT(text_of(home.site, "transport"), StartsWith(client_name(GetParam())));
  const auto fingerprint =
      world.shell("home", "ssh-keygen -lf /etc/tunneld/keys/labs.pub | cut -d ' ' -f 2");
  EXPECT_EQ(text_of(labs.site, "key") + '\n', fingerprint);
}

// Counters come once a second, and for the last time when the link ends: then they must agree.
TEST_P(Traffic, IsCountedAlikeAtBothEnds) {
  World world{GetParam()};
  world.start();
  transfer(world, "client", "routera", "192.168.253.1", kMebibyte);

  EXPECT_EQ(world.tunnelctl("home", {"down", "labs"}).status, 0);
  const auto home = world.wait_for("home", is_state("down"));
  const auto labs = world.wait_for("labs", is_state("listening"));

  EXPECT_GT(number_of(home, "bytes_out"), kMebibyte);
  EXPECT_GT(number_of(home, "bytes_in"), kMebibyte);
  for (const auto* counter : {"packets", "bytes"}) {
    const auto in = std::string{counter} + "_in";
    const auto out = std::string{counter} + "_out";
    EXPECT_EQ(number_of(home, out), number_of(labs, in)) << counter;
    EXPECT_EQ(number_of(labs, out), number_of(home, in)) << counter;
  }
  for (const auto* drop : {"source", "malformed", "too_big", "tun"}) {
    EXPECT_EQ(number_of(home.at("drops").as_object(), drop), 0) << drop;
    EXPECT_EQ(number_of(labs.at("drops").as_object(), drop), 0) << drop;
  }
  EXPECT_EQ(number_of(home, "bad_frames"), 0);
  EXPECT_EQ(number_of(labs, "bad_frames"), 0);
}

TEST(Status, ExitsWithThreeWhileAWantedLinkIsNotUp) {
  World world;
  EXPECT_EQ(world.tunnelctl("home", {"status"}).status, 1) << "there is no daemon";

  world.start_tunneld("home");
  world.wait_for("home", is_waiting_for("refused"));
  EXPECT_EQ(world.tunnelctl("home", {"status"}).status, 3);
  EXPECT_EQ(world.tunnelctl("home", {"status", "labs"}).status, 3);

  EXPECT_EQ(world.tunnelctl("home", {"down", "labs"}).status, 0);
  world.wait_for("home", is_state("down"));
  EXPECT_EQ(world.tunnelctl("home", {"status"}).status, 0) << "nobody wants it up";

  world.start_sshd();
  world.start_tunneld("labs");
  EXPECT_EQ(world.tunnelctl("labs", {"status"}).status, 3) << "nobody has called";
  EXPECT_EQ(world.tunnelctl("home", {"up", "labs"}).status, 0);
  world.wait_until_up("home");
  EXPECT_EQ(world.tunnelctl("home", {"status"}).status, 0);
  EXPECT_EQ(world.tunnelctl("labs", {"status"}).status, 0);
}

INSTANTIATE_TEST_SUITE_P(Clients, Traffic, kEitherClient, client_of_test);

}  // namespace
}  // namespace tunnel::test
