// PPP begins again on a link that is full.

#include "pppd-bridge/hdlc/encoder.hpp"
#include "tests/session/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

namespace tunnel::session::test {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

const auto kHome = address("10.224.1.1");

/// A Configure-Request without options, which makes an open link begin anew (RFC 1661 §4.1, column
/// Opened, row RCR+).
std::string configure_request() {
  constexpr std::array<std::uint8_t, 4> kHeader{0xff, 0x03, 0xc0, 0x21};
  constexpr std::array<std::uint8_t, 4> kPacket{1, 0x77, 0, 4};
  std::array<std::uint8_t, hdlc::encoded_bound(kHeader.size() + kPacket.size())> octets{};
  const auto size = hdlc::encode_frame(kHeader, kPacket, {}, hdlc::OpeningFlag::Written, octets);
  return {octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size)};
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

}  // namespace
}  // namespace tunnel::session::test
