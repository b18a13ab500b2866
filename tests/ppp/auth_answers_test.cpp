// What the two halves of authentication take for an answer: the peer's, in a Success packet, and
// tunneld's, to the question that was asked last; and how many questions a peer can have asked.

#include "tests/ppp/scripted_peer.hpp"
#include "tests/ppp/secret_keeper.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::ppp::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using Kind = DownReason::Kind;

const Octets kAsksForMd5{3, 5, 0xc2, 0x23, 0x05};
const Octets kAsksForMsChapV2{3, 5, 0xc2, 0x23, 0x81};

/// tunneld's part and the peer's are both the test's.
class AuthDialogue : public ScriptedPeer {
 protected:
  using ScriptedPeer::ScriptedPeer;

  void chap(ChapCode code, std::uint8_t id, const Octets& data) {
    us.link.receive(Protocol::Chap, control(Code{static_cast<std::uint8_t>(code)}, id, data), now);
  }

  std::size_t sent(ChapCode code) const {
    return count(Protocol::Chap, Code{static_cast<std::uint8_t>(code)});
  }

  /// Takes the oldest question off; the answers are up to the test.
  template <typename Question>
  AuthSerial asked() {
    EXPECT_THAT(us.questions, Not(IsEmpty()));
    if (us.questions.empty()) return 0;
    const auto serial = us.questions.front().serial;
    EXPECT_TRUE(std::holds_alternative<Question>(us.questions.front().question));
    us.questions.pop_front();
    return serial;
  }
};

/// The peer wants to know who we are.
class Asked : public AuthDialogue {
 protected:
  static constexpr std::uint8_t kId = 7;

  Asked() : AuthDialogue{wishes()} {}

  static LinkOptions wishes() {
    auto out = options("10.224.1.1", "10.224.1.2");
    out.auth.accept = {AuthMethod::MsChapV2, AuthMethod::ChapMd5};
    return out;
  }

  void agree(const Octets& method) {
    start();
    lcp(Code::ConfigureRequest, 1, joined({kPeerRequest, method}));
    answer_lcp(Code::ConfigureAck);
    ASSERT_EQ(us.link.phase(), Phase::Authenticate);
  }

  void challenge(std::uint8_t id, std::uint8_t octet = 0x11) {
    chap(ChapCode::Challenge, id, joined({{16}, Octets(16, octet), text("labs")}));
  }

  void give_proof(AuthSerial serial, std::string expected = {}) {
    us.link.answer(serial, Proof{"home", Secret{Octets(49, 0x22)}, std::move(expected)}, now);
  }

  /// We have sent an MS-CHAPv2 proof, and expect to hear that in turn.
  void prove(std::string expected) {
    agree(kAsksForMsChapV2);
    challenge(kId);
    give_proof(asked<ProofWanted>(), std::move(expected));
    ASSERT_EQ(sent(ChapCode::Response), 1U);
  }

  void expect_refused() {
    EXPECT_NE(us.link.phase(), Phase::Network);
    EXPECT_EQ(us.network_ups, 0U);
    us.link.transport_down(now);
    EXPECT_EQ(us.reason(), "peer accepts our MS-CHAPv2 proof and does not know the secret itself");
    ASSERT_THAT(us.finished_reasons, SizeIs(1));
    EXPECT_EQ(us.finished_reasons[0].kind, Kind::AuthFailed);
  }
};

const std::string kProof = "S=407A5589115FD0D6209F510FE9C04566932CDA56";

TEST_F(Asked, TakesAnMsChapV2SuccessThatProvesThePeer) {
  prove(kProof);
  chap(ChapCode::Success, kId, text(kProof));
  EXPECT_EQ(us.link.phase(), Phase::Network);
}

// RFC 2759 §5: "S=<auth_string> M=<message>".
TEST_F(Asked, TakesAnMsChapV2SuccessWithAMessageBehindTheProof) {
  prove(kProof);
  chap(ChapCode::Success, kId, text(kProof + " M=Welcome"));
  EXPECT_EQ(us.link.phase(), Phase::Network);
}

TEST_F(Asked, RefusesAnMsChapV2SuccessWithAnotherProof) {
  for (std::size_t at = 0; at < kProof.size(); ++at) {
    SCOPED_TRACE(at);
    auto wrong = kProof;
    wrong[at] ^= 1;
    us.finished_reasons.clear();
    prove(kProof);
    chap(ChapCode::Success, kId, text(wrong + " M=Welcome"));
    expect_refused();
    us.forget();
    now += 1s;  // challenges are taken at a bounded rate
  }
}

