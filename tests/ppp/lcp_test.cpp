// LCP against a peer that the test writes packet by packet.

#include "tests/ppp/scripted_peer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::ppp::test {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::SizeIs;

class LcpTest : public ScriptedPeer {
 protected:
  using ScriptedPeer::ScriptedPeer;

  /// What we answer to a Configure-Request with these options.
  Packet answer_to(const Octets& options) {
    lcp(Code::ConfigureRequest, 0x40, options);
    return us.sent.back();
  }
};

TEST_F(LcpTest, AsksForItsWishesAtOnce) {
  start();
  const auto request = last(Protocol::Lcp, Code::ConfigureRequest).data();
  ASSERT_THAT(request, SizeIs(20));
  const Octets head{1, 4, 0x05, 0xdc, 2, 6, 0, 0, 0, 0, 5, 6};
  EXPECT_TRUE(std::equal(head.begin(), head.end(), request.begin()));
  const Octets tail{7, 2, 8, 2};
  EXPECT_TRUE(std::equal(tail.begin(), tail.end(), request.end() - 4));
}

TEST_F(LcpTest, RepeatsItsRequestWithTheSameIdentifierEveryThreeSeconds) {
  start();
  pass(3s);
  const auto requests = us.sent_of(Protocol::Lcp, Code::ConfigureRequest);
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0].bytes, requests[1].bytes);
}

TEST_F(LcpTest, SendsTenRequestsAndThenGivesUp) {
  start();
  pass(29s);
  EXPECT_EQ(count(Protocol::Lcp, Code::ConfigureRequest), 10U);
  EXPECT_EQ(us.reason(), "");
  pass(1s);
  EXPECT_EQ(us.reason(), "no answer to 10 Configure-Requests");
  EXPECT_EQ(count(Protocol::Lcp, Code::ConfigureRequest), 10U);
}

// Linux pppd's own request, as in the decoder's test.
TEST_F(LcpTest, AcksWhatPppdAsksOctetForOctet) {
  start();
  const Octets request{2, 6, 0, 0, 0, 0, 5, 6, 0xd4, 0xa1, 0xb2, 0xc3, 7, 2, 8, 2};
  const auto answer = answer_to(request);
  EXPECT_EQ(answer.code(), Code::ConfigureAck);
  EXPECT_EQ(answer.id(), 0x40);
  EXPECT_THAT(answer.data(), ElementsAreArray(request));
}

TEST_F(LcpTest, RejectsTheOptionsItDoesNotKnowAndThoseAlone) {
  start();
  const Octets auth{3, 5, 0xc2, 0x23, 5};
  const Octets callback{13, 3, 6};
  const Octets multilink{17, 4, 5, 0xdc};
  const Octets vendor{0, 6, 1, 2, 3, 0};
  const auto answer = answer_to(joined({kPeerRequest, auth, callback, multilink, vendor}));
  EXPECT_EQ(answer.code(), Code::ConfigureReject);
  EXPECT_THAT(answer.data(), ElementsAreArray(joined({auth, callback, multilink, vendor})));
}

TEST_F(LcpTest, RejectsKnownOptionsOfTheWrongLength) {
  start();
  for (const Octets& option : {Octets{1, 2}, Octets{1, 3, 5}, Octets{2, 4, 0, 0}, Octets{5, 2},
                               Octets{7, 3, 1}, Octets{8, 6, 0, 0, 0, 0}}) {
    const auto answer = answer_to(option);
    EXPECT_EQ(answer.code(), Code::ConfigureReject);
    EXPECT_EQ(answer.data(), option);
  }
}

TEST_F(LcpTest, RejectsTheSecondOfADoubleOption) {
  start();
  const Octets first{1, 4, 0x05, 0xdc};
  const Octets second{1, 4, 0x05, 0x00};
  const auto answer = answer_to(joined({first, kPeerRequest, second}));
  EXPECT_EQ(answer.code(), Code::ConfigureReject);
  EXPECT_THAT(answer.data(), ElementsAreArray(second));
}

TEST_F(LcpTest, DropsARequestWhoseOptionsDoNotAddUp) {
  start();
  us.forget();
  for (const Octets& options : {Octets{1, 0}, Octets{1, 1}, Octets{1, 5, 5, 0xdc}, Octets{7}}) {
    lcp(Code::ConfigureRequest, 1, options);
  }
  EXPECT_THAT(us.sent, IsEmpty());
}

