#include "pppd-bridge/hdlc/encoder.hpp"

#include "tests/hdlc/reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::hdlc::test {
namespace {

using testing::ElementsAreArray;

constexpr FrameFormat kNone{Accm{0}};

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
  EXPECT_THAT(encode(content.first(4), content.subspan(4), {}), ElementsAreArray(kPppdWire));
}

TEST(Encoder, EscapesOnlyFlagAndEscapeWithAnEmptyMap) {
  const Octets payload{0x00, 0x11, 0x13, 0x1f, 0x20, 0x7c, 0x7d, 0x7e, 0x7f, 0xff};
  const auto wire = encode({}, payload, kNone);
  const Octets start{0x7e, 0x00, 0x11, 0x13, 0x1f, 0x20, 0x7c, 0x7d, 0x5d, 0x7d, 0x5e, 0x7f, 0xff};
  EXPECT_TRUE(std::equal(start.begin(), start.end(), wire.begin()));
}

TEST(Encoder, EscapesTheControlsThatTheMapNames) {
  const Octets payload{0x11, 0x12, 0x13};
  const auto wire = encode({}, payload, {Accm{0x000a'0000}});  // XON and XOFF: bits 0x11 and 0x13
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

// A TCP acknowledgement as it may cross the link, with FCS-32 (RFC 1570 §2.1). The FCS is the
// value of zlib's crc32(), low octet first.
TEST(Encoder, WritesTheFcsThatWasAgreedOn) {
  const Octets header{0xff, 0x03, 0x00, 0x21};              // address, control, IPv4
  const Octets packet{0x45, 0x00, 0x00, 0x28, 0x7e, 0x7d};  // the first octets of a packet
  const auto wire = encode(header, packet, {Accm{0}, Fcs::Ccitt32});
  EXPECT_THAT(wire, ElementsAreArray(Octets{0x7e, 0xff, 0x03, 0x00, 0x21,                    //
                                            0x45, 0x00, 0x00, 0x28, 0x7d, 0x5e, 0x7d, 0x5d,  //
                                            0xf1, 0x64, 0x49, 0xa4, 0x7e}));
  EXPECT_THAT(encode(header, packet, {Accm{0}, Fcs::None}),
              ElementsAreArray(Octets{0x7e, 0xff, 0x03, 0x00, 0x21, 0x45, 0x00, 0x00, 0x28, 0x7d,
                                      0x5e, 0x7d, 0x5d, 0x7e}));
}

TEST(Encoder, StaysWithinItsBoundWhenEveryOctetIsEscaped) {
  for (const auto fcs : {Fcs::None, Fcs::Ccitt16, Fcs::Ccitt32}) {
    for (std::size_t size = 0; size < 200; ++size) {
      const Octets payload(size, kFlag);
      Octets out(encoded_bound(size));  // a write beyond it is the sanitizers' to see
      const auto used = encode_frame({}, payload, {Accm{0}, fcs}, OpeningFlag::Written, out);
      const auto most = 2 * size + 2 * fcs_size(fcs) + 2;
      EXPECT_LE(used, most);
      EXPECT_LE(most + kOverrun, out.size());
      EXPECT_GE(used, 2 * size + fcs_size(fcs) + 2);
    }
  }
}

}  // namespace
}  // namespace tunnel::hdlc::test
