// A peer that has agreed to frames of our own, and lies in them: what cannot be is dropped and
// counted, the link goes on, and who keeps at it is sent away.

#include "tests/session/kernel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace tunnel::session::test {
namespace {

using namespace std::chrono_literals;
using ppp::DownReason;
using segments::Gso;
using segments::test::append;
using segments::test::build;
using segments::test::build_partial;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using vendor::Kind;
namespace tcp = segments::tcp;

/// Beyond what is forgiven at once (inbound.cpp).
constexpr int kForgiven = 500;
constexpr int kTooMany = kForgiven + 100;

struct Lie {
  std::string what{};
  Kind kind = Kind::SuperPacket;
  std::uint16_t segment_size = 0;
  Packet content{};
  std::uint64_t Counters::*counted = &Counters::dropped_metadata;
};

Packet frame_of(const Lie& lie) {
  const auto header = vendor::write_header(
      {lie.kind, lie.segment_size, static_cast<std::uint32_t>(lie.content.size())});
  Packet frame{header.begin(), header.end()};
  append(frame, lie.content);
  return frame;
}

Description tcp_with(std::size_t payload, std::uint8_t flags = tcp::kAck) {
  return {.flags = flags, .payload = Packet(payload, 5)};
}

Description udp_with(std::size_t payload) {
  return {.kind = Gso::Udp, .payload = Packet(payload, 5)};
}

/// The packet with another octet at a place.
Packet changed(Packet packet, std::size_t place, unsigned octet) {
  packet[place] = static_cast<std::uint8_t>(octet);
  return packet;
}

Packet padded(Packet packet) {
  packet.insert(packet.end(), 4, 0);
  return packet;
}

Lie super_packet(std::string what, std::uint16_t segment_size, Packet content) {
  return {std::move(what), Kind::SuperPacket, segment_size, std::move(content)};
}

/// What can be no super-packet.
std::vector<Lie> lies_in_super_packets() {
  const auto good = build_partial(tcp_with(3000));
  auto part = tcp_with(3000);
  part.fragment = segments::ipv4::kMoreFragments;
  auto later_part = part;
  later_part.fragment = 100;
  return {
      super_packet("segments of 1501 octets", 1449, good),
      super_packet("513 segments", 5, build_partial(tcp_with(513 * 5))),
      super_packet("65 datagrams", 10, build_partial(udp_with(650))),
      super_packet("nothing to cut", 1000, build_partial(tcp_with(0))),
      super_packet("SYN", 1000, build_partial(tcp_with(3000, tcp::kAck | tcp::kSyn))),
      super_packet("RST", 1000, build_partial(tcp_with(3000, tcp::kAck | tcp::kRst))),
      super_packet("URG", 1000, build_partial(tcp_with(3000, tcp::kAck | tcp::kUrg))),
      super_packet("CWR in the header alone", 1000,
                   build_partial(tcp_with(3000, tcp::kAck | tcp::kCwr))),
      {"CWR in the frame alone", Kind::CongestedSuperPacket, 1000, good},
      {"CWR of UDP", Kind::CongestedSuperPacket, 1000, build_partial(udp_with(3000))},
      super_packet("a complete checksum", 1000, build(tcp_with(3000))),
      super_packet("another sum of the pseudo-header", 1000, changed(good, 20 + 17, good[37] ^ 1U)),
      super_packet("another protocol", 1000, changed(good, 9, 1)),
      super_packet("a first fragment", 1000, build_partial(part)),
      super_packet("a later fragment", 1000, build_partial(later_part)),
      super_packet("padding", 1000, padded(good)),
      super_packet("a TCP header of four words", 1000, changed(good, 32, 0x40)),
      super_packet("a UDP length of 7", 1000, changed(build_partial(udp_with(3000)), 25, 7)),
      super_packet("IP version 9", 1000, changed(good, 0, 0x95)),
      {"an IP length beyond the frame", Kind::SuperPacket, 1000, changed(good, 2, 0x80),
       &Counters::dropped_malformed},
      {"an IP header of four words", Kind::SuperPacket, 1000, changed(good, 0, 0x44),
       &Counters::dropped_malformed},
      {"one octet", Kind::SuperPacket, 1000, {0x45}, &Counters::dropped_malformed},
  };
}

/// What can be no packet with a partial checksum, and none at all.
std::vector<Lie> lies_in_packets() {
  const auto good = build_partial(tcp_with(100));
  const auto long_header = changed(build_partial({.tcp_options = {}}), 32, 0xf0);
  return {
      {"partial, of 1501 octets", Kind::PartialChecksum, 0, build_partial(tcp_with(1449))},
      {"partial, of another protocol", Kind::PartialChecksum, 0, changed(good, 9, 1)},
      {"partial, with another sum", Kind::PartialChecksum, 0, changed(good, 37, good[37] ^ 1U)},
      {"partial, with a TCP header beyond its end", Kind::PartialChecksum, 0, long_header},
      {"partial, with padding", Kind::PartialChecksum, 0, padded(good)},
      {"partial, of IP length 0", Kind::PartialChecksum, 0, changed(good, 3, 0),
       &Counters::dropped_malformed},
      {"of 1501 octets", Kind::Packet, 0, build(tcp_with(1449))},
      {"of 65535 octets", Kind::Packet, 0, build(tcp_with(65535 - 52))},
      {"of IP version 0", Kind::Packet, 0, Packet(100, 0)},
      {"of an IP length beyond the frame", Kind::Packet, 0, changed(build(tcp_with(9)), 2, 1),
       &Counters::dropped_malformed},
  };
}

/// `a` is the peer that lies; `b` has a device that takes everything, and knows the site's
/// networks.
class LyingPeer : public testing::Test {
 protected:
  void SetUp() override {
    const std::vector networks{network("10.1.0.0/24"), network("fd00::/64")};
    wire.b.parts.sources.emplace(PeerAddresses{}, networks);
    wire.b.parts.features = kFeatures;
  }

