#include "pppd-bridge/queue/buffer_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <utility>
#include <vector>

namespace tunnel::queue::test {
namespace {

using testing::Each;
using testing::ElementsAre;

TEST(BufferPoolTest, ABufferHasRoomForTheLargestPacketAndAHeader) {
  BufferPool pool;
  EXPECT_GE(pool.take().bytes().size(), 65535U + 12U);
}

TEST(BufferPoolTest, ABufferIsUsedAgain) {
  BufferPool pool;
  const auto* const octets = pool.take().bytes().data();
  const auto memory = pool.memory();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(pool.take().bytes().data(), octets);
  EXPECT_EQ(pool.memory(), memory);
}

TEST(BufferPoolTest, TwoBuffersInUseAreTwo) {
  BufferPool pool;
  auto one = pool.take(100);
  auto other = pool.take(100);
  one.bytes()[99] = 1;
  other.bytes()[99] = 2;
  EXPECT_EQ(one.bytes()[99], 1);
}

TEST(BufferPoolTest, APacketThatIsReadAndShrunkKeepsItsOctets) {
  for (const std::size_t size : {0U, 1U, 511U, 512U, 513U, 2048U, 8192U, 8193U, 65535U}) {
    BufferPool pool;
    auto buffer = pool.take();
    std::iota(buffer.bytes().begin(), buffer.bytes().end(), std::uint8_t{0});
    buffer.remove_prefix(12);
    buffer.shrink(size);
    std::vector<std::uint8_t> expected(size);
    std::iota(expected.begin(), expected.end(), std::uint8_t{12});
    EXPECT_TRUE(
        std::equal(expected.begin(), expected.end(), buffer.bytes().begin(), buffer.bytes().end()));
  }
}

TEST(BufferPoolTest, AThousandAcknowledgementsTakeHalfAMebibyteOfBuffers) {
  BufferPool pool;
  std::vector<Buffer> queued;
  for (int i = 0; i < 1000; ++i) {
    auto buffer = pool.take();
    buffer.shrink(52);
    queued.push_back(std::move(buffer));
  }
  EXPECT_LE(pool.memory(), 1000U * 512U + BufferPool::kLargest);
  EXPECT_EQ(queued.front().capacity(), 512U);
}

TEST(BufferPoolTest, APacketNeverWastesMoreThanThreeQuartersOfItsBuffer) {
  BufferPool pool;
  for (std::size_t size = 129; size <= 8192; ++size) {
    auto buffer = pool.take();
    buffer.shrink(size);
    ASSERT_LT(buffer.capacity(), 4 * size);
  }
}

TEST(BufferPoolTest, UnusedMemoryIsGivenBackAndWhatIsInUseStays) {
  BufferPool pool;
  auto kept = pool.take(1000);
  std::fill(kept.bytes().begin(), kept.bytes().end(), std::uint8_t{7});
  {
    std::vector<Buffer> burst;
    for (int i = 0; i < 64; ++i) burst.push_back(pool.take());
  }
  EXPECT_EQ(pool.idle(), 64 * BufferPool::kLargest);
  pool.release_unused();
  EXPECT_EQ(pool.idle(), 0U);
  EXPECT_EQ(pool.memory(), kept.capacity());
  EXPECT_THAT(kept.bytes(), Each(7));
}

TEST(BufferPoolTest, AMovedBufferBelongsToOneOwner) {
  BufferPool pool;
  {
    auto first = pool.take(3);
    std::fill(first.bytes().begin(), first.bytes().end(), std::uint8_t{9});
    Buffer second = std::move(first);
    EXPECT_THAT(second.bytes(), ElementsAre(9, 9, 9));
    second = pool.take(5);  // the first one's memory goes back
    EXPECT_EQ(pool.idle(), second.capacity());
  }
  EXPECT_EQ(pool.idle(), pool.memory());
}

}  // namespace
}  // namespace tunnel::queue::test
