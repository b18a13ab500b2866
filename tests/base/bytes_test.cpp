#include "tunneld/base/bytes.hpp"

#include "tunneld/base/byte_buffer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <limits>
#include <random>

namespace tunnel {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

constexpr std::array<std::uint8_t, 15> kFields{0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
                                               0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f};

TEST(ByteReader, ReadsBigEndianFieldsInOrder) {
  ByteReader in{kFields};
  EXPECT_EQ(in.u8(), 0x01);
  EXPECT_EQ(in.u16(), 0x0203);
  EXPECT_EQ(in.u32(), 0x04050607U);
  EXPECT_EQ(in.u64(), 0x08090a0b0c0d0e0fULL);
  EXPECT_TRUE(in.empty());
}

TEST(ByteReader, IsUsableInConstantExpressions) {
  static_assert(ByteReader{kFields}.u32() == 0x01020304U);
  static_assert(!ByteReader{Bytes{}}.u8());
  static_assert(ByteReader{Bytes{kFields}.first(7)}.u64() == std::nullopt);
}

TEST(ByteReader, AReadPastTheEndConsumesNothing) {
  ByteReader in{Bytes{kFields}.first(3)};
  EXPECT_EQ(in.u32(), std::nullopt);
  EXPECT_EQ(in.u64(), std::nullopt);
  EXPECT_EQ(in.take(4), std::nullopt);
  EXPECT_EQ(in.rest().size(), 3U);
  EXPECT_EQ(in.u16(), 0x0102);
  EXPECT_EQ(in.u16(), std::nullopt);
  EXPECT_EQ(in.u8(), 0x03);
  EXPECT_EQ(in.u8(), std::nullopt);
}

TEST(ByteReader, TakeHandsOutAViewOfTheBufferItself) {
  ByteReader in{kFields};
  const auto field = in.take(5);
  ASSERT_TRUE(field);
  EXPECT_EQ(field->data(), kFields.data());
  EXPECT_EQ(field->size(), 5U);
  EXPECT_EQ(in.rest().data(), kFields.data() + 5);
}

TEST(ByteReader, TakeOfTheLargestCountIsRefusedAndDoesNotWrap) {
  ByteReader in{kFields};
  EXPECT_EQ(in.take(std::numeric_limits<std::size_t>::max()), std::nullopt);
  EXPECT_EQ(in.rest().size(), kFields.size());
}

TEST(ByteReader, TakeOfNothingSucceedsAtTheEnd) {
  ByteReader in{Bytes{}};
  ASSERT_TRUE(in.take(0));
  EXPECT_TRUE(in.empty());
}

TEST(ByteWriter, WritesWhatTheReaderReads) {
  ByteWriter out;
  out.u8(0xfe);
  out.u16(0xfedc);
  out.u32(0xfedcba98);
  out.u64(0xfedcba9876543210);
  out.bytes(Bytes{kFields}.first(2));
  EXPECT_EQ(out.size(), 17U);
  const auto written = std::move(out).finish();
  EXPECT_THAT(written, ElementsAre(0xfe, 0xfe, 0xdc, 0xfe, 0xdc, 0xba, 0x98, 0xfe, 0xdc, 0xba, 0x98,
                                   0x76, 0x54, 0x32, 0x10, 0x01, 0x02));
  ByteReader in{written};
  EXPECT_EQ(in.u8(), 0xfe);
  EXPECT_EQ(in.u16(), 0xfedc);
  EXPECT_EQ(in.u32(), 0xfedcba98U);
  EXPECT_EQ(in.u64(), 0xfedcba9876543210ULL);
  EXPECT_THAT(in.rest(), ElementsAre(0x01, 0x02));
}

TEST(ByteWriter, PatchesALengthOnceItIsKnown) {
  ByteWriter out;
  out.u8(1);
  const auto where = out.size();
  out.u16(0);
  out.u8(9);
  out.patch_u16(where, 0xabcd);
  EXPECT_THAT(out.view(), ElementsAre(1, 0xab, 0xcd, 9));
}

TEST(ToBytes, KeepsEveryOctetOfTheText) {
  EXPECT_THAT(to_bytes(std::string_view{"a\0\xff", 3}), ElementsAre('a', 0, 0xff));
}

TEST(ByteBuffer, IsAQueue) {
  ByteBuffer buffer{8};
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.free(), 8U);
  buffer.append(Bytes{kFields}.first(5));
  buffer.consume(2);
  EXPECT_THAT(buffer.readable(), ElementsAre(3, 4, 5));
  EXPECT_EQ(buffer.free(), 5U);
  buffer.append(Bytes{kFields}.subspan(5, 5));  // only fits once the contents have moved
  EXPECT_THAT(buffer.readable(), ElementsAre(3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_EQ(buffer.free(), 0U);
  buffer.consume(8);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.free(), 8U);
}

TEST(ByteBuffer, PrepareOffersAllTheRoomBehindTheContents) {
  ByteBuffer buffer{8};
  buffer.append(Bytes{kFields}.first(6));
  buffer.consume(4);
  EXPECT_EQ(buffer.prepare(2).size(), 2U);  // enough where it is: nothing moves
  EXPECT_EQ(buffer.prepare(3).size(), 6U);  // moved to the front
  EXPECT_THAT(buffer.readable(), ElementsAre(5, 6));
}

TEST(ByteBuffer, CommitTakesOnlyWhatWasWritten) {
  ByteBuffer buffer{8};
  const auto room = buffer.prepare(8);
  std::copy_n(kFields.begin(), 8, room.begin());
  buffer.commit(3);
  EXPECT_THAT(buffer.readable(), ElementsAre(1, 2, 3));
}

TEST(ByteBuffer, ClearForgetsTheContents) {
  ByteBuffer buffer{8};
  buffer.append(Bytes{kFields}.first(8));
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.prepare(8).size(), 8U);
}

TEST(ByteBufferDeathTest, MoreThanIsFreeIsABrokenInvariant) {
  ByteBuffer buffer{4};
  buffer.append(Bytes{kFields}.first(1));
  EXPECT_DEATH(buffer.prepare(4), "broken invariant: wanted <= free");
}

TEST(ByteBuffer, HoldsTheSameAsAModelOfItUnderRandomUse) {
  std::mt19937 random{7};
  constexpr std::size_t kCapacity = 97;
  ByteBuffer buffer{kCapacity};
  std::deque<std::uint8_t> model;
  for (int step = 0; step < 20000; ++step) {
    if (random() % 2 == 0) {
      std::vector<std::uint8_t> piece(random() % (buffer.free() + 1));
      for (auto& byte : piece) byte = static_cast<std::uint8_t>(random());
      buffer.append(piece);
      model.insert(model.end(), piece.begin(), piece.end());
    } else {
      const auto count = random() % (buffer.size() + 1);
      buffer.consume(count);
      model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(count));
    }
    ASSERT_EQ(buffer.free(), kCapacity - model.size());
    ASSERT_THAT(buffer.readable(), ElementsAreArray(model.begin(), model.end()));
  }
}

}  // namespace
}  // namespace tunnel
