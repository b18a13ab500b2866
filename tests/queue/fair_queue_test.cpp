#include "pppd-bridge/queue/fair_queue.hpp"

#include "tests/queue/sample.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace tunnel::queue::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Ge;
using testing::Le;

TEST(FairQueueTest, AnEmptyQueueHasNothing) {
  Bench bench;
  EXPECT_EQ(bench.pop_flow(), -1);
  EXPECT_TRUE(bench.queue.empty());
}

TEST(FairQueueTest, APacketComesOutAsItWent) {
  Bench bench;
  auto packet = packet_of(bench.pool, {7, 42}, 3, kCapable);
  packet.buffer.bytes()[2] = 99;
  EXPECT_EQ(bench.queue.push(std::move(packet), bench.now), Dropped{});
  EXPECT_EQ(bench.queue.bytes(), 3U);
  const auto popped = bench.queue.pop(bench.now);
  ASSERT_TRUE(popped.has_value());
  EXPECT_EQ(popped->meta, (Tag{7, 42}));
  EXPECT_EQ(popped->flow_hash, hash_of(7));
  EXPECT_THAT(popped->buffer.bytes().first(1), ElementsAre(kCapable));
  EXPECT_EQ(popped->buffer.bytes()[2], 99);
  EXPECT_TRUE(bench.queue.empty());
  EXPECT_EQ(bench.queue.bytes(), 0U);
  EXPECT_EQ(bench.queue.memory(), 0U);
}

TEST(FairQueueTest, AFlowKeepsItsOrder) {
  Bench bench;
  for (int i = 0; i < 100; ++i) {
    bench.push(1, 100);
    bench.push(2, 1500);
  }
  std::map<int, int> last{{1, -1}, {2, -1}};
  while (const auto packet = bench.queue.pop(bench.now)) {
    EXPECT_GT(packet->meta.serial, last[packet->meta.flow]);
    last[packet->meta.flow] = packet->meta.serial;
  }
}

// RFC 8290 §4.2: new queues go before old ones.
TEST(FairQueueTest, AFlowThatSendsLittleGoesBeforeThoseThatSendMuch) {
  Bench bench;
  bench.push_many(50, 1, 1500);
  bench.push_many(50, 2, 1500);
  bench.pop_flows(10);
  bench.push(3, 80);
  EXPECT_EQ(bench.pop_flow(), 3);
}

TEST(FairQueueTest, AFlowOfSuperPacketsDoesNotDelayAnother) {
  Bench bench;
  bench.push_many(20, 1, 65535);
  EXPECT_EQ(bench.pop_flow(), 1);
  bench.push(3, 80);
  EXPECT_EQ(bench.pop_flow(), 3);
}

// RFC 8290 §4.2: a new queue that is empty becomes an old one, so that it cannot starve the others.
TEST(FairQueueTest, AFlowThatWaitsForEachPacketToLeaveGetsNoMoreThanItsShare) {
  constexpr int kSlow = 99;
  Bench bench;
  for (int flow = 0; flow < 10; ++flow) bench.push_many(100, flow, 1500);
  bench.pop_flows(30);
  int sent = 0;
  for (int i = 0; i < 440; ++i) {
    if (i % 2 == 0 && sent * 2 <= i) bench.push(kSlow, 1500);
    if (bench.pop_flow() == kSlow) ++sent;
  }
  EXPECT_LE(sent, 50);  // of eleven flows' 440 packets
}

