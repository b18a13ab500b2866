// PPP begins again on a link that is full.

#include "pppd-bridge/hdlc/encoder.hpp"
#include "tests/session/kernel.hpp"
#include "tests/session/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

namespace tunnel::session::test {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

const auto kHome = address("10.224.1.1");

using Octets4 = std::array<std::uint8_t, 4>;

/// A control packet without data, in the frame of its protocol.
std::string framed(std::uint16_t protocol, const Octets4& packet) {
  const Octets4 header{0xff, 0x03, static_cast<std::uint8_t>(protocol >> 8),
                       static_cast<std::uint8_t>(protocol)};
  std::array<std::uint8_t, hdlc::encoded_bound(2 * sizeof(Octets4))> octets{};
  const auto size = hdlc::encode_frame(header, packet, {}, hdlc::OpeningFlag::Written, octets);
  return {octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size)};
}

/// A Configure-Request without options, which makes an open link begin anew (RFC 1661 §4.1, column
/// Opened, row RCR+).
std::string configure_request() {
  return framed(0xc021, {1, 0x77, 0, 4});
}

/// A Terminate-Request of CCP: there is no compression any more until it is agreed on again.
std::string end_of_compression() {
  return framed(0x80fd, {5, 0x78, 0, 4});
}

// What the far end read while LCP was not open is acknowledged when it is: the near end would wait
// for that with all that it may have under way.
TEST(Renegotiation, OfAFullLinkLeavesItOpen) {
  Wire wire;
  ASSERT_TRUE(wire.bring_up());
  const auto packet = packet_from(kHome, 1500);
  while (wire.a.session->outbound().empty()) {
    ASSERT_TRUE(wire.a.put(packet));
    wire.a.turn(wire.a.now());
  }
  wire.inject_towards_a(configure_request());
  wire.a.turn(wire.a.now() + 1s);
  ASSERT_EQ(wire.a.network_downs, 1);
  wire.b.agreed.reset();
  wire.a.agreed.reset();
  ASSERT_TRUE(wire.run_until([&] { return wire.a.agreed && wire.b.agreed; }));
  wire.b.take();

  const auto next = packet_from(kHome, 100);
  ASSERT_TRUE(wire.a.put(next));
  EXPECT_TRUE(wire.run_until(
      [&] {
        const auto arrived = wire.b.take();
        return !arrived.empty() && arrived.back() == next;
      },
      1s));
  EXPECT_THAT(wire.a.reasons, IsEmpty());
}

// While compression ends and begins, super-packets that were queued for one carriage leave by the
// other: what arrives is what was sent, and in order.
TEST(Renegotiation, OfCompressionUnderLoadDamagesNoPacket) {
  constexpr tun::Features kFeatures{.header = true, .tcp = true};
  constexpr std::uint16_t kSegment = 1400;
  Wire wire;
  for (auto* end : {&wire.a, &wire.b}) {
    end->parts.features = kFeatures;
    end->parts.ppp.deflate = Policy::Request;
    end->parts.ppp.limits.restart = 100ms;
  }
  ASSERT_TRUE(wire.bring_up());
  const auto deflates = [&](Compression wanted) {
    return wire.a.agreed && wire.a.agreed->transmit_compression == wanted;
  };
  ASSERT_TRUE(wire.run_until([&] { return deflates(Compression::Deflate); }));

  std::mt19937 random{1};
  Kernel from{wire.a, kFeatures, 1};
  const Kernel to{wire.b, kFeatures, 2};
  Description flow;
  flow.flags = segments::tcp::kAck;
  std::vector<Packet> sent;
  std::vector<Packet> arrived;
  const auto send = [&] {
    Sent next{flow, kSegment};
    next.what.payload = segments::test::random_octets(random, 20'000);
    flow.sequence += 20'000;
    from.put(next);
    for (auto& packet : segments_of(next)) sent.push_back(std::move(packet));
  };
  const auto take = [&] {
    for (auto& packet : to.take()) arrived.push_back(std::move(packet));
  };
  // The far end takes nothing, until packets wait.
  const auto fill = [&] {
    do {
      send();
      wire.a.turn(wire.a.now());
    } while (wire.a.session->outbound().empty() && !HasFatalFailure());
  };
  for (int i = 0; i < 3; ++i) {
    fill();  // for compression
    wire.inject_towards_a(end_of_compression());
    wire.a.turn(wire.a.now());
    send();  // to go whole
    wire.a.turn(wire.a.now());
    wire.a.agreed.reset();
    ASSERT_TRUE(wire.run_until([&] {
      take();
      return deflates(Compression::Deflate);
    }));
  }
  send();
  ASSERT_TRUE(wire.run_until([&] {
    take();
    return !arrived.empty() && arrived.back() == sent.back();
  }));
  // A packet that was compressed for an end that no longer takes that is lost, as on any line.
  auto place = sent.begin();
  for (const auto& packet : arrived) {
    place = std::find(place, sent.end(), packet);
    ASSERT_NE(place, sent.end()) << "a packet arrived that was not sent, or not then";
    ++place;
  }
  const auto& there = wire.b.session->counters();
  EXPECT_EQ(there.dropped_metadata + there.dropped_malformed + there.dropped_too_big, 0U);
  EXPECT_EQ(wire.b.session->bad_frames(), 0U);
  const auto& here = wire.a.session->counters();
  EXPECT_GT(here.super_packets_out, 0U);
  EXPECT_GT(here.splits, 0U);
  EXPECT_THAT(wire.a.reasons, IsEmpty());
  EXPECT_THAT(wire.b.reasons, IsEmpty());
}

}  // namespace
}  // namespace tunnel::session::test
