#include "pppd-bridge/queue/in_flight.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace tunnel::queue::test {
namespace {

using namespace std::chrono_literals;

constexpr InFlightTuning kTuning;

class InFlightTest : public testing::Test {
 protected:
  void send(std::uint64_t octets) {
    total += octets;
    in_flight.sent(total, now);
  }

  Acknowledged acknowledge(std::uint64_t up_to) {
    return in_flight.acknowledged(up_to, far_clock, now);
  }

  InFlight in_flight;
  std::uint64_t total = 0;
  std::uint64_t far_clock = 0;
  TimePoint now{1h};
};

TEST_F(InFlightTest, BeginsWithALimitAndNoKnowledge) {
  EXPECT_EQ(in_flight.room(now), kTuning.initial);
  EXPECT_EQ(in_flight.bandwidth(), std::nullopt);
  EXPECT_EQ(in_flight.min_round_trip(), std::nullopt);
  EXPECT_EQ(in_flight.deadline(now), std::nullopt);
}

TEST_F(InFlightTest, WhatIsSentTakesRoomUntilItIsAcknowledged) {
  send(1000);
  EXPECT_EQ(in_flight.room(now), kTuning.initial - 1000);
  send(kTuning.initial);
  EXPECT_EQ(in_flight.room(now), 0U);
  now += 10ms;
  EXPECT_EQ(acknowledge(total), Acknowledged::More);
  EXPECT_EQ(in_flight.in_flight(), 0U);
  EXPECT_EQ(in_flight.room(now), in_flight.limit());
}

TEST_F(InFlightTest, MoreThanWasSentIsImpossibleAndChangesNothing) {
  send(1000);
  now += 10ms;
  EXPECT_EQ(acknowledge(1001), Acknowledged::Impossible);
  EXPECT_EQ(acknowledge(std::numeric_limits<std::uint64_t>::max()), Acknowledged::Impossible);
  EXPECT_EQ(in_flight.in_flight(), 1000U);
  EXPECT_EQ(in_flight.min_round_trip(), std::nullopt);
}

TEST_F(InFlightTest, LessThanBeforeIsNothingNew) {
  send(1000);
  now += 10ms;
  EXPECT_EQ(acknowledge(600), Acknowledged::More);
  EXPECT_EQ(acknowledge(600), Acknowledged::NoMore);
  EXPECT_EQ(acknowledge(599), Acknowledged::NoMore);
  EXPECT_EQ(acknowledge(0), Acknowledged::NoMore);
  EXPECT_EQ(in_flight.in_flight(), 400U);
}

TEST_F(InFlightTest, APeerThatNeverAcknowledgesDoesNotStopTheLinkForEver) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(in_flight.room(now), kTuning.initial);
    send(kTuning.initial);
    EXPECT_EQ(in_flight.deadline(now), now + kTuning.patience);
    now += kTuning.patience - 1ns;
    EXPECT_EQ(in_flight.room(now), 0U);
    now += 1ns;
  }
}

TEST_F(InFlightTest, APeerThatAcknowledgesAgainIsLimitedAgain) {
  for (int i = 0; i < 5; ++i) {
    send(kTuning.initial);
    now += kTuning.patience;
  }
  EXPECT_EQ(acknowledge(1), Acknowledged::More);
  EXPECT_EQ(in_flight.room(now), 0U);
}

TEST_F(InFlightTest, AClockOfThePeersThatIsMadDoesNoHarm) {
  std::mt19937_64 random{7};
  for (int i = 0; i < 10'000; ++i) {
    far_clock = i % 3 == 0 ? std::uint64_t{1} << (i % 64) : random();
    send(10'000);
    now += 1ms;
    EXPECT_EQ(acknowledge(total - 5000), Acknowledged::More);
    ASSERT_GE(*in_flight.min_round_trip(), 1us);
    ASSERT_LE(*in_flight.min_round_trip(), 1ms);
    ASSERT_GT(in_flight.limit(), 0U);
    ASSERT_LE(in_flight.limit(), 1'000'000U);
  }
}

TEST_F(InFlightTest, APauseOfOursIsNotThePeers) {
  send(10);
  now += 1ms;
  acknowledge(10);
  now += 1h;
  send(kTuning.initial);
  EXPECT_EQ(in_flight.room(now), 0U);
}

TEST_F(InFlightTest, APeerThatAcknowledgesAtOnceDoesNoHarm) {
  for (int i = 0; i < 1000; ++i) {
    send(100'000);
    EXPECT_EQ(acknowledge(total), Acknowledged::More);
    EXPECT_GE(in_flight.room(now), kTuning.least);
    now += 1ms;
  }
}

TEST_F(InFlightTest, APeerThatAcknowledgesOctetByOctetDoesNoHarm) {
  send(kTuning.initial);
  for (std::uint64_t i = 1; i < 1000; ++i) {
    now += 1s;
    EXPECT_EQ(acknowledge(i), Acknowledged::More);
    EXPECT_LE(in_flight.limit(), kTuning.initial);
    EXPECT_GE(in_flight.limit(), kTuning.least / 8);
  }
}

}  // namespace
}  // namespace tunnel::queue::test