TEST_F(Asked, RefusesAnMsChapV2SuccessWithoutAProof) {
  prove(kProof);
  chap(ChapCode::Success, kId, text("M=Welcome"));
  expect_refused();
}

TEST_F(Asked, RefusesAnMsChapV2SuccessThatSaysNothing) {
  prove(kProof);
  chap(ChapCode::Success, kId, {});
  expect_refused();
}

TEST_F(Asked, RefusesAnMsChapV2SuccessWithABeginningOfTheProofOnly) {
  prove(kProof);
  chap(ChapCode::Success, kId, text(kProof.substr(0, kProof.size() - 1)));
  expect_refused();
}

TEST_F(Asked, RefusesEveryMsChapV2SuccessWhereItKnowsNotWhatToExpect) {
  prove("");
  chap(ChapCode::Success, kId, {});
  expect_refused();
}

TEST_F(Asked, RefusesEvenAProofWhereItKnowsNotWhatToExpect) {
  prove("");
  chap(ChapCode::Success, kId, text(kProof));
  expect_refused();
}

// RFC 1994 §4.2: the Identifier is that of the Response which caused the reply.
TEST_F(Asked, PassesOverOutcomesOfAnyOtherIdentifier) {
  prove(kProof);
  for (unsigned id = 0; id < 256; ++id) {
    if (id == kId) continue;
    chap(ChapCode::Success, static_cast<std::uint8_t>(id), text(kProof));
    chap(ChapCode::Failure, static_cast<std::uint8_t>(id), text("no"));
  }
  EXPECT_EQ(us.link.phase(), Phase::Authenticate);
  chap(ChapCode::Success, kId, text(kProof));
  EXPECT_EQ(us.link.phase(), Phase::Network);
}

TEST_F(Asked, PassesOverASuccessBeforeItHasSentAProof) {
  agree(kAsksForMd5);
  chap(ChapCode::Success, 0, {});
  challenge(kId);
  chap(ChapCode::Success, kId, {});
  EXPECT_EQ(us.link.phase(), Phase::Authenticate);
}

TEST_F(Asked, ForgetsTheEapOfAPeerThatIsContentWithAnotherMethod) {
  start();
  lcp(Code::ConfigureRequest, 1, joined({kPeerRequest, {3, 4, 0xc2, 0x27}}));
  EXPECT_EQ(last(Protocol::Lcp, Code::ConfigureNak).data(), kAsksForMsChapV2);
  lcp(Code::ConfigureRequest, 2, joined({kPeerRequest, kAsksForMsChapV2}));
  answer_lcp(Code::ConfigureAck);
  lcp(Code::TerminateRequest, 3, text("good night"));
  us.link.transport_down(now);
  EXPECT_EQ(us.reason(), "peer closed the link: good night");
}

TEST_F(Asked, SendsNoProofForAnEarlierChallenge) {
  agree(kAsksForMd5);
  challenge(1, 0x11);
  challenge(2, 0x22);
  const auto earlier = asked<ProofWanted>();
  const auto last_one = asked<ProofWanted>();
  give_proof(earlier);
  EXPECT_EQ(sent(ChapCode::Response), 0U);
  give_proof(last_one);
  EXPECT_EQ(last(Protocol::Chap, Code{2}).id(), 2);
}

TEST_F(Asked, DoesNotEndForALackOfAProofThatIsNotWantedAnyMore) {
  agree(kAsksForMd5);
  challenge(1, 0x11);
  challenge(2, 0x22);
  us.link.answer(asked<ProofWanted>(), NoProof{"no secret for it"}, now);
  EXPECT_EQ(us.link.phase(), Phase::Authenticate);
}

TEST_F(Asked, SendsNoProofThatWasAskedForBeforeARenegotiation) {
  agree(kAsksForMd5);
  challenge(1);
  const auto earlier = asked<ProofWanted>();
  lcp(Code::ConfigureRequest, 2, joined({kPeerRequest, kAsksForMd5}));
  answer_lcp(Code::ConfigureAck);
  give_proof(earlier);
  EXPECT_EQ(sent(ChapCode::Response), 0U);
}

