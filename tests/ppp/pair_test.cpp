// Two real ends on a fake wire.

#include "tests/ppp/fake_wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::ppp::test {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::SizeIs;

constexpr auto kRoundTrip = 2 * FakeWire::kDelay;

TEST(Pair, IsUpWithinThreeRoundTrips) {
  FakeWire wire{home(), labs()};
  wire.up();
  wire.run(3 * kRoundTrip);
  EXPECT_TRUE(wire.both_open());
}

TEST(Pair, IsUpWithinThreeRoundTripsWhereTheAnswererStartsLater) {
  FakeWire wire{home(), labs()};
  wire.a.link.transport_up(wire.now);
  wire.now += 5s;  // the pipe holds the request meanwhile
  wire.b.link.transport_up(wire.now);
  wire.step(wire.now);
  wire.run(3 * kRoundTrip);
  EXPECT_TRUE(wire.both_open());
}

TEST(Pair, AgreesOnTheSameFacts) {
  auto first = home();
  first.lcp.mru = Mru{9000};
  auto second = labs();
  second.lcp.mru = Mru{1400};
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  ASSERT_TRUE(wire.both_open());
  EXPECT_EQ(wire.a.agreed->ipv4->local.str(), "10.224.1.1");
  EXPECT_EQ(wire.a.agreed->ipv4->remote.str(), "10.224.1.2");
  EXPECT_EQ(wire.b.agreed->ipv4->local.str(), "10.224.1.2");
  EXPECT_EQ(wire.a.agreed->receive_mru, Mru{9000});
  EXPECT_EQ(wire.a.agreed->transmit_mru, Mru{1400});
  EXPECT_EQ(wire.b.agreed->receive_mru, Mru{1400});
  EXPECT_EQ(wire.b.agreed->transmit_mru, Mru{9000});
  EXPECT_EQ(wire.a.receive_format, (ReceiveFormat{0, 9000}));
  EXPECT_EQ(wire.b.receive_format, (ReceiveFormat{0, 1500}));  // 1500 must always be taken
}

TEST(Pair, CompressesHeadersAndEscapesNothingBetweenOurOwnEnds) {
  FakeWire wire{home(), labs()};
  wire.up();
  EXPECT_EQ(wire.a.link.transmit_format(), TransmitFormat{});
  wire.run(1s);
  EXPECT_EQ(wire.a.link.transmit_format(), (TransmitFormat{0, Compress::Yes, Compress::Yes}));
}

TEST(Pair, SendsLcpInTheDefaultFormatAndIpcpInTheAgreedOne) {
  FakeWire wire{home(), labs()};
  wire.up();
  wire.run(5s);
  for (const auto& packet : wire.a.sent) {
    const auto expected =
        packet.protocol == Protocol::Lcp ? TransmitFormat{} : wire.a.link.transmit_format();
    EXPECT_EQ(packet.format, expected);
  }
}

TEST(Pair, GoesThroughThePhasesInOrder) {
  FakeWire wire{home(), labs()};
  wire.up();
  wire.run(1s);
  wire.a.link.close("maintenance", wire.now);
  wire.step(wire.now);
  wire.run(10s);
  EXPECT_THAT(wire.a.phases,
              ElementsAre(Phase::Establish, Phase::Network, Phase::Terminate, Phase::Dead));
  EXPECT_THAT(wire.b.phases,
              ElementsAre(Phase::Establish, Phase::Network, Phase::Terminate, Phase::Dead));
}

TEST(Pair, TellsThePeerWhyItCloses) {
  FakeWire wire{home(), labs()};
  wire.up();
  wire.run(1s);
  wire.a.link.close("maintenance", wire.now);
  wire.run(10s);
  EXPECT_EQ(wire.a.reason(), "maintenance");
  EXPECT_EQ(wire.b.reason(), "peer closed the link: maintenance");
  EXPECT_EQ(wire.a.network_downs, 1U);
  EXPECT_EQ(wire.b.network_downs, 1U);
}

TEST(Pair, ShowsTheIdentificationToThePeer) {
  auto first = home();
  first.lcp.ident = "HOME Network\n";
  FakeWire wire{first, labs()};
  wire.up();
  wire.run(1s);
  EXPECT_EQ(wire.b.link.peer_ident(), "HOME Network\\n");
  EXPECT_TRUE(wire.b.logged("LCP: RecvIdent: HOME Network\\n"));
  EXPECT_EQ(wire.a.sent_of(Protocol::Lcp, Code::Identification).size(), 1U);
  EXPECT_TRUE(wire.b.sent_of(Protocol::Lcp, Code::Identification).empty());
}

TEST(Pair, CutsTheIdentificationForAPeerOfASmallMru) {
  auto first = home();
  first.lcp.ident = std::string(255, 'x');
  auto second = labs();
  second.lcp.mru = Mru{128};
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  EXPECT_EQ(wire.b.link.peer_ident(), std::string(128 - 8, 'x'));
}

TEST(Pair, LogsInTheMannerOfFreeBsdsPpp) {
  FakeWire wire{home(), labs()};
  wire.up();
  wire.run(1s);
  for (const auto* line :
       {"LCP: SendConfigReq(1) state = Req-Sent", "LCP:  MRU[4] 1500", "LCP:  ACCMAP[6] 0x00000000",
        "LCP:  PROTOCOMP[2]", "LCP:  ACFCOMP[2]", "LCP: RecvConfigAck(1) state = Ack-Sent",
        "LCP: State change Ack-Sent --> Opened", "LCP: LayerUp", "IPCP:  IPADDR[6] 10.224.1.1",
        "IPCP: myaddr 10.224.1.1 hisaddr 10.224.1.2", "IPCP: LayerUp"}) {
    EXPECT_TRUE(wire.a.logged(line)) << line;
  }
}