TEST_F(LcpTest, PassesOverPaddingBehindTheLength) {
  start();
  auto packet = control(Code::ConfigureRequest, 9, kPeerRequest);
  packet.insert(packet.end(), 30, 0xff);
  us.link.receive(Protocol::Lcp, packet, now);
  EXPECT_EQ(us.sent.back().code(), Code::ConfigureAck);
  EXPECT_THAT(us.sent.back().data(), ElementsAreArray(kPeerRequest));
}

TEST_F(LcpTest, NaksAnMruThatCarriesNoIp) {
  start();
  const auto answer = answer_to({1, 4, 0, 67});
  EXPECT_EQ(answer.code(), Code::ConfigureNak);
  EXPECT_THAT(answer.data(), ElementsAre(1, 4, 0x05, 0xdc));
  EXPECT_EQ(answer_to({1, 4, 0, 68}).code(), Code::ConfigureAck);
}

TEST_F(LcpTest, NaksAMagicNumberOfZero) {
  start();
  const auto answer = answer_to({5, 6, 0, 0, 0, 0});
  EXPECT_EQ(answer.code(), Code::ConfigureNak);
  ASSERT_THAT(answer.data(), SizeIs(6));
  EXPECT_NE(answer.data(), (Octets{5, 6, 0, 0, 0, 0}));
}

TEST_F(LcpTest, SendsNoMoreThanThePeersMru) {
  open_lcp({1, 4, 0, 100});
  ipcp(Code::ConfigureRequest, 1, kPeerAddress);
  answer_ipcp(Code::ConfigureAck);
  EXPECT_EQ(us.agreed->transmit_mru, Mru{100});
  us.forget();
  lcp(Code::EchoRequest, 1, joined({Octets(4, 0), Octets(1000, 'x')}));
  lcp(Code{77}, 2, Octets(1000, 'x'));
  us.link.receive(Protocol{0x4003}, Octets(1000, 'x'), now);
  ASSERT_THAT(us.sent, SizeIs(3));
  for (const auto& packet : us.sent) EXPECT_THAT(packet.bytes, SizeIs(100));
  for (const auto& packet : us.sent) EXPECT_TRUE(parse_control_packet(packet.bytes));
}

// openconnect may do so, and wants to be asked again.
TEST_F(LcpTest, TakesAnMruThatThePeerOffersInstead) {
  start();
  const auto request = last(Protocol::Lcp, Code::ConfigureRequest);
  lcp(Code::ConfigureNak, request.id(), {1, 4, 0xff, 0xff});
  const auto again = last(Protocol::Lcp, Code::ConfigureRequest);
  EXPECT_NE(again.id(), request.id());
  const auto data = again.data();
  EXPECT_THAT(Octets(data.begin(), data.begin() + 4), ElementsAre(1, 4, 0xff, 0xff));
  lcp(Code::ConfigureRequest, 1, kPeerRequest);
  answer_lcp(Code::ConfigureAck);
  EXPECT_EQ(us.receive_format, (ReceiveFormat{0, 65535}));
}

TEST_F(LcpTest, FallsBackToTheDefaultMruWhenOfferedOneTooSmall) {
  start();
  lcp(Code::ConfigureNak, last(Protocol::Lcp, Code::ConfigureRequest).id(), {1, 4, 0, 10});
  EXPECT_EQ(last(Protocol::Lcp, Code::ConfigureRequest).data()[0], 2);  // no MRU option
}

