#include "pppd-bridge/vendor/frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace tunnel::vendor {
namespace {

using testing::ElementsAre;

TEST(Header, IsWrittenMostSignificantOctetFirst) {
  EXPECT_THAT(write_header({Kind::SuperPacket, 0x05a8, 0xfeca}),
              ElementsAre(0x56, 2, 0x05, 0xa8, 0, 0, 0xfe, 0xca));
}

TEST(Header, OfEveryKindIsReadAsWritten) {
  for (const Header& header :
       {Header{Kind::Packet, 0, 1}, Header{Kind::Packet, 0, 65535},
        Header{Kind::PartialChecksum, 0, 40}, Header{Kind::SuperPacket, 1, 65535},
        Header{Kind::CongestedSuperPacket, 65535, 42}, Header{Kind::Acknowledgement, 0, 16}}) {
    EXPECT_EQ(read_header(write_header(header)), header);
  }
}

TEST(Header, ThatContradictsItselfIsNone) {
  for (const Header& header :
       {Header{Kind::Packet, 0, 0}, Header{Kind::Packet, 0, 65536}, Header{Kind::Packet, 1, 100},
        Header{Kind::PartialChecksum, 1448, 100}, Header{Kind::SuperPacket, 0, 4000},
        Header{Kind::SuperPacket, 1448, 0xffffffff}, Header{Kind::Acknowledgement, 0, 15},
        Header{Kind::Acknowledgement, 1, 16}, Header{Kind{5}, 0, 8}, Header{Kind{255}, 0, 8}}) {
    EXPECT_EQ(read_header(write_header(header)), std::nullopt)
        << static_cast<int>(header.kind) << ' ' << header.segment_size << ' ' << header.length;
  }
}

TEST(Header, CutShortOrWithoutItsMarkerIsNone) {
  auto octets = write_header({Kind::Packet, 0, 100});
  for (std::size_t size = 0; size < kHeaderSize; ++size) {
    EXPECT_EQ(read_header(Bytes{octets}.first(size)), std::nullopt) << size;
  }
  octets[0] = 0x57;
  EXPECT_EQ(read_header(octets), std::nullopt);
}

}  // namespace
}  // namespace tunnel::vendor
