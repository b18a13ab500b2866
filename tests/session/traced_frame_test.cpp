// What of a link gets into a trace.

#include "pppd-bridge/session/traced_frame.hpp"

#include "tests/session/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace tunnel::session::test {
namespace {

using ipc::TraceScope;
using ppp::Protocol;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(TracedFrame, HasTheWholeHeaderWhateverWasSent) {
  const std::vector<std::uint8_t> packet{0x45, 0, 0, 20};
  const auto frame = traced_frame(ipc::Direction::Sent, Protocol::Ipv4, packet, 1000);
  EXPECT_THAT(frame.octets, ElementsAre(0xff, 0x03, 0x00, 0x21, 0x45, 0, 0, 20));
  EXPECT_EQ(frame.length, 8U);
  EXPECT_EQ(frame.direction, ipc::Direction::Sent);
}

TEST(TracedFrame, IsCutAndSaysHowLongItWas) {
  const std::vector<std::uint8_t> packet(1500, 7);
  const auto frame = traced_frame(ipc::Direction::Received, Protocol::Ipv6, packet, 64);
  EXPECT_EQ(frame.octets.size(), 64U);
  EXPECT_EQ(frame.length, 1504U);
}

TEST(TracedFrame, LeavesPasswordsOut) {
  const std::string words{"\x01\x07\x00\x0c\x01x\x06sesame", 14};
  const std::vector<std::uint8_t> request(words.begin(), words.end());
  const auto frame = traced_frame(ipc::Direction::Sent, Protocol::Pap, request, 1000);
  const std::string shown(frame.octets.begin(), frame.octets.end());
  EXPECT_EQ(frame.octets.size(), request.size() + 4);
  EXPECT_THAT(shown, Not(HasSubstr("sesame")));
}

// RFC 1661 §5.7: a Protocol-Reject quotes what it rejects.
TEST(TracedFrame, LeavesPasswordsOutOfAProtocolRejectToo) {
  const std::string words{"\x08\x01\x00\x12\xc0\x23\x01\x07\x00\x0c\x01x\x06sesame", 20};
  const std::vector<std::uint8_t> reject(words.begin(), words.end());
  for (std::size_t size = 0; size <= reject.size(); ++size) {
    const auto frame =
        traced_frame(ipc::Direction::Sent, Protocol::Lcp, Bytes{reject}.first(size), 1000);
    const std::string shown(frame.octets.begin(), frame.octets.end());
    EXPECT_EQ(frame.octets.size(), size + 4);
    EXPECT_THAT(shown, Not(HasSubstr("ses")));
  }
}

TEST(TracedFrame, ScopesTakeWhatTheySay) {
  for (const auto protocol : {Protocol::Lcp, Protocol::Chap, Protocol::Ipcp, Protocol::Ccp}) {
    EXPECT_FALSE(is_traced(TraceScope::None, protocol));
    EXPECT_TRUE(is_traced(TraceScope::Control, protocol));
    EXPECT_TRUE(is_traced(TraceScope::All, protocol));
  }
  for (const auto protocol : {Protocol::Ipv4, Protocol::Ipv6, Protocol::Compressed}) {
    EXPECT_FALSE(is_traced(TraceScope::Control, protocol));
    EXPECT_TRUE(is_traced(TraceScope::All, protocol));
  }
}

TEST(Trace, ShowsBothDirectionsFromTheFirstPacketOn) {
  Wire wire;
  ASSERT_TRUE(wire.bring_up());
  EXPECT_THAT(wire.a.traced_frames, IsEmpty());
  wire.a.session->trace(TraceScope::Control, 100);
  const auto traced = [&](ipc::Direction direction) {
    const auto& all = wire.a.traced_frames;
    return std::any_of(all.begin(), all.end(),
                       [&](const auto& frame) { return frame.direction == direction; });
  };
  // Echoes go both ways, each second.
  EXPECT_TRUE(wire.run_until(
      [&] { return traced(ipc::Direction::Sent) && traced(ipc::Direction::Received); }));
  wire.a.session->trace(TraceScope::None, 0);
}

}  // namespace
}  // namespace tunnel::session::test
