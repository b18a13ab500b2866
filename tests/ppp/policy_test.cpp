// deny, accept, request and require for each option of LCP; FCS-Alternatives; the Vendor-Specific
// option; and the ring of the last control packets.

#include "pppd-bridge/ppp/packet_text.hpp"
#include "tests/ppp/fake_wire.hpp"
#include "tests/ppp/scripted_peer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::ppp::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using Kind = DownReason::Kind;

/// One option, how its policy is set, and how a peer asks for it.
struct Case {
  const char* name;
  Policy LcpPolicies::*policy;
  std::uint8_t type;
  Octets option;
};

const std::vector<Case> kCases{
    {"MRU", &LcpPolicies::mru, 1, {1, 4, 0x05, 0xdc}},
    {"ACCM", &LcpPolicies::accm, 2, {2, 6, 0, 0, 0, 0}},
    {"Magic", &LcpPolicies::magic, 5, {5, 6, 1, 2, 3, 4}},
    {"PFC", &LcpPolicies::protocol_field, 7, {7, 2}},
    {"ACFC", &LcpPolicies::address_control, 8, {8, 2}},
    {"FCS", &LcpPolicies::fcs, 9, {9, 3, 4}},
    {"Vendor", &LcpPolicies::vendor, 0, {0, 8, 0x56, 0x54, 0x44, 1, 0, 1}},
};

class LcpPolicy : public testing::TestWithParam<Case> {
 protected:
  LinkOptions with(Policy policy) {
    auto out = options("10.224.1.1", "10.224.1.2");
    out.lcp.fcs = Fcs::Ccitt32;
    out.lcp.policy.*GetParam().policy = policy;
    return out;
  }

  static Octets request_of(const End& end) {
    return end.sent_of(Protocol::Lcp, Code::ConfigureRequest).back().data();
  }

  static bool asks_for(const End& end, std::uint8_t type) {
    const auto request = request_of(end);
    OptionReader in{request};
    while (const auto option = in.next()) {
      if (option->type == type) return true;
    }
    return false;
  }

  /// The peer refuses our option.
  void refuse(End& end, Code code) {
    const auto request = end.sent_of(Protocol::Lcp, Code::ConfigureRequest).back();
    const auto options = request.data();
    OptionReader in{options};
    while (const auto option = in.next()) {
      if (option->type != GetParam().type) continue;
      end.link.receive(
          Protocol::Lcp,
          control(code, request.id(), Octets(option->wire.begin(), option->wire.end())), now);
    }
  }

  /// What the peer gets for asking.
  Code answer(End& end) {
    end.link.receive(Protocol::Lcp, control(Code::ConfigureRequest, 1, GetParam().option), now);
    return end.sent.back().code();
  }

  TimePoint now{1h};
};

INSTANTIATE_TEST_SUITE_P(Options, LcpPolicy, testing::ValuesIn(kCases),
                         [](const auto& option) { return option.param.name; });

TEST_P(LcpPolicy, DenyNeitherAsksNorGrants) {
  End end{with(Policy::Deny)};
  end.link.transport_up(now);
  EXPECT_FALSE(asks_for(end, GetParam().type));
  EXPECT_EQ(answer(end), Code::ConfigureReject);
}

TEST_P(LcpPolicy, AcceptGrantsWithoutAsking) {
  End end{with(Policy::Accept)};
  end.link.transport_up(now);
  EXPECT_FALSE(asks_for(end, GetParam().type));
  EXPECT_EQ(answer(end), Code::ConfigureAck);
}

TEST_P(LcpPolicy, RequestAsksAndDoesWithout) {
  End end{with(Policy::Request)};
  end.link.transport_up(now);
  ASSERT_TRUE(asks_for(end, GetParam().type));
  EXPECT_EQ(answer(end), Code::ConfigureAck);
  refuse(end, Code::ConfigureReject);
  EXPECT_FALSE(asks_for(end, GetParam().type));
  EXPECT_NE(end.link.phase(), Phase::Terminate);
}

TEST_P(LcpPolicy, RequireAsksAndEndsWithout) {
  End end{with(Policy::Require)};
  end.link.transport_up(now);
  ASSERT_TRUE(asks_for(end, GetParam().type));
  refuse(end, Code::ConfigureReject);
  EXPECT_EQ(end.link.phase(), Phase::Terminate);
  end.link.transport_down(now);
  EXPECT_THAT(end.reason(), HasSubstr(", which the profile requires"));
  EXPECT_EQ(end.finished_reasons[0].kind, Kind::OptionRefused);
}

