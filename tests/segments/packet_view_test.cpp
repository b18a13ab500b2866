#include "pppd-bridge/segments/packet_view.hpp"

#include "tests/segments/packets.hpp"

#include <gtest/gtest.h>

namespace tunnel::segments::test {
namespace {

Description with_extensions(std::uint8_t first, Octets headers) {
  return {.kind = Gso::Tcp6,
          .network_options = std::move(headers),
          .first_extension = first,
          .payload = Octets(10, 1)};
}

/// An extension header of eight octets.
Octets extension(std::uint8_t next, std::uint16_t at_two = 0) {
  return {next, 0, static_cast<std::uint8_t>(at_two >> 8), static_cast<std::uint8_t>(at_two), 0, 0,
          0,    0};
}

Octets joined(std::initializer_list<Octets> parts) {
  Octets all;
  for (const auto& part : parts) append(all, part);
  return all;
}

TEST(PacketView, OfTcpOverIpv4SaysWhatTheHeadersSay) {
  const auto packet =
      build({.tos = 0x2a, .flags = tcp::kAck | tcp::kPsh, .urgent = 3, .payload = Octets(100, 1)});
  const auto view = parse_packet(packet);
  ASSERT_TRUE(view);
  EXPECT_EQ(*view, (PacketView{.family = Family::Ipv4,
                               .protocol = kTcp,
                               .traffic_class = 0x2a,
                               .transport_offset = 20,
                               .total_length = 152}));
  EXPECT_EQ(view->ecn(), Ecn::Ect0);
  EXPECT_TRUE(view->is_plain());
  const auto header = parse_tcp(packet, *view);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->ports, 40000U << 16 | 443U);
  EXPECT_EQ(header->sequence, 0xffff'f000U);
  EXPECT_EQ(header->acknowledgment, 77U);
  EXPECT_EQ(header->flags, tcp::kAck | tcp::kPsh);
  EXPECT_EQ(header->window, 501);
  EXPECT_EQ(header->urgent, 3);
  EXPECT_EQ(header->payload_offset, 52U);
  EXPECT_FALSE(parse_udp(packet, *view));
}

TEST(PacketView, OfUdpOverIpv6SaysWhatTheHeadersSay) {
  const auto packet =
      build({.kind = Gso::Udp, .udp_family = Family::Ipv6, .tos = 0xb9, .payload = Octets(100, 1)});
  const auto view = parse_packet(packet);
  ASSERT_TRUE(view);
  EXPECT_EQ(*view, (PacketView{.family = Family::Ipv6,
                               .protocol = kUdp,
                               .traffic_class = 0xb9,
                               .transport_offset = 40,
                               .total_length = 148}));
  const auto header = parse_udp(packet, *view);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->ports, 40000U << 16 | 443U);
  EXPECT_EQ(header->length, 108);
  EXPECT_EQ(header->payload_offset, 48U);
  EXPECT_FALSE(parse_tcp(packet, *view));
}

TEST(PacketView, OfAPacketThatIsCutIsNoneAtAnyLength) {
  for (const auto kind : {Gso::Tcp4, Gso::Tcp6}) {
    const auto packet = build({.kind = kind, .payload = Octets(10, 1)});
    for (std::size_t size = 0; size < packet.size(); ++size) {
      EXPECT_FALSE(parse_packet(Bytes{packet}.first(size))) << size;
    }
  }
}

TEST(PacketView, LeavesPaddingOut) {
  auto packet = build({.payload = Octets(10, 1)});
  const auto size = packet.size();
  packet.resize(size + 6);
  ASSERT_TRUE(parse_packet(packet));
  EXPECT_EQ(parse_packet(packet)->total_length, size);
}

TEST(PacketView, WithOptionsIsNotPlain) {
  const auto packet = build({.network_options = Octets{1, 1, 1, 0}, .payload = Octets(4, 0)});
  const auto view = parse_packet(packet);
  ASSERT_TRUE(view);
  EXPECT_FALSE(view->is_plain());
  EXPECT_EQ(view->transport_offset, 24U);
  EXPECT_TRUE(parse_tcp(packet, *view));
}

TEST(PacketView, KnowsFragments) {
  const auto fragment_of = [](int place) {
    const auto packet = build({.fragment = static_cast<std::uint16_t>(place)});
    return parse_packet(packet)->fragment;
  };
  EXPECT_EQ(fragment_of(0x4000), Fragment::Whole);
  EXPECT_EQ(fragment_of(0x8000), Fragment::Whole);  // the reserved bit
  EXPECT_EQ(fragment_of(0x2000), Fragment::First);
  EXPECT_EQ(fragment_of(0x2001), Fragment::Later);
  EXPECT_EQ(fragment_of(0x1fff), Fragment::Later);
  const auto later = build({.fragment = 1});
  EXPECT_FALSE(parse_tcp(later, *parse_packet(later)));
}

TEST(PacketView, WalksExtensionHeaders) {
  Octets long_one = extension(43);
  long_one[1] = 2;
  long_one.resize(24);
  const auto packet = build(with_extensions(0, joined({long_one, extension(60), extension(6)})));
  const auto view = parse_packet(packet);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->protocol, kTcp);
  EXPECT_EQ(view->transport_offset, 80U);
  EXPECT_FALSE(view->routed);
  EXPECT_TRUE(parse_tcp(packet, *view));
}

