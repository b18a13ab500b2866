// Every way a link can end, and the sentence that says so.

#include "tests/ppp/scripted_peer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::ppp::test {
namespace {

using testing::SizeIs;
using Kind = DownReason::Kind;

class LinkEnd : public ScriptedPeer {
 protected:
  void expect_end(Kind kind, const std::string& reason) {
    EXPECT_EQ(us.reason(), reason);
    ASSERT_THAT(us.finished_reasons, SizeIs(1));
    EXPECT_EQ(us.finished_reasons[0].kind, kind);
    EXPECT_EQ(us.link.phase(), Phase::Dead);
    EXPECT_FALSE(us.link.deadline());
    EXPECT_FALSE(us.link.network_open());
    EXPECT_EQ(us.network_ups, us.network_downs);
    EXPECT_TRUE(us.logged("Link: down: " + reason));
  }

  void ack_termination() {
    lcp(Code::TerminateAck, last(Protocol::Lcp, Code::TerminateRequest).id());
  }
};

TEST_F(LinkEnd, NoAnswerToLcp) {
  start();
  pass(30s);
  expect_end(Kind::NoAnswer, "no answer to 10 Configure-Requests");
}

TEST_F(LinkEnd, NoAnswerToIpcp) {
  open_lcp();
  for (int i = 0; i < 300 && us.link.phase() == Phase::Network; ++i) {
    us.link.note_life(now);
    pass(100ms);
  }
  ack_termination();
  expect_end(Kind::NoAnswer, "no answer to 10 IPCP Configure-Requests");
}

TEST_F(LinkEnd, ClosedByUs) {
  open_ip();
  us.link.close("operator", now);
  EXPECT_EQ(us.link.phase(), Phase::Terminate);
  EXPECT_EQ(us.network_downs, 1U);
  ack_termination();
  expect_end(Kind::Closed, "operator");
}

TEST_F(LinkEnd, ClosedByUsWithoutAnAnswer) {
  open_ip();
  us.link.close("operator", now);
  pass(5999ms);
  EXPECT_EQ(us.reason(), "");
  pass(1ms);
  EXPECT_EQ(count(Protocol::Lcp, Code::TerminateRequest), 2U);
  expect_end(Kind::Closed, "operator");
}

TEST_F(LinkEnd, ClosedByUsInEveryEarlierState) {
  start();
  us.link.close("changed my mind", now);
  ack_termination();
  expect_end(Kind::Closed, "changed my mind");
}

TEST_F(LinkEnd, ClosedTwiceIsClosedOnce) {
  open_ip();
  us.link.close("first", now);
  us.link.close("second", now);
  ack_termination();
  us.link.close("third", now);
  expect_end(Kind::Closed, "first");
}

TEST_F(LinkEnd, ClosedByThePeer) {
  open_ip();
  lcp(Code::TerminateRequest, 0x31, text("Good\x07 night"));
  EXPECT_EQ(last(Protocol::Lcp, Code::TerminateAck).id(), 0x31);
  EXPECT_EQ(us.network_downs, 1U);
  us.link.transport_down(now);
  expect_end(Kind::PeerClosed, "peer closed the link: Good\\x07 night");
}

TEST_F(LinkEnd, ClosedByAPeerThatDoesNotHangUp) {
  open_ip();
  lcp(Code::TerminateRequest, 1);
  pass(3s);
  expect_end(Kind::PeerClosed, "peer closed the link");
}

TEST_F(LinkEnd, ClosedByThePeerDuringNegotiation) {
  start();
  lcp(Code::TerminateRequest, 1, text("no such user"));
  EXPECT_EQ(us.reason(), "");  // RFC 1661 §4.1: sta/6, it may yet come round
  us.link.transport_down(now);
  expect_end(Kind::PeerClosed, "peer closed the link: no such user");
}

TEST_F(LinkEnd, IpcpClosedByThePeer) {
  open_ip();
  ipcp(Code::TerminateRequest, 1, text("no addresses left"));
  ack_termination();
  expect_end(Kind::PeerClosed, "peer closed IPCP: no addresses left");
}

TEST_F(LinkEnd, IpcpClosedByThePeerDuringNegotiation) {
  open_lcp();
  ipcp(Code::TerminateRequest, 1, text("no addresses left"));
  ack_termination();
  expect_end(Kind::PeerClosed, "peer closed IPCP: no addresses left");
}

TEST_F(LinkEnd, TransportLostInEveryState) {
  start();
  us.link.transport_down(now);
  expect_end(Kind::TransportLost, "the connection ended in LCP state Req-Sent");
}

TEST_F(LinkEnd, TransportLostWhileUp) {
  open_ip();
  us.link.transport_down(now);
  expect_end(Kind::TransportLost, "the connection ended in LCP state Opened");
}

TEST_F(LinkEnd, NoEcho) {
  open_ip();
  const auto silent_since = now;
  pass(2999ms);
  EXPECT_EQ(us.reason(), "");
  EXPECT_EQ(count(Protocol::Lcp, Code::EchoRequest), 3U);
  pass(1ms);
  EXPECT_EQ(now - silent_since, 3s);
  expect_end(Kind::NoEcho, "no answer to 3 Echo-Requests");
  EXPECT_EQ(count(Protocol::Lcp, Code::TerminateRequest), 1U);
}

TEST_F(LinkEnd, AnyFrameIsLife) {
  open_ip();
  for (int i = 0; i < 1000; ++i) {
    pass(100ms);
    us.link.note_life(now);
  }
  EXPECT_TRUE(us.link.network_open());
  EXPECT_EQ(count(Protocol::Lcp, Code::EchoRequest), 100U);
}

// openconnect's replies have no data; the identifier is enough.
TEST_F(LinkEnd, EchoRepliesWithoutDataAreLifeAndRoundTrip) {
  open_ip();
  pass(1s);
  now += 30ms;
  lcp(Code::EchoReply, last(Protocol::Lcp, Code::EchoRequest).id(), kPeerMagic);
  EXPECT_EQ(us.link.round_trip(), 30ms);
}

TEST_F(LinkEnd, LoopedBackDuringNegotiation) {
  start();
  for (int i = 0; i < 1000 && !us.outgoing.empty(); ++i) {
    const auto packet = us.outgoing.front();
    us.outgoing.pop_front();
    us.link.receive(packet.protocol, packet.bytes, now);
  }
  expect_end(Kind::Loopback, "looped back (our own magic number came back)");
  EXPECT_LT(us.sent.size(), 50U);
}

TEST_F(LinkEnd, LoopedBackLater) {
  open_ip();
  pass(1s);
  const auto echo = last(Protocol::Lcp, Code::EchoRequest);
  us.link.receive(Protocol::Lcp, echo.bytes, now);
  ack_termination();
  expect_end(Kind::Loopback, "looped back (our own magic number came back)");
}

// RFC 1661 §5.8: a Reply carries the number of whoever sends it.
TEST_F(LinkEnd, LoopedBackByAnEchoReplyWithOurOwnMagicNumber) {
  open_ip();
  pass(1s);
  const auto echo = last(Protocol::Lcp, Code::EchoRequest);
  lcp(Code::EchoReply, echo.id(), echo.data());
  ack_termination();
  expect_end(Kind::Loopback, "looped back (our own magic number came back)");
}

TEST_F(LinkEnd, OneEqualMagicNumberIsChance) {
  start();
  auto data = last(Protocol::Lcp, Code::ConfigureRequest).data();
  lcp(Code::ConfigureRequest, 1, data);
  EXPECT_EQ(us.sent.back().code(), Code::ConfigureNak);
  const auto suggested = us.sent.back().data();
  EXPECT_NE(suggested, Octets(data.begin() + 10, data.begin() + 16));
  lcp(Code::ConfigureRequest, 2, suggested);
  EXPECT_EQ(us.sent.back().code(), Code::ConfigureAck);
}

TEST_F(LinkEnd, PeerWithoutIpcp) {
  open_lcp();
  const auto request = last(Protocol::Ipcp, Code::ConfigureRequest);
  lcp(Code::ProtocolReject, 1, joined({{0x80, 0x21}, request.bytes}));
  ack_termination();
  expect_end(Kind::ProtocolRejected, "the peer does not know IPCP");
}

TEST_F(LinkEnd, PeerWithoutLcp) {
  open_lcp();
  lcp(Code::ProtocolReject, 1, {0xc0, 0x21});
  ack_termination();
  expect_end(Kind::ProtocolRejected, "the peer does not know LCP");
}

TEST_F(LinkEnd, PeerWithoutConfigureRequests) {
  start();
  lcp(Code::CodeReject, 1, last(Protocol::Lcp, Code::ConfigureRequest).bytes);
  expect_end(Kind::ProtocolRejected, "the peer does not know LCP code 1 (ConfigReq)");
}

TEST_F(LinkEnd, PeerThatNaksForEver) {
  start();
  for (int i = 0; i < 10; ++i) {
    lcp(Code::ConfigureNak, last(Protocol::Lcp, Code::ConfigureRequest).id(),
        {1, 4, 4, static_cast<std::uint8_t>(i)});
  }
  ack_termination();
  expect_end(Kind::NotConverging, "the peer keeps refusing our LCP options");
}

TEST_F(LinkEnd, PeerThatInsistsOnARefusedOption) {
  start();
  for (std::uint8_t id = 0; id < 11; ++id) lcp(Code::ConfigureRequest, id, {3, 4, 0xc0, 0x23});
  EXPECT_EQ(count(Protocol::Lcp, Code::ConfigureReject), 10U);
  ack_termination();
  expect_end(Kind::AuthRefused, "peer requires PAP, which the profile does not allow");
}

TEST_F(LinkEnd, PeerThatInsistsOnABadValueIsRejectedAfterFiveNaks) {
  start();
  for (std::uint8_t id = 0; id < 7; ++id) lcp(Code::ConfigureRequest, id, {1, 4, 0, 1});
  EXPECT_EQ(count(Protocol::Lcp, Code::ConfigureNak), 5U);
  EXPECT_EQ(count(Protocol::Lcp, Code::ConfigureReject), 2U);
}

// Each Ack restores the restart counter, so that alone would go on for ever.
TEST_F(LinkEnd, PeerThatAcksAndNeverAsks) {
  start();
  for (int i = 0; i < 100 && us.link.phase() == Phase::Establish; ++i) {
    answer_lcp(Code::ConfigureAck);
    pass(3s);
  }
  ack_termination();
  expect_end(Kind::NotConverging, "LCP does not converge: 31 Configure-Requests sent");
}

TEST_F(LinkEnd, NothingIsHeardOrSaidAfterwards) {
  open_ip();
  us.link.transport_down(now);
  us.forget();
  lcp(Code::ConfigureRequest, 1, kPeerRequest);
  ipcp(Code::ConfigureRequest, 1, kPeerAddress);
  us.link.receive(Protocol::Ccp, {}, now);
  pass(1h);
  us.link.transport_down(now);
  EXPECT_TRUE(us.sent.empty());
  EXPECT_THAT(us.finished_reasons, SizeIs(1));
}

}  // namespace
}  // namespace tunnel::ppp::test