  void inject(Bytes octets) {
    std::string text;
    for (const auto octet : octets) text += static_cast<char>(octet);
    wire.inject_towards_b(text);
  }

  /// A packet that the peer sends in good faith arrives, and nothing else has before it.
  void expect_next_arrives() {
    auto next = tcp_with(100);
    next.identification = ++last_identification_;
    ASSERT_TRUE(wire.a.put(build(next)));
    std::vector<Packet> arrived;
    ASSERT_TRUE(wire.run_until([&] {
      for (auto& packet : kernel.take()) arrived.push_back(std::move(packet));
      return !arrived.empty();
    }));
    EXPECT_THAT(arrived, ElementsAre(build(next)));
    EXPECT_THAT(wire.b.reasons, IsEmpty());
  }

  void expect_dropped(const std::vector<Lie>& lies) {
    ASSERT_TRUE(wire.bring_up());
    for (const auto& lie : lies) {
      SCOPED_TRACE(lie.what);
      const auto before = counters();
      inject(frame_of(lie));
      expect_next_arrives();
      if (HasFatalFailure()) return;
      EXPECT_EQ(counters().*lie.counted, before.*lie.counted + 1);
      EXPECT_EQ(drops(counters()), drops(before) + 1);
      EXPECT_EQ(counters().super_packets_in, 0U);
    }
  }

  /// Sends the frame so often, and says whether the peer is still there.
  bool survives(const Packet& frame, int times) {
    for (int i = 0; i < times && wire.b.reasons.empty(); ++i) {
      inject(frame);
      if (i % 20 == 0) wire.b.turn(wire.b.now());
    }
    return !wire.run_until([this] { return !wire.b.reasons.empty(); }, 20ms);
  }

  void expect_sent_away() {
    ASSERT_THAT(wire.b.reasons, SizeIs(1));
    EXPECT_EQ(wire.b.reasons[0].kind, DownReason::Kind::Flood);
    EXPECT_EQ(wire.b.reasons[0].permanence, DownReason::Permanence::Abusive);
    EXPECT_EQ(wire.b.reasons[0].text,
              "the peer keeps sending packets that contradict their own headers");
    ASSERT_TRUE(wire.run_until([this] { return wire.b.over(); }));
    wire.kill(wire.b);
    ASSERT_TRUE(wire.run_until([this] { return wire.a.over(); }));
    ASSERT_THAT(wire.a.reasons, SizeIs(1));
    EXPECT_THAT(wire.a.reasons[0].text, HasSubstr("contradict their own headers"));
  }

