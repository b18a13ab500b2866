// The emulated line between two real network stacks does what was asked, and nothing else.

#include "tests/support/link_emulator/command.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace tunnel::test {
namespace {

constexpr int kPings = 400;
constexpr auto kNear = "192.0.2.1";
constexpr auto kFar = "192.0.2.2";

/// Standard input for a child.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail_errno("pipe2");
    read = UniqueFd{ends[0]};
    write = UniqueFd{ends[1]};
  }

  UniqueFd read{};
  UniqueFd write{};
};

/// The line between HOME and Labs' gateways, beside their own wires; its interfaces are called far.
class LinkEmulator : public testing::Test {
 protected:
  LinkEmulator()
      : emulator_{
            {TUNNEL_BIN_DIR "/link_emulator", network_of("home"), "far", network_of("labs"), "far"},
            {.input = commands_.read.get()}} {
    EXPECT_EQ(emulator_.next_line(), "ready");
    for (const auto& [node, address] : {std::pair{"home", kNear}, std::pair{"labs", kFar}}) {
      // What the kernel says by itself in IPv6 would take the losses of others.
      world_.shell(node,
                   std::string{"sysctl -qw net.ipv6.conf.far.disable_ipv6=1; ip address add "} +
                       address + "/24 dev far; ip link set far up");
    }
  }

  std::string network_of(const std::string& node) const {
    return "/proc/" + std::to_string(world_.holder(node)) + "/ns/net";
  }

  std::string say(const std::string& command) {
    const auto line = command + '\n';
    const auto written = ::write(commands_.write.get(), line.data(), line.size());
    EXPECT_EQ(written, static_cast<ssize_t>(line.size()));
    return emulator_.next_line().value_or("");
  }

  void set(const std::string& command) { ASSERT_EQ(say(command), "ready"); }

  /// The round trips of answered pings, in milliseconds.
  std::vector<double> ping(int count) const {
    const auto finished = world_.exec(
        "home", {"ping", "-n", "-i", "0.002", "-W", "1", "-c", std::to_string(count), kFar});
    std::vector<double> out;
    std::istringstream lines{finished.out};
    for (std::string line; std::getline(lines, line);) {
      const auto place = line.find("time=");
      if (place != std::string::npos) out.push_back(std::stod(line.substr(place + 5)));
    }
    return out;
  }

  World world_;
  Pipe commands_;
  Process emulator_;
};

/// How many of so many pings are answered, by arithmetic.
int answered(const LinkCommand& command, int count) {
  Link there{settings_of_left(command)};
  Link back{settings_of_right(command)};
  int out = 0;
  for (int i = 0; i < count; ++i) {
    if (there.offer(84, TimePoint{}).fate != Fate::Arrives) continue;
    if (back.offer(84, TimePoint{}).fate == Fate::Arrives) ++out;
  }
  return out;
}

TEST_F(LinkEmulator, DelaysEachWay) {
  set("both delay=20ms");
  auto times = ping(50);
  ASSERT_EQ(times.size(), 50U);
  std::sort(times.begin(), times.end());
  EXPECT_GE(times.front(), 40.0);
  EXPECT_LT(times[times.size() / 2], 45.0) << "a busy machine may add to single ones";

  set("left delay=5ms");
  times = ping(50);
  ASSERT_EQ(times.size(), 50U);
  std::sort(times.begin(), times.end());
  EXPECT_GE(times.front(), 25.0);
  EXPECT_LT(times[times.size() / 2], 30.0);
}

TEST_F(LinkEmulator, LosesThePacketsThatItsSeedSays) {
  const std::string lossy = "both delay=1ms loss=5% seed=3";
  const auto expected = answered(*parse_link_command(lossy), kPings);
  ASSERT_LT(expected, kPings);
  for (int i = 0; i < 2; ++i) {
    set(lossy);
    EXPECT_EQ(ping(kPings).size(), static_cast<std::size_t>(expected));
  }
  set("both");
  EXPECT_EQ(ping(kPings).size(), static_cast<std::size_t>(kPings));
}

// 100 pings of 1028 bytes at once, at 1 Mb/s: 8.2 ms each, of which a queue of 10280 bytes has ten;
// some more leave while they are sent.
TEST_F(LinkEmulator, KeepsToItsRateAndItsQueue) {
  set("left rate=1Mb/s queue=10280B");
  const auto finished = world_.exec(
      "home", {"ping", "-n", "-q", "-s", "1000", "-l", "100", "-c", "100", "-W", "1", kFar});
  const auto statistics = say("statistics");
  EXPECT_THAT(statistics, testing::HasSubstr("lost=0"));
  EXPECT_THAT(statistics, testing::MatchesRegex("left arrived=[12][0-9] .*")) << finished.out;
}

TEST_F(LinkEmulator, SaysWhatItDoesNotUnderstand) {
  EXPECT_THAT(say("both delay=slow"), testing::StartsWith("error: "));
  EXPECT_EQ(say("both"), "ready");
}

}  // namespace
}  // namespace tunnel::test