TEST(PacketView, KnowsARoutingHeaderThatIsNotAtItsEnd) {
  const auto routed = [](std::uint16_t segments_left) {
    const auto packet = build(with_extensions(43, extension(6, segments_left)));
    return parse_packet(packet)->routed;
  };
  EXPECT_FALSE(routed(0x0200));
  EXPECT_TRUE(routed(0x0201));
}

TEST(PacketView, KnowsFragmentHeaders) {
  const auto fragment_of = [](std::uint16_t place) {
    const auto packet = build(with_extensions(44, extension(6, place)));
    return parse_packet(packet)->fragment;
  };
  EXPECT_EQ(fragment_of(0), Fragment::Whole);  // an atomic fragment (RFC 6946)
  EXPECT_EQ(fragment_of(1), Fragment::First);
  EXPECT_EQ(fragment_of(8), Fragment::Later);
  EXPECT_EQ(fragment_of(9), Fragment::Later);
}

TEST(PacketView, EndsWithExtensionHeadersThatHaveNoEnd) {
  Octets chain;
  for (int i = 0; i < 8; ++i) append(chain, extension(60));
  auto eight = chain;
  eight[56] = 6;
  EXPECT_TRUE(parse_packet(build(with_extensions(60, eight))));
  append(chain, extension(6));
  EXPECT_FALSE(parse_packet(build(with_extensions(60, chain))));
}

TEST(PacketView, RefusesExtensionHeadersThatReachBeyondThePacket) {
  auto header = extension(6);
  for (int size = 0; size < 256; ++size) {
    header[1] = static_cast<std::uint8_t>(size);
    auto what = with_extensions(60, header);
    what.payload.resize(900);
    const auto packet = build(what);
    const auto view = parse_packet(packet);
    EXPECT_EQ(view.has_value(), 40U + 8U * (static_cast<unsigned>(size) + 1) <= packet.size());
    EXPECT_TRUE(!view || view->transport_offset <= packet.size());
  }
}

TEST(PacketView, RefusesLengthsThatLie) {
  auto packet = build({.payload = Octets(10, 1)});
  packet[0] = 0x44;
  EXPECT_FALSE(parse_packet(packet));
  packet[0] = 0x4f;  // 60 octets, of which the packet has 62
  EXPECT_TRUE(parse_packet(packet));
  EXPECT_FALSE(parse_tcp(packet, *parse_packet(packet)));
  packet[0] = 0x45;
  packet[3] = 19;
  EXPECT_FALSE(parse_packet(packet));
  packet[3] = 63;
  EXPECT_FALSE(parse_packet(packet));
  packet[0] = 0x55;
  EXPECT_FALSE(parse_packet(packet));
}

TEST(PacketView, RefusesATcpHeaderThatLies) {
  auto packet = build({.payload = Octets(8, 1)});
  for (unsigned words = 0; words < 16; ++words) {
    packet[32] = static_cast<std::uint8_t>(words << 4);
    const bool fits = words >= 5 && words * 4 <= 40;
    EXPECT_EQ(parse_tcp(packet, *parse_packet(packet)).has_value(), fits) << words;
  }
}

TEST(PacketView, RefusesJumbograms) {
  auto packet = build(with_extensions(0, extension(6)));
  EXPECT_TRUE(parse_packet(packet));
  packet[4] = packet[5] = 0;
  EXPECT_FALSE(parse_packet(packet));
}

}  // namespace
}  // namespace tunnel::segments::test