TEST_F(Asked, HasTenChallengesAtOnceAndTwoASecondAnswered) {
  agree(kAsksForMd5);
  for (int i = 0; i < 1000; ++i) challenge(static_cast<std::uint8_t>(i));
  EXPECT_THAT(us.questions, SizeIs(10));
  now += 1s;
  for (int i = 0; i < 1000; ++i) challenge(static_cast<std::uint8_t>(i));
  EXPECT_THAT(us.questions, SizeIs(12));
}

/// We want to know who the peer is.
class Asking : public AuthDialogue {
 protected:
  Asking() : AuthDialogue{wishes()} {}

  static LinkOptions wishes() {
    auto out = options("10.224.1.1", "10.224.1.2");
    out.auth.require = {AuthMethod::ChapMd5};
    out.auth.name = "home";
    return out;
  }

  void agree() {
    start();
    agree_again();
  }

  void agree_again() {
    lcp(Code::ConfigureRequest, 1, kPeerRequest);
    answer_lcp(Code::ConfigureAck);
    ASSERT_EQ(us.link.phase(), Phase::Authenticate);
  }

  void give_challenge(AuthSerial serial) {
    us.link.answer(serial, Challenge{Octets(16, 0x11)}, now);
  }

  void accept(AuthSerial serial) {
    us.link.answer(serial, AuthDecision{AuthDecision::Outcome::Accepted, {}, {}}, now);
  }

  void respond() {
    chap(ChapCode::Response, last(Protocol::Chap, Code{1}).id(),
         joined({{16}, Octets(16, 0x22), text("labs")}));
  }

  /// The peer has responded, and tunneld is thinking about it.
  AuthSerial wait_for_decision() {
    give_challenge(asked<ChallengeWanted>());
    respond();
    return asked<ProofReceived>();
  }
};

TEST_F(Asking, SendsNoChallengeThatWasMadeForAnEarlierQuestion) {
  agree();
  const auto earlier = asked<ChallengeWanted>();
  pass(2s);
  lcp(Code::DiscardRequest, 9, Octets(4, 0));  // it is alive
  pass(1s);
  const auto last_one = asked<ChallengeWanted>();
  give_challenge(earlier);
  EXPECT_EQ(sent(ChapCode::Challenge), 0U);
  give_challenge(last_one);
  EXPECT_EQ(sent(ChapCode::Challenge), 1U);
}

TEST_F(Asking, DoesNotTakeADecisionAboutAProofFromBeforeARenegotiation) {
  agree();
  const auto earlier = wait_for_decision();
  agree_again();
  const auto last_one = wait_for_decision();
  accept(earlier);
  EXPECT_EQ(sent(ChapCode::Success), 0U);
  EXPECT_EQ(us.link.phase(), Phase::Authenticate);
  accept(last_one);
  EXPECT_EQ(us.link.phase(), Phase::Network);
}

TEST_F(Asking, DoesNotTakeADecisionWhereItWaitsForAChallenge) {
  agree();
  accept(asked<ChallengeWanted>());
  EXPECT_EQ(sent(ChapCode::Success), 0U);
  EXPECT_EQ(us.link.phase(), Phase::Authenticate);
}

TEST_F(Asking, DoesNotTakeADecisionBeforeThePeerHasResponded) {
  agree();
  const auto serial = asked<ChallengeWanted>();
  give_challenge(serial);
  accept(serial);
  EXPECT_EQ(us.link.phase(), Phase::Authenticate);
}

TEST_F(Asking, ASecondDecisionChangesNothing) {
  agree();
  const auto serial = wait_for_decision();
  accept(serial);
  us.link.answer(serial, AuthDecision{AuthDecision::Outcome::Refused, {}, "late"}, now);
  EXPECT_EQ(us.link.phase(), Phase::Network);
  EXPECT_EQ(sent(ChapCode::Failure), 0U);
}

TEST_F(Asking, AsksAboutOneResponseToAChallengeOnly) {
  agree();
  wait_for_decision();
  respond();
  EXPECT_THAT(us.questions, IsEmpty());
}

TEST_F(Asking, RepeatsTheOutcomeTenTimesAtOnceAndTwiceASecond) {
  agree();
  accept(wait_for_decision());
  for (int i = 0; i < 1000; ++i) respond();
  EXPECT_EQ(sent(ChapCode::Success), 10U);
  now += 1s;
  for (int i = 0; i < 1000; ++i) respond();
  EXPECT_EQ(sent(ChapCode::Success), 12U);
}

}  // namespace
}  // namespace tunnel::ppp::test
