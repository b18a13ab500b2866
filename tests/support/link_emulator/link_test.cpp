#include "tests/support/link_emulator/link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace tunnel::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr TimePoint kStart{1h};
constexpr std::uint64_t kMegabit = 1'000'000;

std::vector<Fate> fates(Link link, int count, Duration apart = 1ms, std::size_t bytes = 100) {
  std::vector<Fate> out;
  for (int i = 0; i < count; ++i) out.push_back(link.offer(bytes, kStart + i * apart).fate);
  return out;
}

std::vector<Duration> travel_times(Link link, int count, Duration apart) {
  std::vector<Duration> out;
  for (int i = 0; i < count; ++i) {
    const auto now = kStart + i * apart;
    out.push_back(link.offer(100, now).arrival - now);
  }
  return out;
}

TEST(Link, WithoutSettingsCarriesEverythingAtOnce) {
  Link link{LinkSettings{}};
  EXPECT_EQ(link.offer(1500, kStart), (Passage{Fate::Arrives, kStart}));
  EXPECT_EQ(link.offer(1500, kStart), (Passage{Fate::Arrives, kStart}));
}

TEST(Link, EveryPacketTakesTheDelay) {
  Link link{{.delay = 25ms}};
  EXPECT_EQ(link.offer(1500, kStart).arrival, kStart + 25ms);
  EXPECT_EQ(link.offer(40, kStart + 3ms).arrival, kStart + 28ms);
}

// 1250 bytes are 10 000 bits: 1 ms at 10 Mb/s.
TEST(Link, PacketsWaitForTheRateOneBehindTheOther) {
  Link link{{.delay = 5ms, .bits_per_second = 10 * kMegabit}};
  EXPECT_EQ(link.offer(1250, kStart).arrival, kStart + 6ms);
  EXPECT_EQ(link.offer(1250, kStart).arrival, kStart + 7ms);
  EXPECT_EQ(link.offer(2500, kStart + 1ms).arrival, kStart + 9ms);
  EXPECT_EQ(link.offer(1250, kStart + 10ms).arrival, kStart + 16ms) << "it was idle";
}

TEST(Link, AFullQueueTakesNoMore) {
  Link link{{.bits_per_second = 10 * kMegabit, .queue_bytes = 3000}};
  const std::vector<Fate> together{link.offer(1250, kStart).fate, link.offer(1250, kStart).fate,
                                   link.offer(1250, kStart).fate, link.offer(500, kStart).fate};
  EXPECT_THAT(together, ElementsAre(Fate::Arrives, Fate::Arrives, Fate::Overflown, Fate::Arrives));
  EXPECT_EQ(link.offer(1250, kStart).fate, Fate::Overflown);
  EXPECT_EQ(link.offer(1250, kStart + 1ms).fate, Fate::Arrives) << "one has left the queue";
}

TEST(Link, WhatOverflowsTakesNoTime) {
  Link link{{.bits_per_second = 10 * kMegabit, .queue_bytes = 1250}};
  link.offer(1250, kStart);
  EXPECT_EQ(link.offer(1250, kStart).fate, Fate::Overflown);
  EXPECT_EQ(link.offer(1250, kStart + 1ms).arrival, kStart + 2ms);
}

TEST(Link, LosesTheShareThatWasAskedFor) {
  const auto seen = fates(Link{{.loss = 0.02}}, 100'000);
  EXPECT_NEAR(static_cast<double>(std::count(seen.begin(), seen.end(), Fate::Lost)), 2000, 150);
}

TEST(Link, LosesNothingOrEverythingAtTheEndsOfTheScale) {
  EXPECT_EQ(fates(Link{{.loss = 0.0}}, 1000), std::vector(1000, Fate::Arrives));
  EXPECT_EQ(fates(Link{{.loss = 1.0}}, 1000), std::vector(1000, Fate::Lost));
}

TEST(Link, TheSameSeedLosesTheSamePacketsWhateverTheirSizeAndTime) {
  const LinkSettings settings{.delay = 1ms, .loss = 0.1, .seed = 7};
  EXPECT_EQ(fates(Link{settings}, 1000, 1ms, 100), fates(Link{settings}, 1000, 3us, 1500));
  auto jittered = settings;
  jittered.jitter = 5ms;
  EXPECT_EQ(fates(Link{settings}, 1000), fates(Link{jittered}, 1000));
}

TEST(Link, AnotherSeedLosesOtherPackets) {
  EXPECT_NE(fates(Link{{.loss = 0.1, .seed = 7}}, 1000),
            fates(Link{{.loss = 0.1, .seed = 8}}, 1000));
}

TEST(Link, ALostPacketHasTakenItsTimeOnTheWire) {
  Link link{{.bits_per_second = 10 * kMegabit, .queue_bytes = 1250, .loss = 1.0}};
  EXPECT_EQ(link.offer(1250, kStart).fate, Fate::Lost);
  EXPECT_EQ(link.offer(1250, kStart).fate, Fate::Overflown);
}

TEST(Link, JitterAddsToTheDelayEvenly) {
  const auto times = travel_times(Link{{.delay = 10ms, .jitter = 4ms}}, 10'000, 100ms);
  const auto [shortest, longest] = std::minmax_element(times.begin(), times.end());
  EXPECT_GE(*shortest, 10ms);
  EXPECT_LT(*shortest, 10ms + 40us);
  EXPECT_GT(*longest, 14ms - 40us);
  EXPECT_LT(*longest, 14ms);
  const auto mean = std::accumulate(times.begin(), times.end(), Duration{0}) / times.size();
  EXPECT_NEAR(static_cast<double>(Duration{mean}.count()), 12e6, 1e5);
}

TEST(Link, JitterDoesNotChangeTheOrder) {
  Link link{{.delay = 10ms, .jitter = 50ms}};
  TimePoint last{};
  for (int i = 0; i < 1000; ++i) {
    const auto arrival = link.offer(100, kStart + i * 1ms).arrival;
    EXPECT_GE(arrival, last);
    last = arrival;
  }
}

}  // namespace
}  // namespace tunnel::test
