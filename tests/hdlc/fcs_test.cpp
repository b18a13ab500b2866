#include "pppd-bridge/hdlc/fcs.hpp"

#include "tests/hdlc/reference.hpp"

#include <gtest/gtest.h>

namespace tunnel::hdlc::test {
namespace {

// The check values of CRC-16/X-25 and CRC-32, which are FCS-16 and FCS-32.
TEST(Fcs, OfTheDigitsIsTheKnownCheckValue) {
  const auto digits = to_bytes("123456789");
  EXPECT_EQ(static_cast<std::uint16_t>(~fcs16(digits)), 0x906e);
  EXPECT_EQ(~fcs32(digits), 0xcbf4'3926);
}

// RFC 1662 §C.2 and §C.3: the first and the last entries of "fcstab" and "fcstab_32", which are
// what one octet makes of zero.
TEST(Fcs, OfOneOctetIsAsInTheTablesOfTheRfc) {
  EXPECT_EQ(fcs16(Octets{0x00}, 0), 0x0000);
  EXPECT_EQ(fcs16(Octets{0x01}, 0), 0x1189);
  EXPECT_EQ(fcs16(Octets{0x02}, 0), 0x2312);
  EXPECT_EQ(fcs16(Octets{0xff}, 0), 0x0f78);
  EXPECT_EQ(fcs32(Octets{0x00}, 0), 0x0000'0000U);
  EXPECT_EQ(fcs32(Octets{0x01}, 0), 0x7707'3096U);
  EXPECT_EQ(fcs32(Octets{0x02}, 0), 0xee0e'612cU);
  EXPECT_EQ(fcs32(Octets{0xff}, 0), 0x2d02'ef8dU);
}

// RFC 1662 §C.2 and §C.3: a frame and its FCS, low octet first, yield the good value.
TEST(Fcs, OfAFrameWithItsFcsIsTheGoodValue) {
  const auto text = to_bytes("any octets at all");
  auto frame = text;
  const auto sum16 = static_cast<std::uint16_t>(~fcs16(frame));
  for (int i = 0; i < 2; ++i) frame.push_back(static_cast<std::uint8_t>(sum16 >> 8 * i));
  EXPECT_EQ(fcs16(frame), kGoodFcs16);

  frame = text;
  const auto sum32 = ~fcs32(frame);
  for (int i = 0; i < 4; ++i) frame.push_back(static_cast<std::uint8_t>(sum32 >> 8 * i));
  EXPECT_EQ(fcs32(frame), kGoodFcs32);
}

TEST(Fcs, OfNothingIsWhatItStartedFrom) {
  EXPECT_EQ(fcs16({}), kInitialFcs16);
  EXPECT_EQ(fcs16({}, 0x1234), 0x1234);
  EXPECT_EQ(fcs32({}), kInitialFcs32);
  EXPECT_EQ(fcs32({}, 0x1234'5678), 0x1234'5678U);
}

TEST(Fcs, MayBeTakenInTwoParts) {
  std::mt19937 random{3};
  const auto data = random_octets(random, 300);
  const Bytes all{data};
  for (std::size_t cut = 0; cut <= data.size(); ++cut) {
    ASSERT_EQ(fcs16(all.subspan(cut), fcs16(all.first(cut))), fcs16(all)) << cut;
    ASSERT_EQ(fcs32(all.subspan(cut), fcs32(all.first(cut))), fcs32(all)) << cut;
  }
}

}  // namespace
}  // namespace tunnel::hdlc::test
