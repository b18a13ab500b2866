#include "pppd-bridge/segments/ecn.hpp"
#include "pppd-bridge/segments/mss_clamp.hpp"
#include "tests/segments/packets.hpp"

#include <gtest/gtest.h>

namespace tunnel::segments::test {
namespace {

/// A SYN with these options, whole.
Description syn(Gso kind, Octets options, int flags = tcp::kSyn) {
  options.resize((options.size() + 3) / 4 * 4);
  return {
      .kind = kind, .flags = static_cast<std::uint8_t>(flags), .tcp_options = std::move(options)};
}

Octets mss(int value) {
  return {2, 4, static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

/// Clamps a copy; nullopt: it says that it has not changed, and has not.
std::optional<Octets> clamped(const Octets& packet, std::uint16_t mtu,
                              Checksum checksum = Checksum::Complete) {
  auto copy = packet;
  if (clamp_mss(copy, checksum, mtu)) return copy;
  EXPECT_EQ(copy, packet);
  return std::nullopt;
}

TEST(MssClamp, LowersTheOptionToWhatFits) {
  for (const int flags : {tcp::kSyn | 0, tcp::kSyn | tcp::kAck}) {
    EXPECT_EQ(clamped(build(syn(Gso::Tcp4, mss(1460), flags)), 1400),
              build(syn(Gso::Tcp4, mss(1360), flags)));
    EXPECT_EQ(clamped(build(syn(Gso::Tcp6, mss(1440), flags)), 1400),
              build(syn(Gso::Tcp6, mss(1340), flags)));
  }
}

TEST(MssClamp, NeverRaisesIt) {
  for (const int value : {0, 536, 1359, 1360}) {
    EXPECT_FALSE(clamped(build(syn(Gso::Tcp4, mss(value))), 1400)) << value;
  }
  EXPECT_TRUE(clamped(build(syn(Gso::Tcp4, mss(1361))), 1400));
}

TEST(MssClamp, FindsItBehindOtherOptionsAtAnyPlace) {
  const auto with = [](int before, int value) {
    Octets options(static_cast<std::size_t>(before), 1);
    for (const auto octet : {8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 4, 2}) {
      options.push_back(static_cast<std::uint8_t>(octet));
    }
    append(options, mss(value));
    return build(syn(Gso::Tcp6, options));
  };
  for (int before = 0; before < 8; ++before) {
    EXPECT_EQ(clamped(with(before, 8940), 1500), with(before, 1440)) << before;
  }
}

TEST(MssClamp, LeavesAPartialChecksumAlone) {
  const auto packet = build_partial(syn(Gso::Tcp4, mss(1460)));
  EXPECT_EQ(clamped(packet, 1400, Checksum::Partial), build_partial(syn(Gso::Tcp4, mss(1360))));
}

TEST(MssClamp, KeepsAWrongChecksumWrong) {
  auto packet = build(syn(Gso::Tcp4, mss(1460)));
  auto expected = build(syn(Gso::Tcp4, mss(1360)));
  const auto xored = [](Octets& octets) { octets[37] ^= 1; };
  xored(packet);
  const auto result = clamped(packet, 1400);
  ASSERT_TRUE(result);
  EXPECT_NE(*result, expected);
}

TEST(MssClamp, LeavesOtherPacketsAlone) {
  EXPECT_FALSE(clamped(build(syn(Gso::Tcp4, mss(1460), tcp::kAck)), 1400));
  EXPECT_FALSE(clamped(build(syn(Gso::Tcp4, {})), 1400));
  EXPECT_FALSE(clamped(build({.kind = Gso::Udp, .payload = mss(1460)}), 1400));
  auto later = syn(Gso::Tcp4, mss(1460));
  later.fragment = 1;
  EXPECT_FALSE(clamped(build(later), 1400));
  EXPECT_FALSE(clamped(build(syn(Gso::Tcp4, mss(1460))), 40));
  EXPECT_FALSE(clamped({}, 1400));
}

TEST(MssClamp, LeavesMalformedOptionsAlone) {
  EXPECT_FALSE(clamped(build(syn(Gso::Tcp4, {2, 3, 5, 180})), 1400));        // of a wrong length
  EXPECT_FALSE(clamped(build(syn(Gso::Tcp4, {8, 0, 2, 4, 5, 180})), 1400));  // of none
  EXPECT_FALSE(clamped(build(syn(Gso::Tcp4, {8, 1, 2, 4, 5, 180})), 1400));
  EXPECT_FALSE(clamped(build(syn(Gso::Tcp4, {8, 90, 2, 4, 5, 180})), 1400));  // beyond the header
  EXPECT_FALSE(clamped(build(syn(Gso::Tcp4, {0, 2, 4, 5, 180})), 1400));      // behind the end
  EXPECT_FALSE(clamped(build(syn(Gso::Tcp4, {1, 1, 1, 2})), 1400));           // cut
  EXPECT_FALSE(clamped(build(syn(Gso::Tcp4, {1, 1, 2, 4})), 1400));
}

TEST(MssClamp, OfAnyPacketAtAnyLengthStaysInside) {
  const auto packet = build(syn(Gso::Tcp6, mss(1440)));
  for (std::size_t size = 0; size < packet.size(); ++size) {
    EXPECT_FALSE(
        clamped(Octets(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size)), 1280));
  }
}

TEST(CongestionMark, IsSetOnFlowsThatUnderstandIt) {
  for (const auto kind : {Gso::Tcp4, Gso::Tcp6}) {
    for (int tos = 0; tos < 256; ++tos) {
      Description what{.kind = kind, .tos = static_cast<std::uint8_t>(tos)};
      auto packet = build(what);
      const bool capable = tos % 4 != 0;
      EXPECT_EQ(mark_congestion(packet), capable);
      if (capable) what.tos |= 3;
      EXPECT_EQ(packet, build(what)) << tos;
    }
  }
}

TEST(CongestionMark, IsNotSetOnWhatIsNoPacket) {
  for (const auto kind : {Gso::Tcp4, Gso::Tcp6}) {
    const auto packet = build({.kind = kind, .tos = 2});
    for (std::size_t size = 0; size < (kind == Gso::Tcp4 ? 20U : 40U); ++size) {
      auto part = Octets(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(mark_congestion(part));
    }
  }
  Octets other(60, 0x5f);
  EXPECT_FALSE(mark_congestion(other));
}

}  // namespace
}  // namespace tunnel::segments::test
