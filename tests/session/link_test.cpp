// Two sessions on one stream: how a link begins, and how it ends.

#include "tests/session/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::session::test {
namespace {

using namespace std::chrono_literals;
using ppp::DownReason;
using ppp::Phase;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Link : public testing::TestWithParam<Medium> {};

std::string medium_name(const testing::TestParamInfo<Medium>& medium) {
  return medium.param == Medium::Socket ? "OverASocket" : "OverPipes";
}

INSTANTIATE_TEST_SUITE_P(Session, Link, testing::Values(Medium::Socket, Medium::Pipes),
                         medium_name);

bool both_over(const Wire& wire) {
  return wire.a.over() && wire.b.over();
}

TEST_P(Link, NegotiatesUntilBothEndsHaveANetwork) {
  Wire wire{GetParam()};
  wire.a.parts.ppp.lcp.mru = Mru{1400};
  ASSERT_TRUE(wire.bring_up());
  EXPECT_EQ(wire.a.agreed->ipv4->local, address("10.224.1.1"));
  EXPECT_EQ(wire.a.agreed->ipv4->remote, address("10.224.1.2"));
  EXPECT_EQ(wire.a.agreed->receive_mru, Mru{1400});
  EXPECT_EQ(wire.a.agreed->transmit_mru, Mru{1500});
  EXPECT_EQ(wire.b.agreed->ipv4->local, address("10.224.1.2"));
  EXPECT_EQ(wire.b.agreed->transmit_mru, Mru{1400});
  EXPECT_THAT(wire.a.phases, ElementsAre(Phase::Establish, Phase::Network));
  EXPECT_THAT(wire.b.phases, ElementsAre(Phase::Establish, Phase::Network));
}

TEST_P(Link, ClosedByOneEndIsToldAtBoth) {
  Wire wire{GetParam()};
  ASSERT_TRUE(wire.bring_up());
  wire.a.session->close("closed by the administrator");
  ASSERT_TRUE(wire.run_until([&] { return wire.a.over(); }, 2s));
  wire.kill(wire.a);  // it has nothing more to do; the peer need not wait for its answers
  ASSERT_TRUE(wire.run_until([&] { return wire.b.over(); }, 2s));
  ASSERT_THAT(wire.a.reasons, SizeIs(1));
  EXPECT_EQ(wire.a.reasons[0].kind, DownReason::Kind::Closed);
  EXPECT_EQ(wire.a.reasons[0].text, "closed by the administrator");
  EXPECT_EQ(wire.a.network_downs, 1);
  ASSERT_THAT(wire.b.reasons, SizeIs(1));
  EXPECT_EQ(wire.b.reasons[0].kind, DownReason::Kind::PeerClosed);
  EXPECT_THAT(wire.b.reasons[0].text, HasSubstr("closed by the administrator"));
  EXPECT_EQ(wire.b.network_downs, 1);
}

TEST_P(Link, EndsWithoutAWordWhenThePeerIsKilled) {
  Wire wire{GetParam()};
  ASSERT_TRUE(wire.bring_up());
  wire.kill(wire.b);
  ASSERT_TRUE(wire.run_until([&] { return wire.a.over(); }, 5s));
  ASSERT_THAT(wire.a.reasons, SizeIs(1));
  EXPECT_EQ(wire.a.reasons[0].kind, DownReason::Kind::TransportLost);
  EXPECT_EQ(wire.a.reasons[0].permanence, DownReason::Permanence::Transient);
  EXPECT_THAT(wire.a.reasons[0].text,
              testing::AnyOf(HasSubstr("standard input was closed"), HasSubstr("nobody reads")));
  EXPECT_EQ(wire.a.network_downs, 1);
}

TEST_P(Link, EndsWhileItIsNegotiatedWhenThePeerIsKilled) {
  Wire wire{GetParam()};
  wire.start();
  wire.kill(wire.b);
  ASSERT_TRUE(wire.run_until([&] { return wire.a.over(); }, 5s));
  ASSERT_THAT(wire.a.reasons, SizeIs(1));
  EXPECT_EQ(wire.a.reasons[0].kind, DownReason::Kind::TransportLost);
  EXPECT_EQ(wire.a.network_downs, 0);
}

TEST(Session, EndsAtBothEndsWhenTheStreamIsCut) {
  Wire wire;
  ASSERT_TRUE(wire.bring_up());
  wire.cut();
  ASSERT_TRUE(wire.run_until([&] { return both_over(wire); }, 5s));
  for (const auto* end : {&wire.a, &wire.b}) {
    ASSERT_THAT(end->reasons, SizeIs(1));
    EXPECT_EQ(end->reasons[0].kind, DownReason::Kind::TransportLost);
    EXPECT_EQ(end->reasons[0].text, "standard input was closed");
  }
}

TEST(Session, SurvivesABannerBeforePpp) {
  Wire wire;
  wire.inject_towards_a("Welcome to Debian!\r\n~~~ no mail ~~~\r\n\xff\x03 and }stuff}~");
  wire.inject_towards_b(std::string(5000, '-') + "\n");
  ASSERT_TRUE(wire.bring_up());
  EXPECT_GT(wire.a.session->bad_frames(), 0U);
  ASSERT_TRUE(wire.b.put(packet_from(address("10.224.1.2"), 100)));
  EXPECT_TRUE(wire.run_until([&] { return !wire.a.take().empty(); }));
}

TEST(Session, SurvivesGarbageInTheMiddle) {
  Wire wire;
  ASSERT_TRUE(wire.bring_up());
  const auto packet = packet_from(address("10.224.1.2"), 100);
  for (const auto* garbage : {"~}~", "~garbage, and no frame~", "a broken frame~",
                              "~\xff\x03\xc0\x21\x01\x01\x04\x00~", "}"}) {
    wire.inject_towards_a(garbage);
    wire.inject_towards_a("~");
    ASSERT_TRUE(wire.b.put(packet));
    std::vector<Packet> got;
    ASSERT_TRUE(wire.run_until([&] {
      got = wire.a.take();
      return !got.empty();
    })) << garbage;
    EXPECT_THAT(got, ElementsAre(packet));
  }
  EXPECT_GE(wire.a.session->bad_frames(), 4U);
  EXPECT_THAT(wire.a.reasons, IsEmpty());
}

TEST(Session, EndsWhenThePeerNoLongerAnswers) {
  Wire wire;
  wire.a.parts.ppp.echo_interval = 20ms;
  wire.b.parts.ppp.echo_interval = 0ms;
  ASSERT_TRUE(wire.bring_up());
  // b is stopped: from here on only a gets turns.
  while (!wire.a.over() && !HasFatalFailure()) wire.a.turn(wire.a.now() + 1s);
  ASSERT_THAT(wire.a.reasons, SizeIs(1));
  EXPECT_EQ(wire.a.reasons[0].kind, DownReason::Kind::NoEcho);
  EXPECT_THAT(wire.a.reasons[0].text, HasSubstr("3 Echo-Requests"));
}

// The peer is stopped while the stream and our own buffer are full: what waits there will never be
// written, and must not keep the session.
TEST(Session, EndsWhenThePeerNoLongerReads) {
  Wire wire;
  wire.a.parts.ppp.echo_interval = 20ms;
  wire.b.parts.ppp.echo_interval = 0ms;
  ASSERT_TRUE(wire.bring_up());
  const auto packet = packet_from(address("10.224.1.1"), 1500);
  const auto begin = wire.a.now();
  while (!wire.a.over() && wire.a.now() < begin + 10s && !HasFatalFailure()) {
    while (wire.a.put(packet)) continue;
    wire.a.turn(wire.a.now() + 1s);
  }
  ASSERT_THAT(wire.a.reasons, SizeIs(1));
  EXPECT_EQ(wire.a.reasons[0].kind, DownReason::Kind::NoEcho);
  EXPECT_TRUE(wire.a.over());
}

TEST(Session, MeasuresTheRoundTrip) {
  Wire wire;
  wire.a.parts.ppp.echo_interval = 20ms;
  ASSERT_TRUE(wire.bring_up());
  EXPECT_EQ(wire.a.session->round_trip(), std::nullopt);
  ASSERT_TRUE(wire.run_until([&] { return wire.a.session->round_trip().has_value(); }, 5s));
  EXPECT_GT(*wire.a.session->round_trip(), 0s);
  EXPECT_LT(*wire.a.session->round_trip(), 5s);
}

TEST(Session, EndsWhenItsTunDeviceIsGone) {
  Wire wire;
  ASSERT_TRUE(wire.bring_up());
  wire.a.kernel.reset();
  ASSERT_TRUE(wire.run_until([&] { return wire.a.over(); }, 5s));
  ASSERT_THAT(wire.a.reasons, SizeIs(1));
  EXPECT_EQ(wire.a.reasons[0].text, "the tun device is gone");
}

}  // namespace
}  // namespace tunnel::session::test
