#include "tunneld/base/hex.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel {
namespace {

using testing::ElementsAre;
using testing::Optional;

TEST(ToHex, WritesTwoDigitsForEachOctet) {
  const std::vector<std::uint8_t> octets{0x00, 0x0f, 0xa5, 0xff};
  EXPECT_EQ(to_hex(octets), "000fa5ff");
  EXPECT_EQ(to_hex(octets, HexCase::Upper), "000FA5FF");
  EXPECT_EQ(to_hex(Bytes{}), "");
}

TEST(ToHex, WritesANumberWithAsManyDigitsAsAreWanted) {
  EXPECT_EQ(to_hex(0xc021, 4), "c021");
  EXPECT_EQ(to_hex(0x21, 4), "0021");
  EXPECT_EQ(to_hex(0, 2), "00");
  EXPECT_EQ(to_hex(0xdead'beef, 8), "deadbeef");
}

TEST(FromHex, TakesPairsOfLowerCaseDigitsAndNothingElse) {
  EXPECT_THAT(from_hex("ff03c0"), Optional(ElementsAre(0xff, 0x03, 0xc0)));
  EXPECT_THAT(from_hex(""), Optional(ElementsAre()));
  for (const auto* wrong : {"f", "fff", "FF", "0g", "  "}) {
    EXPECT_EQ(from_hex(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(from_hex(std::string_view{"0\0", 2}), std::nullopt);
}

TEST(FromHex, ReadsWhatToHexHasWritten) {
  for (unsigned octet = 0; octet < 256; ++octet) {
    const std::vector<std::uint8_t> octets{static_cast<std::uint8_t>(octet)};
    EXPECT_THAT(from_hex(to_hex(octets)), Optional(octets));
  }
}

}  // namespace
}  // namespace tunnel
