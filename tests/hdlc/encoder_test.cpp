#include "pppd-bridge/hdlc/encoder.hpp"

#include "tests/hdlc/reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::hdlc::test {
namespace {

using testing::ElementsAreArray;

constexpr Accm kNone{0};

// RFC 1662 §4.2, octet by octet: what the fast encoder must agree with.
Octets reference_encode(Bytes header, Bytes payload, Accm accm) {
  Octets content(header.begin(), header.end());
  content.insert(content.end(), payload.begin(), payload.end());
  const auto fcs = static_cast<std::uint16_t>(~reference_fcs(content));
  content.push_back(static_cast<std::uint8_t>(fcs));
  content.push_back(static_cast<std::uint8_t>(fcs >> 8));
  Octets out{0x7e};
  for (const auto octet : content) {
    if (octet == 0x7d || octet == 0x7e || accm.has(octet)) {
      out.push_back(0x7d);
      out.push_back(octet ^ 0x20);
    } else {
      out.push_back(octet);
    }
  }
  out.push_back(0x7e);
  return out;
}

// What Linux pppd sends first: Configure-Request(1) with asyncmap 0, a magic number, pcomp and
// accomp, in RFC 1662's default map. The FCS was computed apart from this program.
const Octets kPppdRequest{0xff, 0x03, 0xc0, 0x21,              // header, LCP
                          0x01, 0x01, 0x00, 0x14,              // ConfReq 1, 20 octets
                          0x02, 0x06, 0x00, 0x00, 0x00, 0x00,  // asyncmap 0
                          0x05, 0x06, 0xd4, 0xa1, 0xb2, 0xc3,  // magic
                          0x07, 0x02, 0x08, 0x02};             // pcomp, accomp
const Octets kPppdWire{0x7e, 0xff, 0x7d, 0x23, 0xc0, 0x21, 0x7d, 0x21, 0x7d, 0x21, 0x7d, 0x20,
                       0x7d, 0x34, 0x7d, 0x22, 0x7d, 0x26, 0x7d, 0x20, 0x7d, 0x20, 0x7d, 0x20,
                       0x7d, 0x20, 0x7d, 0x25, 0x7d, 0x26, 0xd4, 0xa1, 0xb2, 0xc3, 0x7d, 0x27,
                       0x7d, 0x22, 0x7d, 0x28, 0x7d, 0x22, 0x4e, 0x7d, 0x34, 0x7e};

TEST(Encoder, WritesWhatPppdWrites) {
  const Bytes content{kPppdRequest};
  EXPECT_THAT(encode(content.first(4), content.subspan(4), Accm{}), ElementsAreArray(kPppdWire));
}

TEST(Encoder, EscapesOnlyFlagAndEscapeWithAnEmptyMap) {
  const Octets payload{0x00, 0x11, 0x13, 0x1f, 0x20, 0x7c, 0x7d, 0x7e, 0x7f, 0xff};
  const auto wire = encode({}, payload, kNone);
  const Octets start{0x7e, 0x00, 0x11, 0x13, 0x1f, 0x20, 0x7c, 0x7d, 0x5d, 0x7d, 0x5e, 0x7f, 0xff};
  EXPECT_TRUE(std::equal(start.begin(), start.end(), wire.begin()));
}

TEST(Encoder, EscapesTheControlsThatTheMapNames) {
  const Octets payload{0x11, 0x12, 0x13};
  const auto wire = encode({}, payload, Accm{0x000a'0000});  // XON and XOFF: bits 0x11 and 0x13
  const Octets start{0x7e, 0x7d, 0x31, 0x12, 0x7d, 0x33};
  EXPECT_TRUE(std::equal(start.begin(), start.end(), wire.begin()));
}

TEST(Encoder, WritesTheOpeningFlagOnlyWhenAsked) {
  const Octets payload{1, 2, 3};
  const auto with = encode(kHeader, payload, kNone, OpeningFlag::Written);
  const auto without = encode(kHeader, payload, kNone, OpeningFlag::Shared);
  EXPECT_EQ(with.front(), kFlag);
  EXPECT_THAT(without, ElementsAreArray(with.begin() + 1, with.end()));
  EXPECT_EQ(without.back(), kFlag);
}

TEST(Encoder, AgreesWithTheDefinitionForRandomPayloadsOfEveryLength) {
  std::mt19937 random{4};
  for (std::size_t size = 0; size < 300; ++size) {
    const auto payload = random_octets(random, size);
    for (const auto accm : {Accm{}, kNone, Accm{static_cast<std::uint32_t>(random())}}) {
      ASSERT_EQ(encode(kHeader, payload, accm), reference_encode(kHeader, payload, accm)) << size;
    }
  }
}

TEST(Encoder, FillsItsBoundWhenEveryOctetIsEscaped) {
  for (std::size_t size = 0; size < 200; ++size) {
    const Octets payload(size, kFlag);
    Octets out(encoded_bound(size));  // a write beyond it is the sanitizers' to see
    const auto used = encode_frame({}, payload, kNone, OpeningFlag::Written, out);
    EXPECT_LE(used, out.size());
    EXPECT_GE(used, 2 * size + 4);
  }
}

}  // namespace
}  // namespace tunnel::hdlc::test