TEST(FairQueueTest, FlowsShareByOctetsWhateverTheirPacketSize) {
  Bench bench;
  std::map<int, std::size_t> sizes{{1, 100}, {2, 1500}, {3, 9000}, {4, 65000}};
  for (const auto& [flow, size] : sizes) {
    bench.push_many(static_cast<int>(900'000 / size), flow, size);
  }
  std::map<int, std::size_t> sent;
  for (std::size_t all = 0; all < 2'000'000;) {
    const auto flow = bench.pop_flow();
    sent[flow] += sizes[flow];
    all += sizes[flow];
  }
  for (const auto& [flow, octets] : sent) {
    EXPECT_THAT(octets, AllOf(Ge(500'000U - 66'000U), Le(500'000U + 66'000U))) << flow;
  }
}

TEST(FairQueueTest, AStandingQueueIsDroppedFromItsHead) {
  Bench bench;
  bench.push_many(100, 1, 1500);
  bench.now += 50ms;
  EXPECT_EQ(bench.queue.pop(bench.now)->meta.serial, 0);  // above target, but not for an interval
  bench.now += 101ms;
  EXPECT_EQ(bench.queue.pop(bench.now)->meta.serial, 2);  // 1 is dropped
  EXPECT_EQ(bench.queue.counters().codel, (Dropped{1, 1500}));
  EXPECT_EQ(bench.queue.packets(), 97U);
}

// RFC 8290 §5.2.6, RFC 8289 §5.5: marked instead of dropped, and passed on.
TEST(FairQueueTest, APacketThatTakesAMarkIsMarkedInsteadOfDropped) {
  Bench bench;
  bench.push_many(100, 1, 1500, kCapable);
  bench.now += 50ms;
  bench.queue.pop(bench.now);
  bench.now += 101ms;
  const auto packet = bench.queue.pop(bench.now);
  EXPECT_EQ(packet->meta.serial, 1);
  EXPECT_EQ(packet->buffer.bytes()[0], kMarked);
  EXPECT_EQ(bench.queue.counters(), (Counters{{}, {}, {}, 1}));
  EXPECT_EQ(bench.queue.pop(bench.now)->buffer.bytes()[0], kCapable);
}

TEST(FairQueueTest, TheLastPacketsOfAFlowAreNotDropped) {
  Bench bench;
  for (int i = 0; i < 200; ++i) {
    bench.push(1, 1500);
    bench.now += 20ms;
    EXPECT_EQ(bench.pop_flow(), 1);
  }
  EXPECT_EQ(bench.queue.counters(), Counters{});
}

TEST(FairQueueTest, AFlowThatHasNothingLeftInItsTurnHasNoStandingQueue) {
  Bench bench;
  for (int i = 0; i < 100; ++i) {
    bench.push(1, 65535);
    bench.now += 20ms;
    EXPECT_EQ(bench.pop_flow(), 1);
    EXPECT_EQ(bench.pop_flow(), -1);
  }
}

std::uint64_t signals_of_a_second(int overflow) {
  Limits limits;
  limits.packets = 1000;
  Bench bench{limits};
  bench.push_many(1000, 1, 1500);
  for (int i = 0; i < 500; ++i) {
    bench.now += 2ms;
    if (i == 100) bench.push_many(overflow, 1, 1500);
    bench.pop_flow();
  }
  return bench.queue.counters().codel.packets;
}

TEST(FairQueueTest, DropsForWantOfRoomCountForCodel) {
  EXPECT_GT(signals_of_a_second(200), signals_of_a_second(0) + 10);
}

// RFC 8290 §4.1: the packet dropped is the oldest of the flow that holds most.
TEST(FairQueueTest, TheFattestFlowLosesAtTheLimit) {
  Limits limits;
  limits.packets = 100;
  Bench bench{limits};
  bench.push_many(79, 2, 100);
  bench.push_many(20, 1, 1500);
  EXPECT_EQ(bench.push(3, 100), Dropped{});
  const auto dropped = bench.push(3, 100);
  EXPECT_EQ(dropped, (Dropped{10, 15000}));  // half of it
  EXPECT_EQ(bench.queue.counters().full, dropped);
  while (bench.pop_flow() == 2) continue;
  EXPECT_EQ(bench.queue.pop(bench.now)->meta.serial, 90);  // 79 to 88 were dropped, 89 is gone
}

TEST(FairQueueTest, ABurstBeyondTheLimitCostsTheFatFlowABatch) {
  Limits limits;
  limits.bytes = 150'000;
  Bench bench{limits};
  bench.push_many(100, 1, 1500);
  const auto dropped = bench.push(2, 60'000);
  EXPECT_EQ(dropped, (Dropped{40, 60'000}));
  EXPECT_EQ(bench.queue.bytes(), 150'000U);
  EXPECT_THAT(bench.pop_flows(3), ElementsAre(1, 1, 2));
}

TEST(FairQueueTest, AFatFlowLosesNoMoreThanOneSuperPacketMoreThanNeeded) {
  Bench bench;
  bench.push_many(60, 1, 65535);
  while (bench.queue.bytes() + 100 <= Limits{}.bytes) EXPECT_EQ(bench.push(2, 100), Dropped{});
  EXPECT_EQ(bench.push(2, 100).bytes, 2 * 65535U);  // 64 KiB is one octet more than the first
}

TEST(FairQueueTest, APacketLargerThanTheLimitIsDroppedItself) {
  Limits limits;
  limits.bytes = 1000;
  Bench bench{limits};
  EXPECT_EQ(bench.push(1, 1001), (Dropped{1, 1001}));
  EXPECT_EQ(bench.pop_flow(), -1);
  EXPECT_EQ(bench.pool.idle(), bench.pool.memory());
}

TEST(FairQueueTest, TheMemoryOfBuffersIsLimitedToo) {
  Limits limits;
  limits.memory = 1 << 20;
  Bench bench{limits};
  bench.push_many(1000, 1, 8193);  // each in a buffer for the largest
  EXPECT_LE(bench.queue.memory(), limits.memory);
  EXPECT_LE(bench.pool.memory(), limits.memory + BufferPool::kLargest);
}

TEST(FairQueueTest, TheFattestFlowIsFoundAmongOldAndNew) {
  Limits limits;
  limits.bytes = 100'000;
  Bench bench{limits};
  bench.push_many(40, 1, 1500);
  bench.pop_flows(2);
  bench.push(4, 100);
  EXPECT_EQ(bench.pop_flow(), 4);  // and 1 is an old flow now
  bench.push_many(20, 2, 1500);
  EXPECT_EQ(bench.push(3, 20'000).packets, 6U);
  std::map<int, int> left;
  while (const auto packet = bench.queue.pop(bench.now)) ++left[packet->meta.flow];
  EXPECT_EQ(left, (std::map<int, int>{{1, 32}, {2, 20}, {3, 1}}));
}

TEST(FairQueueTest, DelaysAreToldOnce) {
  Bench bench;
  bench.push(1, 100);
  bench.push(1, 100);
  bench.now += 2ms;
  bench.pop_flow();
  bench.now += 2ms;
  bench.pop_flow();
  const auto delays = bench.queue.take_delays();
  EXPECT_EQ(delays.packets, 2U);
  EXPECT_EQ(delays.mean, 3ms);
  EXPECT_EQ(delays.max, 4ms);
  EXPECT_EQ(bench.queue.take_delays().packets, 0U);
  EXPECT_EQ(bench.queue.take_delays().max, 0ms);
}

TEST(FairQueueTest, AClearedQueueIsAsGoodAsNew) {
  Bench bench;
  bench.push_many(10, 1, 1500);
  bench.push_many(10, 2, 65535);
  bench.pop_flows(3);
  EXPECT_EQ(bench.queue.clear(bench.now).packets, 17U);
  EXPECT_TRUE(bench.queue.empty());
  EXPECT_EQ(bench.queue.counters().cleared.packets, 17U);
  EXPECT_EQ(bench.pool.idle(), bench.pool.memory());
  bench.push(1, 100);
  EXPECT_EQ(bench.pop_flow(), 1);
}

TEST(FairQueueTest, AnEmptyQueueGivesItsMemoryBackAndGoesOn) {
  Bench bench;
  bench.push_many(1000, 1, 1500);
  bench.queue.release_unused();  // not empty: nothing is lost
  EXPECT_EQ(bench.queue.packets(), 1000U);
  bench.queue.clear(bench.now);
  bench.queue.release_unused();
  bench.pool.release_unused();
  EXPECT_EQ(bench.pool.memory(), 0U);
  bench.push(1, 100);
  EXPECT_EQ(bench.pop_flow(), 1);
}

TEST(FairQueueTest, TheDrainRateIsThatOfTheBacklog) {
  Bench bench;
  bench.push_many(1000, 1, 1250);
  for (int i = 0; i < 100; ++i) {
    bench.now += 1ms;
    bench.pop_flow();
  }
  ASSERT_TRUE(bench.queue.drain_rate().has_value());
  EXPECT_NEAR(bench.queue.drain_rate()->octets_per_second, 1'250'000, 1000);
}

// RFC 8290 §5.2.2: a target shorter than a packet's time cannot be reached.
TEST(FairQueueTest, ASlowLinkHasALongerTarget) {
  Bench bench;
  EXPECT_EQ(bench.queue.aim().target, 5ms);
  bench.push_many(60, 1, 1000);
  for (int i = 0; i < 20; ++i) {
    bench.now += 80ms;
    bench.pop_flow();
  }
  const auto rate = *bench.queue.drain_rate();  // CoDel drops, too
  EXPECT_EQ(bench.queue.aim().target, rate.time_of(Limits{}.mtu * 3 / 2));
  EXPECT_GT(bench.queue.aim().target, 100ms);
  EXPECT_EQ(bench.queue.aim().interval, 2 * bench.queue.aim().target);
}

}  // namespace
}  // namespace tunnel::queue::test