// A Nak of what knows no second best is a refusal, too.
TEST_P(LcpPolicy, RequireIsNotTalkedOutOfIt) {
  End end{with(Policy::Require)};
  end.link.transport_up(now);
  for (int i = 0; i < 3; ++i) refuse(end, Code::ConfigureNak);
  EXPECT_TRUE(asks_for(end, GetParam().type) || end.link.phase() == Phase::Terminate);
}

class FcsAlternatives : public ScriptedPeer {
 protected:
  Packet answer_to(const Octets& option) {
    lcp(Code::ConfigureRequest, 1, joined({kPeerRequest, option}));
    return us.sent.back();
  }
};

// RFC 1570 §2.1.
TEST_F(FcsAlternatives, AreTakenOneAtATime) {
  start();
  EXPECT_EQ(answer_to({9, 3, 1}).code(), Code::ConfigureAck);
  EXPECT_EQ(answer_to({9, 3, 2}).code(), Code::ConfigureAck);
  EXPECT_EQ(answer_to({9, 3, 4}).code(), Code::ConfigureAck);
  const auto several = answer_to({9, 3, 7});
  EXPECT_EQ(several.code(), Code::ConfigureNak);
  EXPECT_EQ(several.data(), (Octets{9, 3, 4}));
  EXPECT_EQ(answer_to({9, 3, 8}).code(), Code::ConfigureReject);
  EXPECT_EQ(answer_to({9, 4, 0, 1}).code(), Code::ConfigureReject);
}

