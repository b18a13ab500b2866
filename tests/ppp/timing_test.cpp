// The parts that deal in time alone: the rate limiter and the echo monitor.

#include "pppd-bridge/ppp/echo_monitor.hpp"
#include "tunneld/base/rate_limiter.hpp"

#include <gtest/gtest.h>

namespace tunnel::ppp {
namespace {

using namespace std::chrono_literals;
using Due = EchoMonitor::Due;

constexpr TimePoint kStart{100s};

TEST(RateLimiter, LetsABurstPassAndThenItsRate) {
  RateLimiter limiter{5, 10};
  auto now = kStart;
  int passed = 0;
  for (int i = 0; i < 100; ++i) passed += limiter.allow(now) ? 1 : 0;
  EXPECT_EQ(passed, 5);

  passed = 0;
  for (int i = 0; i < 1000; ++i) {
    now += 1ms;
    passed += limiter.allow(now) ? 1 : 0;
  }
  EXPECT_EQ(passed, 10);
}

TEST(RateLimiter, SavesNoMoreThanABurst) {
  RateLimiter limiter{3, 1};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.allow(kStart));
  const auto later = kStart + 1h;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.allow(later));
  EXPECT_FALSE(limiter.allow(later));
}

class EchoMonitorTest : public testing::Test {
 protected:
  /// What the link does when the deadline has come.
  Due step(Duration by) {
    now += by;
    const auto due = monitor.due(now);
    if (due == Due::Echo) monitor.sent(next_id++, now);
    return due;
  }

  EchoMonitor monitor{1s, 3};
  TimePoint now = kStart;
  std::uint8_t next_id = 1;
};

TEST_F(EchoMonitorTest, WaitsForNothingUntilStarted) {
  EXPECT_FALSE(monitor.deadline());
  EXPECT_EQ(step(1h), Due::Nothing);
}

TEST_F(EchoMonitorTest, AsksForAnEchoEachInterval) {
  monitor.start(now);
  EXPECT_EQ(monitor.deadline(), now + 1s);
  EXPECT_EQ(step(999ms), Due::Nothing);
  EXPECT_EQ(step(1ms), Due::Echo);
  EXPECT_EQ(monitor.deadline(), now + 1s);
}

TEST_F(EchoMonitorTest, CallsASilentPeerDeadSoonAfterThreeIntervals) {
  monitor.start(now);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(step(1s), Due::Echo);
  EXPECT_EQ(monitor.deadline(), kStart + 3250ms);
  EXPECT_EQ(step(249ms), Due::Nothing);
  EXPECT_EQ(step(1ms), Due::Death);
}

TEST_F(EchoMonitorTest, CountsAnyLife) {
  monitor.start(now);
  for (int i = 0; i < 100; ++i) {
    step(1s);
    monitor.note_life(now);
  }
  EXPECT_NE(monitor.due(now), Due::Death);
  EXPECT_EQ(step(1s), Due::Echo);
}

TEST_F(EchoMonitorTest, CountsThreeIntervalsFromTheLastLife) {
  monitor.start(now);
  step(1s);
  now += 600ms;
  monitor.note_life(now);
  const auto life = now;
  step(400ms);
  step(1s);
  step(1s);
  EXPECT_EQ(monitor.deadline(), life + 3s);
  now = life + 3s;
  EXPECT_EQ(monitor.due(now), Due::Death);
}

// Our own process was stopped for a minute: the peer's answers may wait to be read.
TEST_F(EchoMonitorTest, TakesAJumpOfTimeForOneInterval) {
  monitor.start(now);
  step(1s);
  monitor.note_life(now);
  EXPECT_EQ(step(60s), Due::Echo);
  EXPECT_EQ(step(0s), Due::Nothing);
  monitor.note_life(now);
  EXPECT_EQ(step(1s), Due::Echo);
}

TEST_F(EchoMonitorTest, GivesTheLastRequestAMomentEvenAfterAJump) {
  monitor.start(now);
  step(1s);
  step(1s);
  EXPECT_EQ(step(60s), Due::Echo);
  EXPECT_EQ(step(0s), Due::Nothing);
  EXPECT_EQ(step(250ms), Due::Death);
}

TEST_F(EchoMonitorTest, MeasuresTheRoundTripOfTheAnsweredRequest) {
  monitor.start(now);
  EXPECT_FALSE(monitor.round_trip());
  step(1s);
  monitor.answered(1, now + 40ms);
  EXPECT_EQ(monitor.round_trip(), 40ms);
}

TEST_F(EchoMonitorTest, MeasuresRoundTripsLongerThanTheInterval) {
  monitor.start(now);
  step(1s);
  step(1s);
  monitor.answered(1, now + 500ms);
  EXPECT_EQ(monitor.round_trip(), 1500ms);
  monitor.answered(2, now + 700ms);
  EXPECT_EQ(monitor.round_trip(), 700ms);
}

TEST_F(EchoMonitorTest, PassesOverAnswersToNoRequest) {
  monitor.start(now);
  step(1s);
  monitor.answered(77, now + 40ms);
  EXPECT_FALSE(monitor.round_trip());
}

TEST_F(EchoMonitorTest, WithoutAnIntervalNeverDies) {
  EchoMonitor off{0s, 3};
  off.start(now);
  EXPECT_FALSE(off.deadline());
  EXPECT_EQ(off.due(now + 24h), Due::Nothing);
}

}  // namespace
}  // namespace tunnel::ppp
