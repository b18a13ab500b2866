#include "pppd-bridge/queue/in_flight.hpp"

#include <gtest/gtest.h>

#include <limits>

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

  Acknowledged acknowledge(std::uint64_t up_to) { return in_flight.acknowledged(up_to, now); }

  InFlight in_flight;
  std::uint64_t total = 0;
  TimePoint now{1h};
};

TEST_F(InFlightTest, BeginsWithALimitAndNoKnowledge) {
  EXPECT_EQ(in_flight.room(now), kTuning.initial);
  EXPECT_EQ(in_flight.bandwidth(), std::nullopt);
  EXPECT_EQ(in_flight.min_round_trip(), std::nullopt);
  EXPECT_EQ(in_flight.deadline(), std::nullopt);
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
  send(kTuning.initial);
  now += kTuning.patience - 1ns;
  EXPECT_EQ(in_flight.room(now), 0U);
  EXPECT_EQ(in_flight.deadline(), now + 1ns);
  now += 1ns;
  EXPECT_GT(in_flight.room(now), 1U << 30);
  send(100'000'000);
  EXPECT_GT(in_flight.room(now), 1U << 30);
}

TEST_F(InFlightTest, APeerThatAcknowledgesAgainIsLimitedAgain) {
  send(kTuning.initial);
  now += kTuning.patience;
  send(100'000'000);
  EXPECT_EQ(acknowledge(1), Acknowledged::More);
  EXPECT_EQ(in_flight.room(now), 0U);
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
