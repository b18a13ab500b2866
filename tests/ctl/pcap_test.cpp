// libpcap's format, octet by octet.

#include "tunneld/ctl/pcap.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::ctl {
namespace {

using testing::ElementsAreArray;

TEST(Pcap, BeginsWithItsHeader) {
  EXPECT_THAT(pcap_header(),
              ElementsAreArray({0xd4, 0xc3, 0xb2, 0xa1,  // microseconds, lowest octet first
                                2,    0,    4,    0,     // version 2.4
                                0,    0,    0,    0,    0, 0, 0, 0,  // UTC, accuracy
                                0,    0,    4,    0,                 // longest
                                9,    0,    0,    0}));              // DLT_PPP
}

TEST(Pcap, HasTimeAndBothLengthsBeforeEachFrame) {
  const std::vector<std::uint8_t> octets{0xff, 0x03, 0xc0};
  EXPECT_THAT(
      pcap_record(3'000'002, 1504, octets),
      ElementsAreArray({3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0xe0, 5, 0, 0, 0xff, 0x03, 0xc0}));
}

}  // namespace
}  // namespace tunnel::ctl
