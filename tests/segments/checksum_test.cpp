#include "pppd-bridge/segments/checksum.hpp"

#include "tests/segments/packets.hpp"

#include <gtest/gtest.h>

namespace tunnel::segments::test {
namespace {

// RFC 1071 §3.
constexpr std::array<std::uint8_t, 8> kRfc1071{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
static_assert(sum_of(kRfc1071) == 0xddf2);
static_assert(sum_of(Bytes{kRfc1071}.first(7)) == 0xdcfb);
static_assert(complement(0xddf2) == 0x220d);

// RFC 1624 §4: what equation 2 of RFC 1141 makes 0xffff.
static_assert(updated_checksum(0xdd2f, 0x5555, 0x3285) == 0x0000);

// RFC 768: zero is sent as all ones.
static_assert(udp_complement(0xffff) == 0xffff);
static_assert(udp_complement(0xddf2) == 0x220d);
static_assert(complement(0xffff) == 0);

TEST(Checksum, OfTheExampleOfTheRfc) {
  EXPECT_EQ(sum_of(kRfc1071), 0xddf2);
}

TEST(Checksum, OfAnIpv4HeaderIsTheKnownOneWhateverItCarries) {
  Octets header{0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                0x00, 0x00, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};
  for (const int carried : {0, 0xb861, 0x1234, 0xffff}) {
    header[10] = static_cast<std::uint8_t>(carried >> 8);
    header[11] = static_cast<std::uint8_t>(carried);
    EXPECT_EQ(ipv4_header_checksum(header), 0xb861);
  }
}

TEST(Checksum, OfEverySizeAndPlaceIsThatOfTheTextbook) {
  std::mt19937 random{1};
  const auto octets = random_octets(random, 400);
  for (std::size_t begin = 0; begin < 20; ++begin) {
    for (std::size_t size = 0; begin + size <= octets.size(); ++size) {
      const auto part = Bytes{octets}.subspan(begin, size);
      ASSERT_EQ(sum_of(part), textbook_sum(part)) << begin << ' ' << size;
    }
  }
}

TEST(Checksum, OfNothingButOnesDoesNotOverflow) {
  const Octets octets(1 << 20, 0xff);
  EXPECT_EQ(sum_of(octets), 0xffff);
  EXPECT_EQ(sum_of(Octets(999, 0)), 0);
}

TEST(Checksum, ThatIsUpdatedIsThatOfTheChangedOctets) {
  std::mt19937 random{2};
  for (int round = 0; round < 2000; ++round) {
    auto octets = random_octets(random, 40);
    octets[0] = 0x45;  // zeros only are the one case where two checksums say the same
    const auto before = complement(textbook_sum(octets));
    const auto place = 2 + 2 * (random() % 19);
    const ByteReader old{Bytes{octets}.subspan(place, 2)};
    const auto fresh = static_cast<std::uint16_t>(random());
    const auto was = *ByteReader{old}.u16();
    octets[place] = static_cast<std::uint8_t>(fresh >> 8);
    octets[place + 1] = static_cast<std::uint8_t>(fresh);
    ASSERT_EQ(updated_checksum(before, was, fresh), complement(textbook_sum(octets)));
  }
}

TEST(Checksum, OfAPseudoHeaderIsThatOfItsOctets) {
  for (const auto kind : {Gso::Tcp4, Gso::Tcp6, Gso::Udp}) {
    Description what{.kind = kind, .payload = Octets(1000, 7)};
    const auto packet = build(what);
    const auto view = parse_packet(packet);
    ASSERT_TRUE(view);
    EXPECT_EQ(
        pseudo_header_sum(packet, *view, 1000 + static_cast<std::uint32_t>(what.transport_size())),
        textbook_sum(pseudo_header(what)));
  }
}

}  // namespace
}  // namespace tunnel::segments::test
