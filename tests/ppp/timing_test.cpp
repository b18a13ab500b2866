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

TEST_F(EchoMonitorTest, GivesTheThirdRequestAMomentWhereItWasLate) {
  monitor.start(now);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(step(1s), Due::Echo);
  EXPECT_EQ(monitor.deadline(), kStart + 3250ms);
  EXPECT_EQ(step(249ms), Due::Nothing);
  EXPECT_EQ(step(1ms), Due::Death);
}

TEST_F(EchoMonitorTest, CallsASilentPeerDeadAfterThreeIntervals) {
  monitor.start(now);
  auto due = Due::Nothing;
  int requests = 0;
  while (due != Due::Death) {
    due = step(*monitor.deadline() - now);
    if (due == Due::Echo) ++requests;
  }
  EXPECT_EQ(now, kStart + 3s);
  EXPECT_EQ(requests, 3);
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

TEST_F(EchoMonitorTest, CallsAPeerInDoubtDeadWithinASecond) {
  monitor.start(now);
  step(400ms);
  monitor.note_life(now);
  step(100ms);
  monitor.doubt(now);
  const auto doubted = now;
  EXPECT_EQ(step(0ms), Due::Echo) << "at once";
  while (step(*monitor.deadline() - now) != Due::Death) {
  }
  EXPECT_LT(now - doubted, 1s);
}

TEST_F(EchoMonitorTest, DoubtsNoMoreOnceSomethingWasHeard) {
  monitor.start(now);
  monitor.doubt(now);
  EXPECT_EQ(step(0ms), Due::Echo);
  step(100ms);
  monitor.note_life(now);
  const auto heard = now;
  while (step(*monitor.deadline() - now) != Due::Death) {
  }
  EXPECT_GE(now - heard, 3s);
}

TEST_F(EchoMonitorTest, GivesADoubtedPeerFarAwayItsRoundTrips) {
  monitor.start(now);
  step(1s);
  now += 900ms;
  monitor.answered(1, now);
  monitor.note_life(now);
  monitor.doubt(now);
  const auto doubted = now;
  while (step(*monitor.deadline() - now) != Due::Death) {
  }
  EXPECT_GE(now - doubted, 1800ms);
}

TEST_F(EchoMonitorTest, DoubtsNobodyBeforeItIsStarted) {
  monitor.doubt(now);
  EXPECT_FALSE(monitor.deadline());
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

TEST_F(EchoMonitorTest, AsksAPeerThatAsksOnlyAsOftenAsTheRoundTripIsWorth) {
  monitor.start(now);
  step(1s);
  monitor.answered(1, now + 5ms);
  int asked = 0;
  for (int i = 0; i < 30; ++i) {
    now += 900ms;
    monitor.note_life(now);
    monitor.asked(now);
    if (step(100ms) != Due::Echo) continue;
    ++asked;
    monitor.answered(static_cast<std::uint8_t>(next_id - 1), now + 5ms);
  }
  EXPECT_EQ(asked, 2);
}

TEST_F(EchoMonitorTest, MissesAPeerThatAskedAndFellSilentAsSoonAsAnother) {
  monitor.start(now);
  step(1s);
  monitor.answered(1, now);
  monitor.note_life(now);
  monitor.asked(now);
  const auto silent_since = now;
  auto due = Due::Nothing;
  while (due != Due::Death) {
    now = *monitor.deadline();
    due = step(0s);
  }
  EXPECT_EQ(now - silent_since, 3s);
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
