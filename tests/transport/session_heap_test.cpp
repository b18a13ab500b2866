#include "pppd-bridge/transport/session_heap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace tunnel::transport {

namespace {

std::span<std::uint8_t> bytes(void* memory, std::size_t size) {
  return {static_cast<std::uint8_t*>(memory), size};
}

TEST(SessionHeaps, GiveZeroedAlignedMemory) {
  SessionHeap heap;
  auto* const memory = heap.allocate(1000);
  ASSERT_NE(memory, nullptr);
  void* aligned = memory;
  std::size_t space = 1000;
  EXPECT_EQ(std::align(alignof(std::max_align_t), 1, aligned, space), memory);
  const auto all = bytes(memory, 1000);
  EXPECT_EQ(std::count(all.begin(), all.end(), 0), 1000);
  heap.release(memory);
  heap.release(nullptr);
}

// What a peer may ask for is bounded before it is checked.
TEST(SessionHeaps, RefuseAPieceThatNoHonestPacketNeeds) {
  SessionHeap heap;
  EXPECT_EQ(heap.allocate(SessionHeap::kMaxPiece + 1), nullptr);
  EXPECT_EQ(heap.allocate(SIZE_MAX), nullptr);
  auto* const kept = heap.allocate(8);
  EXPECT_EQ(heap.reallocate(kept, SIZE_MAX), nullptr);
  heap.release(kept);
}

TEST(SessionHeaps, KeepTheContentsWhenAPieceGrowsOrShrinks) {
  SessionHeap heap;
  auto* memory = heap.reallocate(nullptr, 4);
  std::fill_n(bytes(memory, 4).begin(), 4, 0xaa);
  memory = heap.reallocate(memory, 100'000);
  EXPECT_EQ(bytes(memory, 5)[3], 0xaa);
  EXPECT_EQ(bytes(memory, 5)[4], 0);
  memory = heap.reallocate(memory, 2);
  EXPECT_EQ(bytes(memory, 2)[1], 0xaa);
}

// Left to the destructor on purpose: a leak checker sees whether it does its work.
TEST(SessionHeaps, FreeWhatWasForgotten) {
  SessionHeap heap;
  for (std::size_t size = 1; size < 100; ++size) ASSERT_NE(heap.allocate(size), nullptr);
  heap.release(heap.allocate(50));
}

}  // namespace

}  // namespace tunnel::transport
