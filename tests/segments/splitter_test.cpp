#include "pppd-bridge/segments/splitter.hpp"

#include "tests/segments/packets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::segments::test {
namespace {

using testing::ElementsAre;

constexpr std::size_t kMru = 1500;

std::vector<Octets> split(Bytes packet, const Offload& offload, std::size_t mru = kMru) {
  auto splitter = Splitter::create(packet, offload, mru);
  if (!splitter) return {};
  std::vector<Octets> packets;
  Octets out(mru);  // a write beyond it is the sanitizers' to see
  while (const auto size = splitter->next(out)) {
    packets.emplace_back(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(*size));
  }
  EXPECT_EQ(packets.size(), splitter->segments());
  return packets;
}

TEST(Splitter, CutsAsTheReferenceDoes) {
  std::mt19937 random{1};
  for (int round = 0; round < 3000; ++round) {
    const auto what = random_description(random, 1 + random() % 5000);
    const auto size = static_cast<std::uint16_t>(1 + random() % 1400);
    ASSERT_EQ(split(build_partial(what), offload_of(what, what.kind, size)), cut(what, size))
        << round;
  }
}

TEST(Splitter, CutsTheLargestPacketThereIs) {
  for (const auto kind : {Gso::Tcp4, Gso::Tcp6, Gso::Udp}) {
    Description what{.kind = kind};
    what.payload.assign(65535 - what.header_size(), 0xff);
    const auto packets = split(build_partial(what), offload_of(what, kind, 1428));
    EXPECT_EQ(packets.size(), 46U);
    EXPECT_EQ(packets, cut(what, 1428));
  }
}

// A driver that has checked the data may hand it on whole (VIRTIO 1.2 §5.1.6, DATA_VALID).
TEST(Splitter, DoesNotNeedThePseudoHeadersSum) {
  for (const auto kind : {Gso::Tcp4, Gso::Tcp6, Gso::Udp}) {
    const Description what{.kind = kind, .payload = Octets(4000, 5)};
    const Offload offload{.gso = kind, .segment_size = 1000};
    EXPECT_EQ(split(build(what), offload), cut(what, 1000));
  }
}

TEST(Splitter, KeepsFinAndPushForTheLastAndCwrForTheFirst) {
  const Description what{.flags = tcp::kAck | tcp::kFin | tcp::kPsh | tcp::kCwr | tcp::kEce,
                         .payload = Octets(30, 5)};
  std::vector<unsigned> flags;
  for (const auto& packet : split(build_partial(what), offload_of(what, Gso::Tcp4, 10))) {
    flags.push_back(packet[33]);
  }
  EXPECT_THAT(flags, ElementsAre(tcp::kAck | tcp::kCwr | tcp::kEce, tcp::kAck | tcp::kEce,
                                 tcp::kAck | tcp::kFin | tcp::kPsh | tcp::kEce));
}

TEST(Splitter, CountsIdentificationsUpAndAroundButLeavesTheZeroOfAtomicPackets) {
  const auto identifications = [](std::uint16_t first, std::uint16_t fragment) {
    const Description what{.identification = first, .fragment = fragment, .payload = Octets(3, 5)};
    std::vector<unsigned> found;
    for (const auto& packet : split(build_partial(what), offload_of(what, Gso::Tcp4, 1))) {
      found.push_back(static_cast<unsigned>(packet[4] << 8 | packet[5]));
    }
    return found;
  };
  EXPECT_THAT(identifications(7, ipv4::kDontFragment), ElementsAre(7, 8, 9));
  EXPECT_THAT(identifications(0xffff, ipv4::kDontFragment), ElementsAre(0xffff, 0, 1));
  EXPECT_THAT(identifications(0, 0), ElementsAre(0, 1, 2));
  EXPECT_THAT(identifications(0, ipv4::kDontFragment), ElementsAre(0, 0, 0));
}

TEST(Splitter, KeepsOptionsAndExtensionHeadersOnEachSegment) {
  const Description options{.network_options = Octets{1, 1, 1, 0}, .payload = Octets(30, 5)};
  EXPECT_EQ(split(build_partial(options), offload_of(options, Gso::Tcp4, 10)), cut(options, 10));
  const Description extension{.kind = Gso::Tcp6,
                              .network_options = Octets{6, 0, 1, 4, 0, 0, 0, 0},
                              .first_extension = 60,
                              .payload = Octets(30, 5)};
  EXPECT_EQ(split(build_partial(extension), offload_of(extension, Gso::Tcp6, 10)),
            cut(extension, 10));
}

// RFC 8200 §8.1: the pseudo-header has the last destination, which only the kernel's sum knows.
TEST(Splitter, BelievesTheSumOfAPacketWithARoutingHeader) {
  const Description what{.kind = Gso::Tcp6,
                         .network_options = Octets{6, 0, 2, 1, 0, 0, 0, 0},
                         .first_extension = 43,
                         .payload = Octets(30, 5)};
  constexpr std::uint16_t kOther = 0x0101;  // by which the last destination's sum is larger
  auto packet = build_partial(what);
  const std::size_t place = 48 + 16;
  const auto sum = static_cast<std::uint32_t>(packet[place] << 8 | packet[place + 1]) + kOther;
  ASSERT_LE(sum, 0xffffU);
  packet[place] = static_cast<std::uint8_t>(sum >> 8);
  packet[place + 1] = static_cast<std::uint8_t>(sum);
  auto expected = cut(what, 10);
  for (auto& segment : expected) {
    const auto was = static_cast<std::uint32_t>(segment[place] << 8 | segment[place + 1]);
    ASSERT_GT(was, kOther);
    segment[place] = static_cast<std::uint8_t>((was - kOther) >> 8);
    segment[place + 1] = static_cast<std::uint8_t>(was - kOther);
  }
  EXPECT_EQ(split(packet, offload_of(what, Gso::Tcp6, 10)), expected);
  // Without a sum nobody knows it.
  EXPECT_EQ(Splitter::create(build(what), {.gso = Gso::Tcp6, .segment_size = 10}, kMru).fault(),
            Fault::ChecksumPlace);
}

TEST(Splitter, SendsUdpsZeroAsAllOnes) {
  // The last two octets take whatever makes the sum all ones.
  Description what{.kind = Gso::Udp, .payload = Octets(20, 5)};
  auto segment = what;
  segment.payload.resize(10);
  segment.payload[8] = segment.payload[9] = 0;
  const auto packet = build(segment);
  what.payload[8] = packet[26];
  what.payload[9] = packet[27];
  const auto packets = split(build_partial(what), offload_of(what, Gso::Udp, 10));
  EXPECT_EQ(packets, cut(what, 10));
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(packets[0][26], 0xff);
  EXPECT_EQ(packets[0][27], 0xff);
}

TEST(Splitter, GivesAPacketThatIsOneSegmentItsChecksum) {
  std::mt19937 random{3};
  for (int round = 0; round < 300; ++round) {
    const auto what = random_description(random, random() % 1000);
    EXPECT_THAT(split(build_partial(what), offload_of(what, Gso::None, 0)),
                ElementsAre(build(what)));
    EXPECT_THAT(split(build(what), Offload{}), ElementsAre(build(what)));
  }
}

TEST(Splitter, CutsIntoMoreSegmentsThanAPeerMaySend) {
  const Description what{.payload = Octets(5000, 1)};
  EXPECT_EQ(split(build_partial(what), offload_of(what, Gso::Tcp4, 1)).size(), 5000U);
}

TEST(Splitter, RefusesSegmentsLargerThanTheLinkTakes) {
  const Description what{.payload = Octets(5000, 1)};
  const auto packet = build_partial(what);
  EXPECT_TRUE(Splitter::create(packet, offload_of(what, Gso::Tcp4, 1448), kMru));
  EXPECT_EQ(Splitter::create(packet, offload_of(what, Gso::Tcp4, 1449), kMru).fault(),
            Fault::TooLarge);
  EXPECT_EQ(Splitter::create(packet, Offload{}, kMru).fault(), Fault::TooLarge);
}

TEST(Splitter, OfNothingHasNoSegments) {
  Splitter splitter;
  Octets out(10);
  EXPECT_EQ(splitter.segments(), 0U);
  EXPECT_FALSE(splitter.next(out));
}

}  // namespace
}  // namespace tunnel::segments::test
