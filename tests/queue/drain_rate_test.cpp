#include "pppd-bridge/queue/drain_rate.hpp"

#include <gtest/gtest.h>

namespace tunnel::queue::test {
namespace {

using namespace std::chrono_literals;

class DrainRateTest : public testing::Test {
 protected:
  /// Takes `octets` in each of `count` bursts, `pause` apart, from a queue that has more.
  void drain(int count, Duration pause, std::size_t octets) {
    for (int i = 0; i < count; ++i) {
      now += pause;
      drain_rate.advance(now, true);
      drain_rate.taken(octets, true);
    }
  }

  double mbit() const {
    const auto rate = drain_rate.rate();
    return rate ? rate->octets_per_second * 8 / 1e6 : -1;
  }

  DrainRate drain_rate;
  TimePoint now{1h};
};

TEST_F(DrainRateTest, SaysNothingOfAQueueThatWasNeverBacklogged) {
  for (int i = 0; i < 10000; ++i) {
    now += 1ms;
    drain_rate.advance(now, false);
    drain_rate.taken(65535, false);
  }
  EXPECT_EQ(drain_rate.rate(), std::nullopt);
}

TEST_F(DrainRateTest, TellsTheRateOfABackloggedQueue) {
  drain(100, 10ms, 12500);
  EXPECT_NEAR(mbit(), 10, 0.01);
}

TEST_F(DrainRateTest, TellsTheRateOfRareBursts) {
  drain(20, 500ms, 62500);
  EXPECT_NEAR(mbit(), 1, 0.01);
}

// What the transport's buffers take at once is not the rate of the link.
TEST_F(DrainRateTest, TheFirstBurstAndTheLastDoNotCount) {
  for (int i = 0; i < 200; ++i) {
    now += 100ms;  // nothing queued: the time does not count either
    drain_rate.advance(now, false);
    drain_rate.taken(500'000, true);
    drain(5, 10ms, 12500);
    now += 10ms;
    drain_rate.advance(now, true);
    drain_rate.taken(100, false);
  }
  EXPECT_NEAR(mbit(), 10, 0.01);
}

TEST_F(DrainRateTest, ABurstThatFoundTheQueueEmptyDoesNotCount) {
  for (int i = 0; i < 100; ++i) {
    now += 10ms;
    drain_rate.advance(now, true);  // something came after the last burst
    drain_rate.taken(100, false);
  }
  EXPECT_EQ(drain_rate.rate(), std::nullopt);
}

TEST_F(DrainRateTest, APauseIsNotTheRateOfTheLink) {
  drain(100, 10ms, 12500);
  drain(1, 200ms, 12500);
  EXPECT_NEAR(mbit(), 10, 0.01);
  drain(10, 10ms, 12500);
  EXPECT_NEAR(mbit(), 10, 0.01);
}

// Packets come while none may go: nobody divides by such a rate, nor takes the link for a slow one.
TEST_F(DrainRateTest, AStandstillIsNoRate) {
  const auto stand_still = [this] {
    for (int i = 0; i < 5000; ++i) drain_rate.advance(now += 1ms, true);
  };
  stand_still();
  EXPECT_EQ(drain_rate.rate(), std::nullopt);
  drain(100, 10ms, 12500);
  stand_still();
  EXPECT_NEAR(mbit(), 10, 0.01);
  drain(1, 10ms, 12500);
  EXPECT_NEAR(mbit(), 10, 0.01);
}

TEST_F(DrainRateTest, FollowsTheLinkBothWays) {
  drain(100, 10ms, 12500);
  drain(40, 10ms, 1250);
  EXPECT_NEAR(mbit(), 1, 0.01);
  drain(10, 10ms, 125000);
  EXPECT_NEAR(mbit(), 100, 0.1);
}

}  // namespace
}  // namespace tunnel::queue::test