TEST_F(FcsAlternatives, HoldForAllButThePacketsThatConfigureAndTerminate) {
  open_lcp(joined({kPeerRequest, {9, 3, 4}}));
  EXPECT_EQ(us.link.transmit_format().fcs, Fcs::Ccitt32);
  us.forget();
  lcp(Code::EchoRequest, 9, kPeerMagic);
  EXPECT_EQ(us.sent.back().format.fcs, Fcs::Ccitt32);
  EXPECT_EQ(us.sent.back().format.accm, 0xffff'ffffU);
  us.link.close("enough", now);
  EXPECT_EQ(us.sent.back().code(), Code::TerminateRequest);
  EXPECT_EQ(us.sent.back().format.fcs, Fcs::Ccitt16);
}

// RFC 1570 §2.1.2: data alone goes without.
TEST_F(FcsAlternatives, OfNoneLeaveControlPacketsTheirSixteenBits) {
  open_lcp(joined({kPeerRequest, {9, 3, 1}}));
  ASSERT_EQ(us.link.transmit_format().fcs, Fcs::None);
  lcp(Code::EchoRequest, 9, kPeerMagic);
  lcp(Code{99}, 9);
  us.link.receive(Protocol{0x4003}, Octets(8, 1), now);
  ipcp(Code::ConfigureRequest, 1, kPeerAddress);
  us.link.close("enough", now);
  for (const auto code :
       {Code::EchoReply, Code::CodeReject, Code::ProtocolReject, Code::TerminateRequest}) {
    ASSERT_EQ(count(Protocol::Lcp, code), 1U);
  }
  ASSERT_EQ(count(Protocol::Ipcp, Code::ConfigureAck), 1U);
  for (const auto& packet : us.sent) EXPECT_EQ(packet.format.fcs, Fcs::Ccitt16);
}

// RFC 1989, RFC 1990 and others: attack surface without a gain inside SSH.
TEST_F(FcsAlternatives, AreTheLastOptionThatIsKnown) {
  start();
  for (const auto& option : {Octets{4, 8, 0xc0, 0x25, 0, 0, 0, 0}, Octets{10, 3, 8},
                             Octets{13, 3, 6}, Octets{17, 4, 5, 0xdc}, Octets{18, 2},
                             Octets{19, 9, 3, 1, 2, 3, 4, 5, 6}, Octets{23, 4, 0, 0}}) {
    const auto answer = answer_to(option);
    EXPECT_EQ(answer.code(), Code::ConfigureReject);
    EXPECT_EQ(answer.data(), option);
  }
}

TEST(FcsBetweenOurEnds, IsWhatTheReceiverAsksFor) {
  auto first = home();
  first.lcp.fcs = Fcs::None;
  first.lcp.policy.fcs = Policy::Request;
  FakeWire wire{first, labs()};
  wire.up();
  wire.run(1s);
  ASSERT_TRUE(wire.both_open());
  EXPECT_EQ(wire.a.receive_format.fcs, Fcs::None);
  EXPECT_EQ(wire.b.link.transmit_format().fcs, Fcs::None);
  EXPECT_EQ(wire.b.receive_format.fcs, Fcs::Ccitt16);
}

TEST(Vendor, OptionTellsTwoOfOurEndsFromOthers) {
  auto first = home();
  auto second = labs();
  first.lcp.policy.vendor = second.lcp.policy.vendor = Policy::Request;
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  EXPECT_TRUE(wire.a.logged("LCP: the peer is one of us, and takes super-packets whole"));
  EXPECT_TRUE(wire.b.logged("LCP: the peer is one of us, and takes super-packets whole"));
}

TEST(Vendor, OptionThatOneEndDeniesIsToldAtBoth) {
  auto first = home();
  auto second = labs();
  first.lcp.policy.vendor = Policy::Request;
  second.lcp.policy.vendor = Policy::Deny;
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  EXPECT_TRUE(
      wire.a.logged("LCP: super-packets are cut for the peer: it is none of us, or its "
                    "profile has no offload"));
  EXPECT_TRUE(wire.b.logged("LCP: super-packets are cut for the peer: the profile has no offload"));
}

class Ring : public ScriptedPeer {};

TEST_F(Ring, IsWrittenWhenANegotiationFails) {
  start();
  lcp(Code::ConfigureRequest, 1, {3, 4, 0xc2, 0x27, 1, 4, 0x05, 0xdc});
  us.link.transport_down(now);
  EXPECT_THAT(us.lines, Contains("Link: the last 3 control packets:"));
  EXPECT_THAT(us.lines,
              Contains("Link:  -0.000 s Recv LCP ConfigReq(1) AUTHPROTO[4] EAP MRU[4] 1500"));
  EXPECT_THAT(us.lines, Contains("Link:  -0.000 s Send LCP ConfigRej(1) AUTHPROTO[4] EAP"));
}

TEST_F(Ring, StaysSilentAboutALinkThatWasUp) {
  open_ip();
  us.link.transport_down(now);
  EXPECT_THAT(us.lines, Not(Contains(HasSubstr("control packets:"))));
}

TEST_F(Ring, HoldsThirtyTwoPacketsAndTheBeginningOfLongOnes) {
  start();
  for (int i = 0; i < 1000; ++i) {
    lcp(Code::Identification, 1, joined({kPeerMagic, Octets(1000, 'x')}));
  }
  us.link.transport_down(now);
  EXPECT_THAT(us.lines, Contains("Link: the last 32 control packets:"));
  EXPECT_THAT(us.lines, Contains("Link:  -0.000 s Recv LCP Ident(1)"));
}

TEST(PacketText, LeavesSecretsOut) {
  const auto pap = control(Code{1}, 7, joined({{4}, text("home"), {6}, text("sesame")}));
  EXPECT_EQ(describe_packet(Protocol::Pap, pap), "PAP AuthReq \"home\"");
  const auto shown = without_secrets(AuthProtocol::Pap, pap);
  EXPECT_EQ(shown.size(), pap.size());
  EXPECT_THAT(std::string(shown.begin(), shown.end()), Not(HasSubstr("sesame")));
  EXPECT_THAT(std::string(shown.begin(), shown.end()), HasSubstr("home"));
  for (std::size_t size = 0; size < pap.size(); ++size) {
    const auto cut = without_secrets(AuthProtocol::Pap, Bytes{pap}.first(size));
    EXPECT_THAT(std::string(cut.begin(), cut.end()), Not(HasSubstr("se")));
  }
  const auto chap = control(Code{2}, 7, joined({{16}, Octets(16, 'R'), text("home")}));
  const auto hidden = without_secrets(AuthProtocol::Chap, chap);
  EXPECT_THAT(std::string(hidden.begin(), hidden.end()), Not(HasSubstr("R")));
  EXPECT_THAT(std::string(hidden.begin(), hidden.end()), HasSubstr("home"));
}

}  // namespace
}  // namespace tunnel::ppp::test