  const Counters& counters() const { return wire.b.session->counters(); }

  static std::uint64_t drops(const Counters& counted) {
    return counted.dropped_metadata + counted.dropped_malformed + counted.dropped_source +
           counted.dropped_down + counted.dropped_tun;
  }

  static constexpr tun::Features kFeatures{.header = true, .tcp = true, .udp = true};

  Wire wire;
  Kernel kernel{wire.b, kFeatures, 1};

 private:
  std::uint16_t last_identification_ = 0;
};

TEST_F(LyingPeer, HasImpossibleSuperPacketsDroppedAndCounted) {
  expect_dropped(lies_in_super_packets());
}

TEST_F(LyingPeer, HasImpossiblePacketsDroppedAndCounted) {
  expect_dropped(lies_in_packets());
}

TEST_F(LyingPeer, MakesNoSuperPacketOfAnotherSitesSource) {
  const std::vector networks{network("192.168.253.0/24")};
  wire.b.parts.sources.emplace(PeerAddresses{}, networks);
  ASSERT_TRUE(wire.bring_up());
  const Lie lie{"", Kind::SuperPacket, 1000, build_partial(tcp_with(3000))};
  EXPECT_TRUE(survives(frame_of(lie), 2 * kTooMany)) << "it may be a mistake in a profile";
  EXPECT_EQ(counters().dropped_source, 2U * kTooMany);
  EXPECT_THAT(kernel.take(), IsEmpty());
}

TEST_F(LyingPeer, HasPacketsOfAFamilyThatIsNotOpenDropped) {
  ASSERT_TRUE(wire.bring_up());
  const Description ipv6{.kind = Gso::Tcp6, .payload = Packet(3000, 5)};
  const Lie lie{"", Kind::SuperPacket, 1000, build_partial(ipv6)};
  EXPECT_TRUE(survives(frame_of(lie), kTooMany)) << "it may have been open a moment ago";
  expect_next_arrives();
  EXPECT_EQ(counters().dropped_down, static_cast<unsigned>(kTooMany));
}

TEST_F(LyingPeer, HasPacketsDroppedThatComeBeforeTheNetwork) {
  const auto frame = frame_of({"", Kind::SuperPacket, 1000, build_partial(tcp_with(3000))});
  wire.start();
  // Once before LCP, where it is nothing but noise, and once behind it.
  inject(frame);
  inject(Packet{hdlc::kFlag});
  ASSERT_TRUE(wire.run_until(
      [this] { return testing::Value(wire.b.phases, testing::Contains(ppp::Phase::Network)); }));
  ASSERT_FALSE(wire.b.agreed);
  inject(frame);
  ASSERT_TRUE(wire.run_until([this] { return wire.a.agreed && wire.b.agreed; }));
  expect_next_arrives();
  EXPECT_EQ(counters().dropped_down, 1U);
  EXPECT_EQ(counters().super_packets_in, 0U);
}

/// The eight octets of a header, whatever they say.
Packet header_of(unsigned kind, std::uint16_t segment_size, std::uint32_t length) {
  ByteWriter out;
  out.u8(vendor::kMarker);
  out.u8(static_cast<std::uint8_t>(kind));
  out.u16(segment_size);
  out.u32(length);
  return std::move(out).finish();
}

std::vector<Packet> contradictory_headers() {
  return {header_of(0, 0, 0),       header_of(0, 0, 65536),  header_of(0, 0, 0xffff'ffff),
          header_of(0, 1000, 1000), header_of(1, 1000, 100), header_of(2, 0, 1000),
          header_of(3, 0, 1000),    header_of(5, 0, 100),    header_of(0xff, 0, 100),
          header_of(4, 0, 7),       header_of(4, 0, 9),      header_of(4, 0, 0x8000'0008)};
}

// The next flag is where it is understood again.
TEST_F(LyingPeer, HasHeadersThatContradictThemselvesCounted) {
  ASSERT_TRUE(wire.bring_up());
  std::uint64_t count = 0;
  for (auto octets : contradictory_headers()) {
    append(octets, Packet(100, 0x45));
    append(octets, Packet{hdlc::kFlag});
    inject(octets);
    expect_next_arrives();
    if (HasFatalFailure()) return;
    EXPECT_EQ(counters().dropped_metadata, ++count);
    EXPECT_EQ(wire.b.session->bad_frames(), count);
  }
}

// Nobody can tell where the frame ends, so what comes is taken for its content, and then for noise
// until the next flag: an echo has one.
TEST_F(LyingPeer, WhoseLengthLiesLosesWhatItCovers) {
  wire.a.parts.ppp.echo_interval = 10ms;
  ASSERT_TRUE(wire.bring_up());
  inject(header_of(0, 0, 2'000));
  const auto packet = build(tcp_with(1000));
  int put = 0;
  // Not many at once, as the peer waits for what it has sent to be acknowledged.
  TimePoint next{};
  ASSERT_TRUE(wire.run_until([&] {
    if (wire.a.now() >= next && wire.a.put(packet)) {
      ++put;
      next = wire.a.now() + 3ms;
    }
    return counters().packets_in > 0;
  }));
  EXPECT_GE(put, 2);
  EXPECT_EQ(counters().dropped_metadata, 1U);
  for (const auto& arrived : kernel.take()) EXPECT_EQ(arrived, packet);
  EXPECT_THAT(wire.b.reasons, IsEmpty());
}

Packet acknowledgement_of(std::uint64_t octets) {
  const auto content = vendor::write_acknowledgement({octets, octets});
  auto frame = header_of(4, 0, content.size());
  append(frame, content);
  return frame;
}

TEST_F(LyingPeer, AcknowledgesNonsenseInVain) {
  ASSERT_TRUE(wire.bring_up());
  for (const std::uint64_t octets : {~std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{1} << 63}) {
    const auto before = counters().dropped_metadata;
    inject(acknowledgement_of(octets));
    expect_next_arrives();
    if (HasFatalFailure()) return;
    EXPECT_EQ(counters().dropped_metadata, before + (octets > 0 ? 1 : 0));
    // And the other way, which is what it has acknowledged.
    kernel.put({tcp_with(30'000), 1000});
    ASSERT_TRUE(wire.run_until([this] { return wire.a.take().size() > 0; }));
    while (!wire.a.take().empty()) continue;
  }
}

TEST_F(LyingPeer, IsForgivenALittle) {
  ASSERT_TRUE(wire.bring_up());
  EXPECT_TRUE(survives(frame_of(lies_in_super_packets().front()), kForgiven / 2));
  EXPECT_TRUE(survives(frame_of(lies_in_super_packets().back()), kForgiven / 2));
  expect_next_arrives();
}

TEST_F(LyingPeer, IsSentAwayWhenItsMetadataKeepLying) {
  ASSERT_TRUE(wire.bring_up());
  EXPECT_FALSE(survives(frame_of(lies_in_super_packets().front()), kTooMany));
  expect_sent_away();
}

TEST_F(LyingPeer, IsSentAwayWhenItsLengthsKeepLying) {
  ASSERT_TRUE(wire.bring_up());
  EXPECT_FALSE(survives(frame_of(lies_in_super_packets().back()), kTooMany));
  expect_sent_away();
}

TEST_F(LyingPeer, IsSentAwayWhenItsHeadersKeepLying) {
  ASSERT_TRUE(wire.bring_up());
  auto frame = contradictory_headers().front();
  frame.push_back(hdlc::kFlag);
  EXPECT_FALSE(survives(frame, kTooMany));
  expect_sent_away();
}

TEST_F(LyingPeer, IsSentAwayWhenItsAcknowledgementsKeepLying) {
  ASSERT_TRUE(wire.bring_up());
  EXPECT_FALSE(survives(acknowledgement_of(1ULL << 40), kTooMany));
  expect_sent_away();
}

// Somebody on the peer's gateway may put anything into its device; what is no more than malformed
// is not the bridge's doing.
TEST_F(LyingPeer, IsNotSentAwayForPacketsThatAreMerelyMalformed) {
  ASSERT_TRUE(wire.bring_up());
  EXPECT_TRUE(survives(frame_of(lies_in_packets().back()), 2 * kTooMany));
  expect_next_arrives();
  EXPECT_EQ(counters().dropped_malformed, 2U * kTooMany);
}

}  // namespace
}  // namespace tunnel::session::test
