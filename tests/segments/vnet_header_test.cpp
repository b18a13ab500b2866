#include "pppd-bridge/segments/vnet_header.hpp"

#include "tests/segments/packets.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tunnel::segments::test {
namespace {

// 1448 octets a segment behind 52 of headers; TCP's checksum, 16 octets into what begins at 20.
constexpr std::array<std::uint8_t, 10> kTcp4Header{0x01, 0x01, 0x34, 0x00, 0xa8,
                                                   0x05, 0x14, 0x00, 0x10, 0x00};
constexpr Offload kTcp4Offload{.gso = Gso::Tcp4,
                               .checksum = Checksum::Partial,
                               .segment_size = 1448,
                               .checksum_start = 20,
                               .checksum_offset = 16,
                               .header_size = 52};
static_assert(read_vnet_header(kTcp4Header) == kTcp4Offload);

TEST(VnetHeader, OfAPlainPacketIsZeros) {
  const Octets zeros(kVnetHeaderSize);
  EXPECT_EQ(read_vnet_header(zeros), Offload{});
  Octets out(kVnetHeaderSize, 0xff);
  write_vnet_header({}, out);
  EXPECT_EQ(out, zeros);
}

TEST(VnetHeader, IsWrittenAsItWasRead) {
  for (const int type : {1, 4, 5, 0x81, 0x84}) {
    Octets header(kTcp4Header.begin(), kTcp4Header.end());
    header[1] = static_cast<std::uint8_t>(type);
    const auto offload = read_vnet_header(header);
    ASSERT_TRUE(offload);
    Octets out(kVnetHeaderSize, 0xff);
    write_vnet_header(*offload, out);
    EXPECT_EQ(out, header);
  }
}

TEST(VnetHeader, SaysWhatIsToBeCut) {
  Octets header(kTcp4Header.begin(), kTcp4Header.end());
  const auto gso_of = [&](int type) {
    header[1] = static_cast<std::uint8_t>(type);
    const auto offload = read_vnet_header(header);
    return offload ? std::optional{std::pair{offload->gso, offload->cwr}} : std::nullopt;
  };
  EXPECT_EQ(gso_of(0), std::pair(Gso::None, Cwr::Clear));
  EXPECT_EQ(gso_of(1), std::pair(Gso::Tcp4, Cwr::Clear));
  EXPECT_EQ(gso_of(0x81), std::pair(Gso::Tcp4, Cwr::Set));
  EXPECT_EQ(gso_of(4), std::pair(Gso::Tcp6, Cwr::Clear));
  EXPECT_EQ(gso_of(0x84), std::pair(Gso::Tcp6, Cwr::Set));
  EXPECT_EQ(gso_of(5), std::pair(Gso::Udp, Cwr::Clear));
  const std::set<int> known{0, 1, 4, 5, 0x81, 0x84};
  for (int type = 0; type < 256; ++type) {
    EXPECT_EQ(gso_of(type).has_value(), known.contains(type)) << type;
  }
}

TEST(VnetHeader, WithAFlagThatNobodyAskedForIsRefused) {
  Octets header(kVnetHeaderSize);
  for (int flags = 0; flags < 256; ++flags) {
    header[0] = static_cast<std::uint8_t>(flags);
    EXPECT_EQ(read_vnet_header(header).has_value(), flags < 4) << flags;
  }
}

// VIRTIO 1.2 §5.1.6: without the flag the fields say nothing.
TEST(VnetHeader, OfCheckedDataIsThatOfACompleteChecksum) {
  auto header = Octets(kTcp4Header.begin(), kTcp4Header.end());
  header[0] = 2;
  header[1] = 0;
  EXPECT_EQ(read_vnet_header(header), Offload{.header_size = 52});
}

TEST(VnetHeader, ThatIsCutIsRefused) {
  for (std::size_t size = 0; size < kVnetHeaderSize; ++size) {
    EXPECT_FALSE(read_vnet_header(Bytes{kTcp4Header}.first(size))) << size;
  }
}

}  // namespace
}  // namespace tunnel::segments::test
