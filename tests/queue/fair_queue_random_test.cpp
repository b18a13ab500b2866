#include "tests/queue/sample.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace tunnel::queue::test {
namespace {

/// What must hold whatever is done.
class RandomTraffic {
 public:
  explicit RandomTraffic(unsigned seed) : random_{seed}, bench_{limits()} {}

  void step() {
    switch (below(8)) {
      case 0:
        bench_.now += std::chrono::microseconds{below(30'000)};
        break;
      case 1:
        if (below(500) == 0) bench_.queue.clear(bench_.now);
        if (below(500) == 0) bench_.queue.release_unused();
        break;
      case 2:
      case 3:
      case 4:
        push();
        break;
      default:
        pop();
    }
    check();
  }

 private:
  static Limits limits() {
    Limits limits;
    limits.flows = 16;
    limits.bytes = 300'000;
    limits.memory = 700'000;
    limits.packets = 150;
    return limits;
  }

  unsigned below(unsigned bound) { return std::uniform_int_distribution{0U, bound - 1}(random_); }

  void push() {
    const auto size = below(5) == 0 ? 1 + below(65535) : 1 + below(1500);
    const auto flow = static_cast<int>(below(40));
    bench_.push(flow, size, below(2) == 0 ? kPlain : kCapable);
    ++pushed_;
    pushed_bytes_ += size;
  }

  void pop() {
    const auto packet = bench_.queue.pop(bench_.now);
    if (!packet) return;
    ++popped_;
    popped_bytes_ += packet->buffer.size();
    auto& last = last_[packet->meta.flow];
    ASSERT_GE(packet->meta.serial, last);
    last = packet->meta.serial + 1;
  }

  void check() {
    const auto& queue = bench_.queue;
    const auto& counted = queue.counters();
    const auto lost = {counted.codel, counted.full, counted.cleared};
    std::uint64_t packets = popped_ + queue.packets();
    std::uint64_t bytes = popped_bytes_ + queue.bytes();
    for (const auto& each : lost) {
      packets += each.packets;
      bytes += each.bytes;
    }
    ASSERT_EQ(packets, pushed_);
    ASSERT_EQ(bytes, pushed_bytes_);
    ASSERT_LE(queue.packets(), limits().packets);
    ASSERT_LE(queue.bytes(), limits().bytes);
    ASSERT_LE(queue.memory(), limits().memory);
    ASSERT_EQ(queue.memory(), bench_.pool.memory() - bench_.pool.idle());
    ASSERT_EQ(queue.empty(), queue.bytes() == 0);
  }

  std::mt19937 random_;
  Bench bench_;
  std::map<int, int> last_;
  std::uint64_t pushed_ = 0;
  std::uint64_t pushed_bytes_ = 0;
  std::uint64_t popped_ = 0;
  std::uint64_t popped_bytes_ = 0;
};

TEST(FairQueueRandomTest, NothingIsLostOrInventedAndNoLimitPassed) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    RandomTraffic traffic{seed};
    for (int i = 0; i < 5000; ++i) {
      traffic.step();
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << ", step " << i;
    }
  }
}

TEST(FairQueueRandomTest, WhatIsQueuedComesOutInTheEnd) {
  std::mt19937 random{3};
  for (int round = 0; round < 200; ++round) {
    Bench bench;
    const auto count = std::uniform_int_distribution{1, 200}(random);
    for (int i = 0; i < count; ++i) {
      bench.push(std::uniform_int_distribution{0, 9}(random),
                 std::uniform_int_distribution<std::size_t>{1, 9000}(random));
    }
    for (int i = 0; i < count; ++i) EXPECT_NE(bench.pop_flow(), -1);
    EXPECT_EQ(bench.pop_flow(), -1);
  }
}

}  // namespace
}  // namespace tunnel::queue::test
