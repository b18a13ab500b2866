#include "pppd-bridge/segments/super_packet.hpp"

#include "tests/segments/packets.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tunnel::segments::test {
namespace {

constexpr std::size_t kMru = 1500;

const std::vector<Gso> kKinds{Gso::Tcp4, Gso::Tcp6, Gso::Udp};

Description super_packet(Gso kind) {
  return {.kind = kind, .payload = Octets(5000, 7)};
}

Fault inspected(const Description& what, const Offload& offload) {
  return inspect(build_partial(what), offload, kMru).fault();
}

Fault completed(const Description& what, std::uint16_t segment_size = 1000) {
  return complete_metadata(build_partial(what), what.kind, segment_size, Checksum::Partial, kMru)
      .fault();
}

TEST(SuperPacket, OfTheKernelIsCounted) {
  for (const auto kind : kKinds) {
    const auto what = super_packet(kind);
    const auto shape = inspect(build_partial(what), offload_of(what, kind, 1400), kMru);
    ASSERT_TRUE(shape) << to_string(shape.fault());
    EXPECT_EQ(shape->segments, 4U);
    EXPECT_EQ(shape->header_size, what.header_size());
    EXPECT_EQ(shape->largest, what.header_size() + 1400);
  }
}

TEST(SuperPacket, MetadataIsWhatTheKernelWouldSay) {
  std::mt19937 random{1};
  for (int round = 0; round < 500; ++round) {
    const auto what = random_description(random, 1 + random() % 5000);
    const auto size = static_cast<std::uint16_t>(100 + random() % 1300);
    const auto packet = build_partial(what);
    const auto offload = complete_metadata(packet, what.kind, size, Checksum::Partial, kMru);
    ASSERT_TRUE(offload) << to_string(offload.fault());
    EXPECT_EQ(*offload, offload_of(what, what.kind, size));
    EXPECT_TRUE(inspect(packet, *offload, kMru));
  }
}

TEST(SuperPacket, MetadataOfOneSegmentIsWhatTheKernelWouldSay) {
  for (const auto kind : kKinds) {
    const Description what{.kind = kind, .flags = tcp::kSyn, .payload = Octets(100, 7)};
    const auto packet = build_partial(what);
    const auto offload = complete_metadata(packet, Gso::None, 0, Checksum::Partial, kMru);
    ASSERT_TRUE(offload);
    EXPECT_EQ(*offload, offload_of(what, Gso::None, 0));
    EXPECT_EQ(complete_metadata(packet, Gso::None, 1, Checksum::Partial, kMru).fault(),
              Fault::NoSegmentSize);
  }
}

TEST(SuperPacket, APeersPacketOnItsOwnMayBeAnythingThatFits) {
  const Octets packet(kMru, 0xee);
  const auto offload = complete_metadata(packet, Gso::None, 0, Checksum::Complete, kMru);
  ASSERT_TRUE(offload);
  EXPECT_EQ(*offload, Offload{});
  EXPECT_EQ(complete_metadata(packet, Gso::None, 0, Checksum::Complete, kMru - 1).fault(),
            Fault::TooLarge);
  EXPECT_EQ(complete_metadata(packet, Gso::None, 9, Checksum::Complete, kMru).fault(),
            Fault::NoSegmentSize);
}

TEST(SuperPacket, OfAnotherProtocolThanItsMetadataSaysIsRefused) {
  for (const auto kind : kKinds) {
    const auto what = super_packet(kind);
    for (const auto said : kKinds) {
      auto offload = offload_of(what, said, 1000);
      EXPECT_EQ(inspected(what, offload), said == kind ? Fault::None : Fault::WrongProtocol);
    }
  }
  auto packet = build_partial(super_packet(Gso::Tcp4));
  packet[9] = 1;  // ICMP
  EXPECT_EQ(complete_metadata(packet, Gso::None, 0, Checksum::Partial, 9000).fault(),
            Fault::WrongProtocol);
}

TEST(SuperPacket, WithSegmentsOfNoSizeOrTooLargeIsRefused) {
  for (const auto kind : kKinds) {
    const auto what = super_packet(kind);
    const auto most = static_cast<std::uint16_t>(kMru - what.header_size());
    EXPECT_EQ(completed(what, 0), Fault::NoSegmentSize);
    EXPECT_EQ(completed(what, most), Fault::None);
    EXPECT_EQ(completed(what, static_cast<std::uint16_t>(most + 1)), Fault::TooLarge);
    EXPECT_EQ(completed(what, 0xffff), Fault::TooLarge);
  }
}

TEST(SuperPacket, OfMoreSegmentsThanAPeerMaySendIsRefused) {
  const auto most = [](Gso kind, std::size_t count) {
    Description what{.kind = kind, .payload = Octets(count, 7)};
    EXPECT_EQ(completed(what, 1), Fault::None) << count;
    what.payload.push_back(7);
    EXPECT_EQ(completed(what, 1), Fault::TooManySegments) << count;
    EXPECT_EQ(inspected(what, offload_of(what, kind, 1)), Fault::None) << count;
  };
  most(Gso::Tcp4, kMostTcpSegments);
  most(Gso::Tcp6, kMostTcpSegments);
  most(Gso::Udp, kMostUdpSegments);
}

TEST(SuperPacket, WithoutPayloadIsRefused) {
  for (const auto kind : kKinds) {
    EXPECT_EQ(completed({.kind = kind}), Fault::NoPayload);
  }
}

TEST(SuperPacket, ThatIsAFragmentIsRefused) {
  for (const int place : {0x2000, 0x0001, 0x3fff}) {
    auto what = super_packet(Gso::Tcp4);
    what.fragment = static_cast<std::uint16_t>(place);
    EXPECT_EQ(completed(what), Fault::Fragmented);
  }
  auto what = super_packet(Gso::Tcp6);
  what.first_extension = 44;
  what.network_options = Octets{6, 0, 0, 1, 0, 0, 0, 0};
  EXPECT_EQ(completed(what), Fault::Fragmented);
}

TEST(SuperPacket, WithFlagsOfOneSegmentIsRefused) {
  for (const int flag : {tcp::kSyn, tcp::kRst, tcp::kUrg}) {
    auto what = super_packet(Gso::Tcp4);
    what.flags |= static_cast<std::uint8_t>(flag);
    EXPECT_EQ(completed(what), Fault::ForbiddenFlags);
  }
}

// Kernels have joined packets with URG, and have more than one word for CWR.
TEST(SuperPacket, OfTheKernelMayHaveAnyFlags) {
  auto what = super_packet(Gso::Tcp6);
  const auto offload = offload_of(what, Gso::Tcp6, 1000);
  what.flags = 0xff;
  EXPECT_EQ(inspected(what, offload), Fault::None);
}

TEST(SuperPacket, WithLengthsThatAreNotItsOwnIsRefused) {
  for (const auto kind : kKinds) {
    const auto what = super_packet(kind);
    auto packet = build_partial(what);
    packet.push_back(0);
    EXPECT_EQ(complete_metadata(packet, kind, 1000, Checksum::Partial, kMru).fault(),
              Fault::LengthMismatch);
    packet.resize(packet.size() - 2);
    EXPECT_EQ(complete_metadata(packet, kind, 1000, Checksum::Partial, kMru).fault(),
              Fault::Malformed);
  }
  auto packet = build_partial(super_packet(Gso::Udp));
  --packet[25];  // UDP's own length
  EXPECT_EQ(complete_metadata(packet, Gso::Udp, 1000, Checksum::Partial, kMru).fault(),
            Fault::LengthMismatch);
}

TEST(SuperPacket, WhoseTcpHeaderLiesIsRefused) {
  const auto what = super_packet(Gso::Tcp4);
  for (const int words : {0, 4}) {
    auto packet = build_partial(what);
    packet[32] = static_cast<std::uint8_t>(words << 4);
    EXPECT_EQ(inspect(packet, offload_of(what, Gso::Tcp4, 1000), kMru).fault(), Fault::Malformed);
  }
}

TEST(SuperPacket, WithAChecksumInAnotherPlaceIsRefused) {
  for (const auto kind : kKinds) {
    const auto what = super_packet(kind);
    const auto good = offload_of(what, kind, 1000);
    for (const int wrong : {0, 1, 6, 16, 20, 40, 0xffff}) {
      auto offload = good;
      offload.checksum_start = static_cast<std::uint16_t>(wrong);
      EXPECT_TRUE(offload == good || inspected(what, offload) == Fault::ChecksumPlace);
      offload = good;
      offload.checksum_offset = static_cast<std::uint16_t>(wrong);
      EXPECT_TRUE(offload == good || inspected(what, offload) == Fault::ChecksumPlace);
    }
  }
}

TEST(SuperPacket, OfAPeerHasThePseudoHeadersSumAndNoOther) {
  for (const auto kind : kKinds) {
    const auto what = super_packet(kind);
    EXPECT_EQ(complete_metadata(build(what), kind, 1000, Checksum::Complete, kMru).fault(),
              Fault::ChecksumComplete);
    EXPECT_EQ(complete_metadata(build(what), kind, 1000, Checksum::Partial, kMru).fault(),
              Fault::PseudoHeaderSum);
    Description one{.kind = kind, .payload = Octets(9, 9)};
    EXPECT_EQ(complete_metadata(build(one), Gso::None, 0, Checksum::Partial, kMru).fault(),
              Fault::PseudoHeaderSum);
  }
}

TEST(SuperPacket, ThatIsCutAnywhereIsRefused) {
  for (const auto kind : kKinds) {
    const auto what = super_packet(kind);
    const auto packet = build_partial(what);
    for (std::size_t size = 0; size < packet.size(); ++size) {
      const auto part = Bytes{packet}.first(size);
      ASSERT_FALSE(complete_metadata(part, kind, 1000, Checksum::Partial, kMru));
      ASSERT_FALSE(inspect(part, offload_of(what, kind, 1000), kMru));
    }
  }
}

TEST(SuperPacket, EachFaultHasWordsOfItsOwn) {
  std::set<std::string_view> words;
  for (int fault = 0; fault <= static_cast<int>(Fault::PseudoHeaderSum); ++fault) {
    words.insert(to_string(static_cast<Fault>(fault)));
  }
  EXPECT_EQ(words.size(), static_cast<std::size_t>(Fault::PseudoHeaderSum) + 1);
  EXPECT_FALSE(words.contains("unknown"));
}

TEST(FinishChecksum, MakesItWhatItShouldBe) {
  std::mt19937 random{2};
  for (int round = 0; round < 500; ++round) {
    const auto what = random_description(random, random() % 500);
    auto packet = build_partial(what);
    ASSERT_TRUE(finish_checksum(packet, offload_of(what, Gso::None, 0)));
    ASSERT_EQ(packet, build(what));
  }
}

TEST(FinishChecksum, LeavesACompleteOneAlone) {
  auto packet = build({});
  packet[36] ^= 1;
  const auto before = packet;
  EXPECT_TRUE(finish_checksum(packet, Offload{}));
  EXPECT_EQ(packet, before);
}

TEST(FinishChecksum, RefusesAPlaceOutsideThePacket) {
  const auto before = build({});
  const auto size = before.size();
  for (std::size_t start = 0; start <= size + 3; ++start) {
    for (std::size_t offset = 0; offset <= size + 3; ++offset) {
      const Offload offload{.checksum = Checksum::Partial,
                            .checksum_start = static_cast<std::uint16_t>(start),
                            .checksum_offset = static_cast<std::uint16_t>(offset)};
      auto packet = before;
      const bool inside = start + offset + 2 <= size;
      ASSERT_EQ(finish_checksum(packet, offload), inside);
      ASSERT_EQ(inspect(before, offload, kMru).has_value(), inside);
      ASSERT_TRUE(inside || packet == before);
    }
  }
  auto packet = before;
  EXPECT_FALSE(finish_checksum(
      packet,
      {.checksum = Checksum::Partial, .checksum_start = 0xffff, .checksum_offset = 0xffff}));
}

TEST(PseudoHeaderSum, IsNotWrittenWhereItIsNotKnown) {
  const auto written = [](Octets packet) {
    const auto before = packet;
    Offload offload;
    const bool done = write_pseudo_header_sum(packet, offload);
    EXPECT_EQ(done, offload.checksum == Checksum::Partial);
    EXPECT_TRUE(done || packet == before);
    return done;
  };
  EXPECT_TRUE(written(build({})));
  EXPECT_FALSE(written(build({.fragment = 0x2000})));
  const auto routed = [](std::uint8_t left) {
    return build({.kind = Gso::Tcp6,
                  .network_options = Octets{6, 0, 2, left, 0, 0, 0, 0},
                  .first_extension = 43});
  };
  EXPECT_TRUE(written(routed(0)));
  EXPECT_FALSE(written(routed(1)));
  EXPECT_FALSE(written({}));
}

TEST(MakeDerivable, LeavesWhatAPeerCanDeriveAlone) {
  for (const auto kind : kKinds) {
    for (const auto gso : {kind, Gso::None}) {
      const Description what{.kind = kind, .payload = Octets(1000, 3)};
      auto packet = build_partial(what);
      const auto wanted = offload_of(what, gso, gso == Gso::None ? 0 : 100);
      auto offload = wanted;
      offload.header_size = 0;  // a hint
      EXPECT_EQ(make_derivable(packet, offload, kMru), Fault::None);
      EXPECT_EQ(packet, build_partial(what));
      EXPECT_EQ(offload, wanted);
    }
  }
}

// VXLAN, say, where the kernel leaves the inner packet's checksum to the device.
TEST(MakeDerivable, FinishesAChecksumThatIsNotThePacketsOwn) {
  const Description inner{.payload = Octets(100, 3)};
  Description outer{.kind = Gso::Udp, .payload = build_partial(inner)};
  const auto where = static_cast<std::uint16_t>(outer.header_size() + inner.network_size());
  auto packet = build(outer);
  Offload offload{.checksum = Checksum::Partial, .checksum_start = where, .checksum_offset = 16};
  EXPECT_EQ(make_derivable(packet, offload, kMru), Fault::None);
  EXPECT_EQ(offload, Offload{});
  const Bytes payload = Bytes{packet}.subspan(outer.header_size());
  EXPECT_EQ(Octets(payload.begin(), payload.end()), build(inner));
}

TEST(MakeDerivable, LeavesAChecksumOfASuperPacketToBeMade) {
  for (const auto kind : kKinds) {
    const auto what = super_packet(kind);
    auto packet = build(what);
    Offload offload{.gso = kind, .segment_size = 1000};
    EXPECT_EQ(make_derivable(packet, offload, kMru), Fault::None);
    EXPECT_EQ(packet, build_partial(what));
    EXPECT_EQ(offload, offload_of(what, kind, 1000));
  }
}

TEST(MakeDerivable, SaysWhatIsToBeCutInstead) {
  Description many{.payload = Octets(kMostTcpSegments + 1, 3)};
  auto packet = build_partial(many);
  auto offload = offload_of(many, Gso::Tcp4, 1);
  EXPECT_EQ(make_derivable(packet, offload, kMru), Fault::TooManySegments);

  const Description routed{.kind = Gso::Tcp6,
                           .network_options = Octets{6, 0, 2, 1, 0, 0, 0, 0},
                           .first_extension = 43,
                           .payload = Octets(3000, 5)};
  packet = build_partial(routed);
  packet[48 + 16] ^= 1;  // the sum of another destination
  offload = offload_of(routed, Gso::Tcp6, 1000);
  EXPECT_EQ(make_derivable(packet, offload, kMru), Fault::PseudoHeaderSum);
}

TEST(MakeDerivable, RefusesWhatIsNoPacket) {
  auto what = super_packet(Gso::Tcp4);
  auto packet = build_partial(what);
  packet.pop_back();
  auto offload = offload_of(what, Gso::Tcp4, 1000);
  EXPECT_EQ(make_derivable(packet, offload, kMru), Fault::Malformed);
  offload = {.checksum = Checksum::Partial, .checksum_start = 0xffff};
  EXPECT_EQ(make_derivable(packet, offload, 9000), Fault::ChecksumPlace);
}

}  // namespace
}  // namespace tunnel::segments::test