TEST_F(LcpTest, EscapesWhatEitherEndWantsEscaped) {
  start();
  lcp(Code::ConfigureNak, last(Protocol::Lcp, Code::ConfigureRequest).id(),
      {2, 6, 0x00, 0x0a, 0x00, 0x00});
  lcp(Code::ConfigureRequest, 1, {2, 6, 0x00, 0x00, 0x00, 0x01});
  answer_lcp(Code::ConfigureAck);
  EXPECT_EQ(us.receive_format.accm, 0x000a'0000U);
  EXPECT_EQ(us.link.transmit_format().accm, 1U);
}

TEST_F(LcpTest, DoesWithoutTheOptionsThatThePeerRejects) {
  start();
  const auto request = last(Protocol::Lcp, Code::ConfigureRequest);
  lcp(Code::ConfigureReject, request.id(), request.data());
  EXPECT_THAT(last(Protocol::Lcp, Code::ConfigureRequest).data(), IsEmpty());
  lcp(Code::ConfigureRequest, 1, {});
  answer_lcp(Code::ConfigureAck);
  EXPECT_EQ(us.link.phase(), Phase::Network);
  EXPECT_EQ(us.receive_format, ReceiveFormat{});
  EXPECT_EQ(us.link.transmit_format(), TransmitFormat{});
}

TEST_F(LcpTest, StopsAskingForASwitchThatIsNakd) {
  start();
  lcp(Code::ConfigureNak, last(Protocol::Lcp, Code::ConfigureRequest).id(), {7, 2, 8, 2});
  EXPECT_THAT(last(Protocol::Lcp, Code::ConfigureRequest).data(), SizeIs(16));
}

TEST_F(LcpTest, PassesOverOptionsThatANakWantsAdded) {
  start();
  const auto before = last(Protocol::Lcp, Code::ConfigureRequest).data();
  lcp(Code::ConfigureNak, last(Protocol::Lcp, Code::ConfigureRequest).id(), {3, 4, 0xc0, 0x23});
  EXPECT_EQ(last(Protocol::Lcp, Code::ConfigureRequest).data(), before);
}

TEST_F(LcpTest, MatchesIdentifiersOfAckNakAndReject) {
  start();
  const auto request = last(Protocol::Lcp, Code::ConfigureRequest);
  const auto wrong = static_cast<std::uint8_t>(request.id() + 1);
  us.forget();
  lcp(Code::ConfigureAck, wrong, request.data());
  lcp(Code::ConfigureNak, wrong, {1, 4, 4, 0});
  lcp(Code::ConfigureReject, wrong, {7, 2});
  EXPECT_THAT(us.sent, IsEmpty());
  lcp(Code::ConfigureRequest, 1, kPeerRequest);
  EXPECT_EQ(us.link.phase(), Phase::Establish);  // had any counted, the link would be open
}

TEST_F(LcpTest, DropsAnAckOfSomethingElse) {
  start();
  const auto request = last(Protocol::Lcp, Code::ConfigureRequest);
  auto altered = request.data();
  altered[3] = 0xdd;
  lcp(Code::ConfigureRequest, 1, kPeerRequest);
  lcp(Code::ConfigureAck, request.id(), altered);
  EXPECT_EQ(us.link.phase(), Phase::Establish);
  lcp(Code::ConfigureAck, request.id(), request.data());
  EXPECT_EQ(us.link.phase(), Phase::Network);
}

TEST_F(LcpTest, DropsARejectOfSomethingElse) {
  start();
  us.forget();
  lcp(Code::ConfigureReject, 1, {9, 2});
  lcp(Code::ConfigureReject, 1, {1, 4, 9, 9});
  EXPECT_THAT(us.sent, IsEmpty());
}

TEST_F(LcpTest, NegotiatesAnewWhenThePeerAsksInOpened) {
  open_ip();
  us.forget();
  lcp(Code::ConfigureRequest, 2, kPeerRequest);
  EXPECT_EQ(us.network_downs, 1U);
  EXPECT_EQ(us.receive_format, ReceiveFormat{});
  EXPECT_EQ(us.link.transmit_format(), TransmitFormat{});
  ASSERT_THAT(us.sent, SizeIs(2));
  EXPECT_EQ(us.sent[0].code(), Code::ConfigureRequest);
  EXPECT_EQ(us.sent[1].code(), Code::ConfigureAck);
  answer_lcp(Code::ConfigureAck);
  ipcp(Code::ConfigureRequest, 9, kPeerAddress);
  answer_ipcp(Code::ConfigureAck);
  EXPECT_EQ(us.network_ups, 2U);
}

TEST_F(LcpTest, EchoesTheWholeData) {
  open_lcp();
  const auto data = joined({kPeerMagic, text("0123456789")});
  lcp(Code::EchoRequest, 0x55, data);
  const auto reply = last(Protocol::Lcp, Code::EchoReply);
  EXPECT_EQ(reply.id(), 0x55);
  ASSERT_THAT(reply.data(), SizeIs(data.size()));
  const auto sent = reply.data();
  EXPECT_EQ(Octets(sent.begin() + 4, sent.end()), text("0123456789"));
  EXPECT_NE(Octets(sent.begin(), sent.begin() + 4), kPeerMagic);  // our own stands there
}

TEST_F(LcpTest, AnswersNoEchoBeforeItIsOpened) {
  start();
  us.forget();
  lcp(Code::EchoRequest, 1, kPeerMagic);
  EXPECT_THAT(us.sent, IsEmpty());
}

TEST_F(LcpTest, DropsEchoesWithoutAMagicNumber) {
  open_lcp();
  us.forget();
  lcp(Code::EchoRequest, 1, {1, 2, 3});
  lcp(Code::EchoReply, 1, {});
  EXPECT_THAT(us.sent, IsEmpty());
}

TEST_F(LcpTest, DiscardsDiscardRequests) {
  open_lcp();
  us.forget();
  lcp(Code::DiscardRequest, 1, joined({kPeerMagic, text("whatever")}));
  EXPECT_THAT(us.sent, IsEmpty());
}

TEST_F(LcpTest, RejectsUnknownCodesWithTheWholePacket) {
  open_lcp();
  for (const std::uint8_t code : Octets{14, 15, 99, 255}) {
    lcp(Code{code}, 0x21, {1, 2, 3});
    EXPECT_EQ(last(Protocol::Lcp, Code::CodeReject).data(), control(Code{code}, 0x21, {1, 2, 3}));
  }
}

// RFC 2153 §2.1.
TEST_F(LcpTest, RejectsTheVendorPacketsOfOthersAndDropsThoseOfItsOwn) {
  open_lcp();
  const auto foreign = joined({kPeerMagic, {0x00, 0x00, 0x5e, 1, 42}});
  lcp(Code::VendorSpecific, 0x21, foreign);
  EXPECT_EQ(last(Protocol::Lcp, Code::CodeReject).data(),
            control(Code::VendorSpecific, 0x21, foreign));
  us.forget();
  lcp(Code::VendorSpecific, 0x22, joined({kPeerMagic, {0x56, 0x54, 0x44, 1, 42}}));
  EXPECT_THAT(us.sent, IsEmpty());
  const auto malformed = us.link.dropped().malformed;
  lcp(Code::VendorSpecific, 0x23, joined({kPeerMagic, {0x56, 0x54, 0x44}}));
  EXPECT_EQ(us.link.dropped().malformed, malformed + 1);
}

TEST_F(LcpTest, RejectsUnknownProtocolsWithThePacket) {
  open_lcp();
  const auto offer = control(Code::ConfigureRequest, 1, {26, 4, 0x78, 0});  // CCP: Deflate
  us.link.receive(Protocol::Ccp, offer, now);
  EXPECT_EQ(last(Protocol::Lcp, Code::ProtocolReject).data(), joined({{0x80, 0xfd}, offer}));
}

TEST_F(LcpTest, RejectsNoProtocolBeforeItIsOpened) {
  start();
  us.forget();
  us.link.receive(Protocol::Ccp, control(Code::ConfigureRequest, 1), now);
  EXPECT_THAT(us.sent, IsEmpty());
}

TEST_F(LcpTest, DropsIpBeforeTheNetworkIsUpWithoutAWord) {
  open_lcp();
  us.forget();
  us.link.receive(Protocol::Ipv4, Octets(40, 0x45), now);
  EXPECT_THAT(us.sent, IsEmpty());
}

TEST_F(LcpTest, ShowsThePeersIdentificationEscaped) {
  open_lcp();
  lcp(Code::Identification, 1, joined({kPeerMagic, text("evil\nIPCP: LayerUp")}));
  EXPECT_EQ(us.link.peer_ident(), "evil\\nIPCP: LayerUp");
  EXPECT_TRUE(us.logged("LCP: RecvIdent: evil\\nIPCP: LayerUp"));
}

TEST_F(LcpTest, LogsTheTimeRemaining) {
  open_lcp();
  lcp(Code::TimeRemaining, 1, joined({kPeerMagic, {0, 0, 1, 44}, text("bye\x1b")}));
  EXPECT_TRUE(us.logged("LCP: RecvTimeRemain: 300 s bye\\x1b"));
}

TEST_F(LcpTest, LivesOnWhenAnExtraCodeIsRejected) {
  open_ip();
  lcp(Code::CodeReject, 1, control(Code::Identification, 2, kPeerMagic));
  EXPECT_TRUE(us.link.network_open());
}

class IdentTest : public LcpTest {
 protected:
  IdentTest() : LcpTest{wishes()} {}

 private:
  static LinkOptions wishes() {
    auto out = options("10.224.1.1", "10.224.1.2");
    out.lcp.ident = "HOME Network";
    return out;
  }
};

TEST_F(IdentTest, IsSentOnceWhenLcpOpens) {
  open_lcp();
  const auto sent = us.sent_of(Protocol::Lcp, Code::Identification);
  ASSERT_THAT(sent, SizeIs(1));
  const auto data = sent[0].data();
  EXPECT_EQ(Octets(data.begin() + 4, data.end()), text("HOME Network"));
}

}  // namespace
}  // namespace tunnel::ppp::test
