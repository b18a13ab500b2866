// The far side sends what it should not, nothing at all, or hangs up. sshd is real; what it runs
// for HOME's key is the test's.

#include "tests/netns/clients.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/relay.hpp"
#include "tests/support/sites.hpp"
#include "tests/support/tcp_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using testing::ElementsAre;
using testing::IsSupersetOf;

using HostilePeer = WithEitherClient;

constexpr std::uint64_t kMebibyte = 1024 * 1024;

TEST_P(HostilePeer, ThatPrintsAGreetingFirstIsUnderstood) {
  World world{GetParam()};
  answer_with(world,
              "printf 'Welcome to Labs!\\r\\n~~~ }} \\377\\300\\041\\001\\r\\n$ '; "
              "exec pppd-bridge answer home");
  world.start();
  transfer(world, "client", "routera", "192.168.253.1", kMebibyte);
}

// In RFC 1662's frames, which have an FCS: those of our own leave that to SSH, above which nobody
// but the peer itself can put anything in.
TEST_P(HostilePeer, ThatMixesGarbageIntoTheStreamCostsFramesAndNoByteOfTcp) {
  World world{GetParam()};
  world.edit_profile("labs", "[ppp]", "[ppp]\noffload = false");
  answer_with(world, R"(pppd-bridge answer home | perl -e '
    while (sysread(STDIN, $b, 65536)) {
      syswrite(STDOUT, $b);
      syswrite(STDOUT, "~garbage }~}~" . chr(255) x 40 . "~") if $n++ % 3 == 0;
    }')");
  world.start();
  transfer(world, "client", "routera", "192.168.253.1", kMebibyte);

  world.tunnelctl("home", {"down", "labs"});
  const auto site = world.wait_for("home", is_state("down"));
  EXPECT_GT(number_of(site, "bad_frames"), 0);
}

TEST_P(HostilePeer, ThatEchoesIsALoop) {
  World world{GetParam()};
  answer_with(world, "exec cat");
  world.start_sshd();
  world.start_tunneld("home");

  world.wait_for("home", is_waiting_for("looped back"));

  EXPECT_THAT(world.programs_on("home"), ElementsAre("tunneld"));
}

TEST_P(HostilePeer, ThatHangsUpAtOnceIsReportedWithItsStatus) {
  World world{GetParam()};
  answer_with(world, "echo 'closed for repairs' >&2; exit 3");
  world.start_sshd();
  world.start_tunneld("home");

  const auto site = world.wait_for("home", is_waiting_for("closed for repairs"));

  EXPECT_THAT(text_of(site, "last_error"), testing::HasSubstr("3"));
}

// Ten Configure-Requests, three seconds apart (RFC 1661 §4.6).
TEST(SilentPeer, IsGivenUpAfterTenConfigureRequests) {
  World world;
  answer_with(world, "exec cat >/dev/null");
  world.start_sshd();
  world.start_tunneld("home");

  const auto site =
      world.wait_for("home", is_waiting_for("no answer to 10 Configure-Requests"), 50s);

  EXPECT_EQ(number_of(site, "failures"), 1);
  EXPECT_GT(site.at("next_attempt_seconds").to_number<double>(), 0) << "and it is tried again";
  EXPECT_THAT(world.programs_on("home"), ElementsAre("tunneld"));
}

TEST(SilentServer, IsGivenUpBeforeAnySsh) {
  World world;
  const auto listener = listen_on(world, "labs", 22);
  world.start_tunneld("home");

  world.wait_for("home", is_waiting_for("no SSH key exchange within 15 s"), 40s);

  EXPECT_THAT(world.programs_on("home"), ElementsAre("tunneld"));
}

constexpr std::uint16_t kSshdPort = 2222;

/// HOME reaches Labs' sshd through a relay only.
class CutOff : public testing::Test {
 protected:
  CutOff() {
    world_.write("labs", "/etc/ssh/sshd_config.d/port.conf",
                 "Port " + std::to_string(kSshdPort) + '\n');
    world_.edit_profile("labs", "198.51.100.0/24", "127.0.0.0/8");
    world_.start_sshd();
    world_.start_tunneld("labs");
  }

  World world_;
};

/// The states in which attempts ended, as the log tells them.
std::vector<std::string> states_that_failed(const World& world) {
  std::vector<std::string> states;
  for (const auto& line : log_lines(world, "home", "console", " -> waiting ")) {
    const auto begin = line.find("state ") + 6;
    states.push_back(line.substr(begin, line.find(' ', begin) - begin));
  }
  std::sort(states.begin(), states.end());
  states.erase(std::unique(states.begin(), states.end()), states.end());
  return states;
}

TEST_F(CutOff, InEveryStateIsReportedAndMended) {
  CuttingRelay relay{world_, kSshdPort};
  world_.start_tunneld("home");
  world_.wait_until_up("home");
  const auto whole = relay.from_server();
  auto watch = world_.watch("home");
  watch.wait_for(is_state("up"));
  const auto descriptors = open_descriptors(world_.tunneld_pid("home"));

  std::vector<std::uint64_t> cuts;
  for (std::uint64_t bytes = 0; bytes < whole; bytes += 400) cuts.push_back(bytes);
  for (auto bytes = whole - 400; bytes < whole; bytes += 60) cuts.push_back(bytes);
  std::string last_time;
  for (const auto bytes : cuts) {
    relay.cut_after(bytes);
    world_.tunnelctl("home", {"retry", "labs"});  // but the first, which is up
    const auto site = watch.wait_for([&](const auto& now) {
      return text_of(now, "state") == "waiting" && text_of(now, "last_error_at") != last_time;
    });
    EXPECT_NE(text_of(site, "last_error"), "") << "after " << bytes << " bytes";
    last_time = text_of(site, "last_error_at");
  }

  EXPECT_THAT(states_that_failed(world_), IsSupersetOf({"host-key", "auth", "lcp", "up"}));
  EXPECT_THAT(world_.programs_on("home"), ElementsAre("tunneld"));
  relay.cut_after(CuttingRelay::kNever);
  world_.tunnelctl("home", {"retry", "labs"});
  watch.wait_for(is_state("up"));
  world_.wait_until_up("labs");
  EXPECT_TRUE(reaches(world_, "client", "192.168.253.1"));
  EXPECT_EQ(open_descriptors(world_.tunneld_pid("home")), descriptors);
}

INSTANTIATE_TEST_SUITE_P(Clients, HostilePeer, kEitherClient, client_of_test);

}  // namespace
}  // namespace tunnel::test
