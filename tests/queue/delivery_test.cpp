#include "pppd-bridge/queue/delivery.hpp"

#include <gtest/gtest.h>

namespace tunnel::queue::test {
namespace {

using namespace std::chrono_literals;

class DeliveryTest : public testing::Test {
 protected:
  void send(std::uint64_t octets, Demand demand = Demand::Enough) {
    delivery.sent(delivery.sent() + octets, now, demand);
  }

  DeliverySample acknowledge(std::uint64_t octets) {
    return delivery.acknowledged(delivery.acknowledged() + octets, now);
  }

  Delivery delivery;
  TimePoint now{1h};
};

TEST_F(DeliveryTest, TellsTheRoundTripOfTheLastOctetAcknowledged) {
  send(1000);
  now += 3ms;
  send(1000, Demand::Short);
  now += 4ms;
  EXPECT_EQ(acknowledge(1000).round_trip, 7ms);
  const auto sample = acknowledge(1);
  EXPECT_EQ(sample.round_trip, 4ms);
  EXPECT_EQ(sample.sent_at, TimePoint{1h} + 3ms);
  EXPECT_EQ(sample.demand, Demand::Short);
  EXPECT_EQ(delivery.in_flight(), 999U);
}

TEST_F(DeliveryTest, TheRateIsWhatWasAcknowledgedInARoundTrip) {
  for (int i = 0; i < 100; ++i) {  // 1 MB/s, ten milliseconds under way
    send(1000);
    now += 1ms;
    if (i < 10) continue;
    const auto sample = acknowledge(1000);
    ASSERT_TRUE(sample.rate.has_value());
    EXPECT_NEAR(sample.rate->octets_per_second, 1e6, i < 25 ? 1e6 : 1);
  }
}

// What was sent before a pause and is acknowledged after it is no faster for coming in a lump.
TEST_F(DeliveryTest, ALumpIsMeasuredFromTheAcknowledgementBeforeIt) {
  send(1000);
  now += 1ms;
  acknowledge(1000);
  send(1);
  now += 1ms;
  send(100'000);
  now += 99ms;
  EXPECT_NEAR(acknowledge(100'001).rate->octets_per_second, 100'001 / 0.1, 1);
}

// Acknowledgements that come close together say nothing about octets that were sent far apart.
TEST_F(DeliveryTest, TheTimeOfSendingCountsIfItIsLonger) {
  send(1000);
  now += 1us;
  send(1000);
  now += 100ms;
  acknowledge(1000);
  send(10'000);
  now += 1ms;
  EXPECT_NEAR(acknowledge(11'000).rate->octets_per_second, 110'000, 10);
}

TEST_F(DeliveryTest, NoTimeNoRate) {
  send(1000);
  EXPECT_EQ(acknowledge(1000).rate, std::nullopt);
}

TEST_F(DeliveryTest, ManyRecordsBecomeOne) {
  for (int i = 0; i < 100'000; ++i) {
    send(10);
    now += 1us;
  }
  EXPECT_EQ(acknowledge(10).round_trip, 100ms);
  EXPECT_GT(acknowledge(999'990).round_trip, 99ms);  // as that of the oldest in it
  EXPECT_EQ(delivery.in_flight(), 0U);
  send(10);
  now += 5ms;
  EXPECT_EQ(acknowledge(10).round_trip, 5ms);
}

}  // namespace
}  // namespace tunnel::queue::test
