#include "tunneld/supervisor/backoff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace tunnel::supervisor {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using testing::ElementsAre;

std::uint64_t shortest(std::uint64_t /*bound*/) {
  return 0;
}

std::uint64_t longest(std::uint64_t bound) {
  return bound - 1;
}

std::vector<milliseconds> pauses(Backoff& backoff, int count) {
  std::vector<milliseconds> all;
  for (int i = 0; i < count; ++i) all.push_back(backoff.next());
  return all;
}

TEST(Backoff, DoublesFromMinToMax) {
  Backoff backoff{{1s, 60s, 0}, longest};
  EXPECT_THAT(pauses(backoff, 9), ElementsAre(1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s));
}

TEST(Backoff, JitterReachesDownToHalf) {
  Backoff backoff{{1s, 60s, 0}, shortest};
  EXPECT_THAT(pauses(backoff, 8), ElementsAre(500ms, 1s, 2s, 4s, 8s, 16s, 30s, 30s));
}

TEST(Backoff, JitterIsUniformOverTheUpperHalf) {
  std::mt19937_64 random{5};
  Backoff backoff{{1s, 1s, 0}, [&](std::uint64_t bound) { return random() % bound; }};
  constexpr int kRounds = 50000;
  std::vector<int> quarters(4);
  for (int i = 0; i < kRounds; ++i) {
    const auto pause = backoff.next();
    ASSERT_GE(pause, 500ms);
    ASSERT_LE(pause, 1000ms);
    ++quarters[static_cast<std::size_t>(std::min<std::int64_t>(3, (pause - 500ms) / 125ms))];
  }
  for (const int count : quarters) EXPECT_NEAR(count, kRounds / 4, kRounds / 50);
}

TEST(Backoff, OddPausesLoseNoMillisecond) {
  EXPECT_EQ((Backoff{{1001ms, 1001ms, 0}, longest}.next()), 1001ms);
  EXPECT_EQ((Backoff{{1001ms, 1001ms, 0}, shortest}.next()), 500ms);
  EXPECT_EQ((Backoff{{1ms, 1ms, 0}, longest}.next()), 1ms);
  EXPECT_EQ((Backoff{{1ms, 1ms, 0}, shortest}.next()), 0ms);
}

TEST(Backoff, StaysAtMaxHoweverOftenItFails) {
  Backoff backoff{{1ms, std::chrono::hours{24 * 365}, 0}, longest};
  for (int i = 0; i < 100000; ++i) ASSERT_LE(backoff.next(), std::chrono::hours{24 * 365});
  EXPECT_EQ(backoff.next(), std::chrono::hours{24 * 365});
}

TEST(Backoff, IsMaxWhereMinIs) {
  Backoff backoff{{5s, 5s, 0}, longest};
  EXPECT_THAT(pauses(backoff, 3), ElementsAre(5s, 5s, 5s));
}

TEST(Backoff, LongestIsMaxAndCountsAsAFailure) {
  Backoff backoff{{1s, 60s, 0}, longest};
  EXPECT_EQ(backoff.longest(), 60s);
  EXPECT_EQ(backoff.failures(), 1U);
  EXPECT_EQ(backoff.next(), 2s);
  EXPECT_EQ((Backoff{{1s, 60s, 0}, shortest}.longest()), 30s);
}

TEST(Backoff, AfterALinkThatHeldIsAtMostHalfOfMinAndCountsAsNone) {
  Backoff soonest{{1s, 60s, 0}, shortest};
  EXPECT_EQ(soonest.after_established(), 0ms);
  Backoff latest{{1s, 60s, 0}, longest};
  EXPECT_EQ(latest.after_established(), 500ms);
  EXPECT_EQ(latest.failures(), 0U);
}

TEST(Backoff, BeginsAgainAfterReset) {
  Backoff backoff{{1s, 60s, 0}, longest};
  pauses(backoff, 5);
  EXPECT_EQ(backoff.failures(), 5U);
  backoff.reset();
  EXPECT_EQ(backoff.failures(), 0U);
  EXPECT_EQ(backoff.next(), 1s);
}

TEST(Backoff, IsExhaustedAfterTheProfilesAttempts) {
  Backoff backoff{{1s, 60s, 3}, longest};
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(backoff.exhausted());
    backoff.next();
  }
  EXPECT_TRUE(backoff.exhausted());
  backoff.reset();
  EXPECT_FALSE(backoff.exhausted());
}

TEST(Backoff, IsNeverExhaustedWithoutALimit) {
  Backoff backoff{{1s, 60s, 0}, longest};
  pauses(backoff, 1000);
  EXPECT_FALSE(backoff.exhausted());
}

}  // namespace
}  // namespace tunnel::supervisor
