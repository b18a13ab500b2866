#include "tests/queue/path.hpp"
#include "tests/queue/two_way_path.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tunnel::queue::test {
namespace {

/// Super-packets are split where they would take long (FairQueue).
std::size_t packet_at(double octets_per_second) {
  return octets_per_second < 100 * kMbit ? 1500 : 65536;
}

Path wide_area(double octets_per_second, Duration round_trip) {
  return Path{{.octets_per_second = octets_per_second,
               .round_trip = round_trip,
               .packet = packet_at(octets_per_second)}};
}

Path local(double octets_per_second) {
  return Path{{.octets_per_second = octets_per_second,
               .round_trip = 200us,
               .wakeup = 20us,
               .packet = 65536}};
}

/// A round trip and what is for scheduling; and what a packet takes, which is in the round trip as
/// it is seen, comes in a lump, and may be sent with room for less.
Duration allowed_queue(Path& path) {
  const auto& is = path.properties();
  return is.round_trip + InFlightTuning{}.scheduling +
         4 * Rate{is.octets_per_second}.time_of(is.packet);
}

TEST(InFlightPathTest, WideAreaLinksAreFilledWithAShortQueue) {
  for (const double rate : {10., 100., 1000.}) {
    for (const Duration round_trip : {20ms, 50ms, 200ms}) {
      auto path = wide_area(rate * kMbit, round_trip);
      path.run(5s);
      const auto seen = path.run_and_look(30s);
      EXPECT_GE(seen.used, 0.97) << rate << " Mb/s, " << round_trip / 1ms << " ms";
      EXPECT_LE(seen.queue_mean, allowed_queue(path)) << rate << " Mb/s, " << round_trip / 1ms;
    }
  }
}

TEST(InFlightPathTest, LocalLinksAreFilledWithAQueueOfMilliseconds) {
  for (const double rate : {1000., 4000., 10'000.}) {
    auto path = local(rate * kMbit);
    path.run(1s);
    const auto seen = path.run_and_look(11s);
    EXPECT_GE(seen.used, 0.998) << rate;
    EXPECT_LE(seen.queue_mean, InFlightTuning{}.scheduling + 1300us) << rate;
  }
}

TEST(InFlightPathTest, ALocalLinkIsFilledWithinMilliseconds) {
  auto path = local(4000 * kMbit);
  EXPECT_GE(path.run_and_look(20ms).used, 0.9);
}

TEST(InFlightPathTest, ASlowLinkHasAFewPacketsUnderWay) {
  auto path = wide_area(1 * kMbit, 10ms);
  path.run(5s);
  const auto seen = path.run_and_look(30s);
  EXPECT_GE(seen.used, 0.97);
  EXPECT_LE(seen.queue_mean, 140ms);  // 16 KiB take 131 ms
}

TEST(InFlightPathTest, TheShortestRoundTripDoesNotCreepUp) {
  auto path = wide_area(100 * kMbit, 50ms);
  path.run(120s);
  EXPECT_LE(path.look().least_round_trip, 50ms + 6ms);  // a super-packet takes 5 ms
}

TEST(InFlightPathTest, AFallOfTheRateIsFollowed) {
  auto path = wide_area(100 * kMbit, 50ms);
  path.run(5s);
  path.properties().octets_per_second = 10 * kMbit;
  path.properties().packet = 1500;
  path.run(3s);
  const auto seen = path.run_and_look(10s);
  EXPECT_GE(seen.used, 0.97);
  EXPECT_LE(seen.queue_mean, 80ms);
}

TEST(InFlightPathTest, ARiseOfTheRateIsFollowed) {
  auto path = wide_area(10 * kMbit, 50ms);
  path.run(5s);
  path.properties().octets_per_second = 100 * kMbit;
  EXPECT_GE(path.run_and_look(1s).used, 0.85);
  EXPECT_GE(path.run_and_look(5s).used, 0.97);
}

TEST(InFlightPathTest, ALongerWayIsFoundOut) {
  auto path = wide_area(100 * kMbit, 50ms);
  path.run(5s);
  path.properties().round_trip = 150ms;
  path.run(2s);
  const auto seen = path.run_and_look(20s);
  EXPECT_GE(seen.used, 0.97);
  EXPECT_LE(seen.queue_mean, 200ms);
}

TEST(InFlightPathTest, AShorterWayIsFoundOut) {
  auto path = wide_area(100 * kMbit, 150ms);
  path.run(5s);
  path.properties().round_trip = 20ms;
  path.run(8s);
  const auto seen = path.run_and_look(10s);
  EXPECT_GE(seen.used, 0.97);
  EXPECT_LE(seen.queue_mean, 60ms);
}

TEST(InFlightPathTest, JitterDoesNotStarveTheLink) {
  for (const Duration jitter : {1ms, 20ms, 50ms}) {
    Path path{{.jitter = jitter}};
    path.run(5s);
    EXPECT_GE(path.run_and_look(20s).used, 0.97) << jitter / 1ms;
  }
}

// A segment of the TCP below is repeated: nothing arrives for a round trip or two, then all of it.
TEST(InFlightPathTest, ARepeatedSegmentDoesNotStarveTheLink) {
  for (const Duration pause : {50ms, 100ms}) {
    Path path{{}};
    path.hold_every_second(pause);
    path.run(5s);
    EXPECT_GE(path.run_and_look(20s).used, 0.97) << pause / 1ms;
  }
}

// It is lost twice: the TCP below sends nothing either.
TEST(InFlightPathTest, AfterAPauseTheLinkIsFullAtOnce) {
  Path path{{}};
  path.stop_every_second(200ms);
  path.run(5s);
  EXPECT_GE(path.run_and_look(20s).used, 0.97 * 0.8);
}

TEST(InFlightPathTest, LittleToSendDoesNotLowerTheEstimate) {
  Path path{{}};
  path.run(5s);
  const auto before = path.in_flight.bandwidth()->octets_per_second;
  path.offer(1 * kMbit);
  path.run(60s);
  EXPECT_NEAR(path.in_flight.bandwidth()->octets_per_second, before, before / 100);
  path.offer(0);
  EXPECT_GE(path.run_and_look(500ms).used, 0.97);
}

TEST(InFlightPathTest, LittleToSendAtFirstIsNoReasonToBeginSlowly) {
  Path path{{}};
  path.offer(1 * kMbit);
  path.run(10s);
  EXPECT_GE(path.in_flight.limit(), InFlightTuning{}.initial);
  path.offer(0);
  EXPECT_GE(path.run_and_look(2s).used, 0.9);
}

TEST(InFlightPathTest, ASmallFlowWaitsForTheStandingQueueAndNoLonger) {
  Path path{{}};
  path.run(5s);
  path.ping_every(7ms);
  path.run(30s);
  EXPECT_GT(path.longest_ping(), 25ms);
  EXPECT_LE(path.longest_ping(), 25ms + 50ms + 30ms);  // one way, the queue, the end of a probe
}

// Each end's acknowledgements wait in the other's queue, and come from it in lumps; so the two do
// not fill both directions all the time. But their queues stay short.
TEST(InFlightPathTest, TwoFullDirectionsDoNotMakeEachOthersQueueLonger) {
  for (const auto& [rate, round_trip] : {std::pair{10., 20ms}, {100., 50ms}, {1000., 2ms}}) {
    TwoWayPath path{rate * kMbit, round_trip, packet_at(rate * kMbit)};
    path.run(15s);
    path.look();
    path.run(100s);
    const auto seen = path.look();
    EXPECT_GE(seen[0].used + seen[1].used, 1.6) << rate;
    for (const auto& end : seen) {
      EXPECT_GE(end.used, 0.6) << rate;
      EXPECT_LE(end.queue_mean, 2 * round_trip) << rate;
    }
  }
}

}  // namespace
}  // namespace tunnel::queue::test
