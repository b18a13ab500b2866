// IPCP against a peer that the test writes packet by packet.

#include "tests/ppp/scripted_peer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::ppp::test {
namespace {

using testing::ElementsAreArray;
using testing::IsEmpty;

class IpcpTest : public ScriptedPeer {
 protected:
  Packet answer_to(std::uint8_t id, const Octets& options) {
    ipcp(Code::ConfigureRequest, id, options);
    return us.sent.back();
  }
};

TEST_F(IpcpTest, AsksForTheProfilesAddressAsSoonAsLcpIsOpened) {
  open_lcp();
  EXPECT_EQ(last(Protocol::Ipcp, Code::ConfigureRequest).data(), kOurAddress);
}

TEST_F(IpcpTest, DropsPacketsBeforeLcpIsOpened) {
  start();
  us.forget();
  ipcp(Code::ConfigureRequest, 1, kPeerAddress);
  EXPECT_THAT(us.sent, IsEmpty());
}

TEST_F(IpcpTest, BringsTheNetworkUpWithWhatWasAgreed) {
  open_ip();
  ASSERT_TRUE(us.agreed);
  EXPECT_EQ(us.agreed->ipv4->local.str(), "10.224.1.1");
  EXPECT_EQ(us.agreed->ipv4->remote.str(), "10.224.1.2");
  EXPECT_EQ(us.network_ups, 1U);
}

// slirp asks for 0.0.0.0, and gives up where that is Ack'd.
TEST_F(IpcpTest, TellsAPeerWithoutAnAddressWhichIsItsOwn) {
  open_lcp();
  const auto answer = answer_to(1, {3, 6, 0, 0, 0, 0});
  EXPECT_EQ(answer.code(), Code::ConfigureNak);
  EXPECT_THAT(answer.data(), ElementsAreArray(kPeerAddress));
  EXPECT_EQ(answer_to(2, kPeerAddress).code(), Code::ConfigureAck);
}

TEST_F(IpcpTest, RejectsEveryOtherOptionThatPppdAndSlirpOffer) {
  open_lcp();
  const Octets vj{2, 6, 0x00, 0x2d, 0x0f, 0x01};
  const Octets old_addresses{1, 10, 10, 224, 1, 2, 10, 224, 1, 1};
  const Octets dns{129, 6, 0, 0, 0, 0, 131, 6, 0, 0, 0, 0};
  const Octets nbns{130, 6, 0, 0, 0, 0, 132, 6, 0, 0, 0, 0};
  const auto answer = answer_to(1, joined({kPeerAddress, vj, old_addresses, dns, nbns}));
  EXPECT_EQ(answer.code(), Code::ConfigureReject);
  EXPECT_THAT(answer.data(), ElementsAreArray(joined({vj, old_addresses, dns, nbns})));
}

TEST_F(IpcpTest, RejectsAnAddressOfTheWrongLength) {
  open_lcp();
  EXPECT_EQ(answer_to(1, {3, 5, 10, 224, 1}).code(), Code::ConfigureReject);
}

TEST_F(IpcpTest, NaksOnceAPeerThatAsksForNoAddressAndThenTakesIt) {
  open_lcp();
  const auto first = answer_to(1, {});
  EXPECT_EQ(first.code(), Code::ConfigureNak);
  EXPECT_THAT(first.data(), ElementsAreArray(kPeerAddress));
  EXPECT_EQ(answer_to(2, {}).code(), Code::ConfigureAck);
  answer_ipcp(Code::ConfigureAck);
  ASSERT_TRUE(us.link.network_open());
  EXPECT_EQ(us.agreed->ipv4->remote.str(), "10.224.1.2");
}

TEST_F(IpcpTest, EndsForGoodWhenThePeerOffersAnotherAddressForUs) {
  open_lcp();
  const auto request = last(Protocol::Ipcp, Code::ConfigureRequest);
  ipcp(Code::ConfigureNak, request.id(), {3, 6, 10, 0, 0, 5});
  EXPECT_EQ(us.link.phase(), Phase::Terminate);
  const auto farewell = last(Protocol::Lcp, Code::TerminateRequest);
  EXPECT_EQ(farewell.data(), text("peer refuses address 10.224.1.1 and offers 10.0.0.5"));
  lcp(Code::TerminateAck, farewell.id());
  EXPECT_EQ(us.reason(), "peer refuses address 10.224.1.1 and offers 10.0.0.5");
  EXPECT_EQ(us.finished_reasons[0].kind, DownReason::Kind::AddressRefused);
  EXPECT_EQ(us.finished_reasons[0].permanence, DownReason::Permanence::Permanent);
}

TEST_F(IpcpTest, EndsForGoodWhenThePeerInsistsOnAnotherAddress) {
  open_lcp();
  for (std::uint8_t id = 1; id <= 5; ++id) {
    EXPECT_EQ(answer_to(id, {3, 6, 192, 0, 2, 7}).code(), Code::ConfigureNak);
  }
  ipcp(Code::ConfigureRequest, 6, {3, 6, 192, 0, 2, 7});
  lcp(Code::TerminateAck, 1);
  EXPECT_EQ(us.reason(), "peer insists on address 192.0.2.7, the profile says 10.224.1.2");
  EXPECT_EQ(us.finished_reasons[0].permanence, DownReason::Permanence::Permanent);
  EXPECT_EQ(us.network_ups, 0U);
}

TEST_F(IpcpTest, KeepsTheProfilesAddressWhenThePeerWillNotTalkAboutIt) {
  open_lcp();
  answer_ipcp(Code::ConfigureReject);
  EXPECT_THAT(last(Protocol::Ipcp, Code::ConfigureRequest).data(), IsEmpty());
  ipcp(Code::ConfigureRequest, 1, kPeerAddress);
  answer_ipcp(Code::ConfigureAck);
  ASSERT_TRUE(us.link.network_open());
  EXPECT_EQ(us.agreed->ipv4->local.str(), "10.224.1.1");
}

TEST_F(IpcpTest, RejectsTheCodesThatOnlyLcpHas) {
  open_ip();
  ipcp(Code::EchoRequest, 7, kPeerMagic);
  EXPECT_EQ(last(Protocol::Ipcp, Code::CodeReject).data(),
            control(Code::EchoRequest, 7, kPeerMagic));
}

TEST_F(IpcpTest, NegotiatesAnewWhenThePeerAsksInOpened) {
  open_ip();
  ipcp(Code::ConfigureRequest, 2, kPeerAddress);
  EXPECT_EQ(us.network_downs, 1U);
  EXPECT_FALSE(us.link.network_open());
  answer_ipcp(Code::ConfigureAck);
  EXPECT_EQ(us.network_ups, 2U);
  EXPECT_EQ(us.link.phase(), Phase::Network);
}

}  // namespace
}  // namespace tunnel::ppp::test
