#include "pppd-bridge/hdlc/fcs.hpp"

#include "tests/hdlc/reference.hpp"

#include <gtest/gtest.h>

namespace tunnel::hdlc::test {
namespace {

// The check value of CRC-16/X-25, which is FCS-16.
TEST(Fcs, OfTheDigitsIsTheKnownCheckValue) {
  const auto digits = to_bytes("123456789");
  EXPECT_EQ(static_cast<std::uint16_t>(~fcs16(digits)), 0x906e);
}

// RFC 1662 §C.2: a frame and its FCS, low octet first, yield the good value.
TEST(Fcs, OfAFrameWithItsFcsIsTheGoodValue) {
  auto frame = to_bytes("any octets at all");
  const auto fcs = static_cast<std::uint16_t>(~fcs16(frame));
  frame.push_back(static_cast<std::uint8_t>(fcs));
  frame.push_back(static_cast<std::uint8_t>(fcs >> 8));
  EXPECT_EQ(fcs16(frame), kGoodFcs);
}

TEST(Fcs, OfNothingIsWhatItStartedFrom) {
  EXPECT_EQ(fcs16({}), kInitialFcs);
  EXPECT_EQ(fcs16({}, 0x1234), 0x1234);
}

TEST(Fcs, AgreesWithTheDefinitionAtEveryLengthAndStart) {
  std::mt19937 random{1};
  const auto data = random_octets(random, 700);
  for (std::size_t size = 0; size <= data.size(); ++size) {
    const auto start = static_cast<std::uint16_t>(random());
    const auto part = Bytes{data}.first(size);
    const auto expected = reference_fcs(part, start);
    ASSERT_EQ(fcs16(part, start), expected) << size;
    ASSERT_EQ(fcs16_by_tables(part, start), expected) << size;
  }
}

TEST(Fcs, AgreesWithTheDefinitionAtEveryAlignment) {
  std::mt19937 random{2};
  const auto data = random_octets(random, 400);
  for (std::size_t offset = 0; offset < 64; ++offset) {
    const auto part = Bytes{data}.subspan(offset);
    ASSERT_EQ(fcs16(part), reference_fcs(part)) << offset;
  }
}

TEST(Fcs, MayBeTakenInTwoParts) {
  std::mt19937 random{3};
  const auto data = random_octets(random, 300);
  const Bytes all{data};
  for (std::size_t cut = 0; cut <= data.size(); ++cut) {
    ASSERT_EQ(fcs16(all.subspan(cut), fcs16(all.first(cut))), fcs16(all)) << cut;
  }
}

}  // namespace
}  // namespace tunnel::hdlc::test
