// The emulated line between two real network stacks does what was asked, and nothing else.

#include "tests/support/emulated_line.hpp"
#include "tests/support/link_emulator/command.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace tunnel::test {
namespace {

constexpr int kPings = 400;

class LinkEmulator : public testing::Test {
 protected:
  std::string say(const std::string& command) { return line_.say(command); }

  void set(const std::string& command) { line_.set(command); }

  /// The round trips of answered pings, in milliseconds.
  std::vector<double> ping(int count) const {
    const auto finished = world_.exec("home", {"ping", "-n", "-i", "0.002", "-W", "1", "-c",
                                               std::to_string(count), EmulatedLine::kFar});
    std::vector<double> out;
    std::istringstream lines{finished.out};
    for (std::string line; std::getline(lines, line);) {
      const auto place = line.find("time=");
      if (place != std::string::npos) out.push_back(std::stod(line.substr(place + 5)));
    }
    return out;
  }

  World world_;
  EmulatedLine line_{world_};
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
  const auto finished = world_.exec("home", {"ping", "-n", "-q", "-s", "1000", "-l", "100", "-c",
                                             "100", "-W", "1", EmulatedLine::kFar});
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