TEST(Pair, StaysUpAndMeasuresTheRoundTrip) {
  FakeWire wire{home(), labs()};
  wire.up();
  wire.run(1h);
  EXPECT_TRUE(wire.both_open());
  EXPECT_EQ(wire.a.network_ups, 1U);
  EXPECT_EQ(wire.a.link.round_trip(), kRoundTrip);
  EXPECT_THAT(wire.a.lines, SizeIs(testing::Lt(100U)));  // an hour of echoes is not logged
}

TEST(Pair, StillReadsWhatWasUnderWayWhenItEnds) {
  FakeWire wire{home(), labs()};
  wire.up();
  wire.run(1s);
  ASSERT_EQ(wire.a.receive_format.accm, 0U);
  wire.a.link.close("enough", wire.now);
  EXPECT_EQ(wire.a.link.phase(), Phase::Terminate);
  EXPECT_EQ(wire.a.receive_format.accm, 0U);
  wire.run(1s);
  wire.up();
  EXPECT_EQ(wire.a.receive_format.accm, 0xffff'ffffU);
}

TEST(Pair, MayBeginAnewAfterItsEnd) {
  FakeWire wire{home(), labs()};
  for (unsigned round = 1; round <= 3; ++round) {
    wire.up();
    wire.run(1s);
    ASSERT_TRUE(wire.both_open()) << round;
    wire.a.link.transport_down(wire.now);
    wire.b.link.transport_down(wire.now);
    ASSERT_EQ(wire.a.finished_reasons.size(), round);
    ASSERT_EQ(wire.b.network_downs, round);
    wire.run(1s);
  }
}

TEST(Pair, MayBeginAnewAboveAConnectionThatStillStands) {
  FakeWire wire{home(), labs()};
  wire.up();
  wire.run(1s);
  wire.a.link.close("once", wire.now);
  wire.run(10s);
  ASSERT_TRUE(wire.both_finished());
  wire.up();
  wire.run(1s);
  EXPECT_TRUE(wire.both_open());
}

TEST(Pair, RefusesWhatTheOtherProfileSaysOfItsAddress) {
  FakeWire wire{home(), options("10.0.0.5", "10.224.1.1")};
  wire.up();
  wire.run(30s);
  EXPECT_EQ(wire.b.reason(), "peer refuses address 10.0.0.5 and offers 10.224.1.2");
  EXPECT_EQ(wire.b.finished_reasons[0].permanence, DownReason::Permanence::Permanent);
  EXPECT_EQ(wire.a.reason(),
            "peer closed IPCP: peer refuses address 10.0.0.5 and offers 10.224.1.2");
}

void check_agreement(const End& a, const End& b) {
  ASSERT_TRUE(a.agreed && b.agreed);
  EXPECT_EQ(a.agreed->receive_mru, b.agreed->transmit_mru);
  EXPECT_EQ(a.agreed->transmit_mru, b.agreed->receive_mru);
  EXPECT_EQ(a.link.transmit_format().accm, b.receive_format.accm);
  EXPECT_EQ(b.link.transmit_format().accm, a.receive_format.accm);
}

/// Runs until both are up, or one has ended and its connection with it.
testing::AssertionResult settles(FakeWire& wire) {
  wire.up();
  const auto limit = wire.now + 400s;
  while (!wire.both_open()) {
    if (!wire.a.finished_reasons.empty() || !wire.b.finished_reasons.empty()) {
      wire.a.link.transport_down(wire.now);
      wire.b.link.transport_down(wire.now);
      if (wire.both_finished()) return testing::AssertionSuccess();
      return testing::AssertionFailure() << "ended without a word";
    }
    if (!wire.step(limit)) return testing::AssertionFailure() << "neither up nor down";
  }
  return testing::AssertionSuccess();
}

class BadWire : public testing::TestWithParam<Faults> {};

TEST_P(BadWire, LetsThePairAgreeOrGiveUp) {
  unsigned opened = 0;
  constexpr unsigned kRuns = 500;
  for (unsigned seed = 1; seed <= kRuns; ++seed) {
    auto first = home();
    first.lcp.mru = Mru{static_cast<std::uint16_t>(1000 + seed)};
    first.lcp.ident = "HOME Network";
    FakeWire wire{first, labs(), seed, GetParam()};
    ASSERT_TRUE(settles(wire)) << "seed " << seed;
    ASSERT_LE(wire.a.finished_reasons.size(), 1U);
    ASSERT_LE(wire.b.finished_reasons.size(), 1U);
    if (!wire.both_open()) continue;
    ++opened;
    if (GetParam().damaged == 0) check_agreement(wire.a, wire.b);
  }
  EXPECT_GT(opened, kRuns * 8 / 10);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, BadWire,
    testing::Values(Faults{.lost = 20}, Faults{.doubled = 30}, Faults{.late = 50},
                    Faults{.damaged = 5}, Faults{.lost = 10, .doubled = 10, .late = 20},
                    Faults{.lost = 10, .doubled = 5, .damaged = 2, .late = 5}));

TEST(Pair, GivesUpOnAWireThatLosesEverything) {
  FakeWire wire{home(), labs(), 1, Faults{.lost = 100}};
  ASSERT_TRUE(settles(wire));
  EXPECT_EQ(wire.a.reason(), "no answer to 10 Configure-Requests");
}

}  // namespace
}  // namespace tunnel::ppp::test
