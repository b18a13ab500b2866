// PAP, CHAP-MD5 and MS-CHAPv2 between two ends, and what a peer can do to them.

#include "tests/ppp/fake_wire.hpp"
#include "tests/ppp/scripted_peer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::ppp::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using Kind = DownReason::Kind;

constexpr auto kRoundTrip = 2 * FakeWire::kDelay;
const std::vector<AuthMethod> kAll{AuthMethod::MsChapV2, AuthMethod::ChapMd5, AuthMethod::Pap};

/// `home` dials, `labs` wants to know who it is.
class Auth : public testing::TestWithParam<AuthMethod> {
 protected:
  Auth() {
    first.auth.accept = {GetParam()};
    second.auth.require = {GetParam()};
    second.auth.name = "labs";
  }

  LinkOptions first = home();
  LinkOptions second = labs();
};

INSTANTIATE_TEST_SUITE_P(Methods, Auth, testing::ValuesIn(kAll), [](const auto& method) {
  std::string name{auth_method_name(method.param)};
  std::erase(name, '-');
  return name;
});

// LCP takes one round trip, a challenge one and a half, IPCP the last.
TEST_P(Auth, LetsInWhoKnowsTheSecretWithinThreeRoundTripsAndAHalf) {
  FakeWire wire{first, second};
  wire.up();
  wire.run(7 * kRoundTrip / 2);
  EXPECT_TRUE(wire.both_open());
  EXPECT_THAT(wire.a.phases, ElementsAre(Phase::Establish, Phase::Authenticate, Phase::Network));
  EXPECT_THAT(wire.b.phases, ElementsAre(Phase::Establish, Phase::Authenticate, Phase::Network));
}

TEST_P(Auth, GoesBothWays) {
  first.auth.require = second.auth.accept = {GetParam()};
  first.auth.name = "home";
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  EXPECT_TRUE(wire.both_open());
}

TEST_P(Auth, KeepsOutWhoDoesNotKnowTheSecret) {
  FakeWire wire{first, second};
  wire.a_secrets = SecretKeeper{"home", "guessed"};
  wire.up();
  wire.run(10s);
  ASSERT_TRUE(wire.both_finished());
  const std::string method{auth_method_name(GetParam())};
  EXPECT_EQ(wire.b.reason(), "peer \"home\" has not proved itself by " + method + ": unknown name");
  EXPECT_THAT(wire.a.reason(), HasSubstr("peer does not accept our " + method + " proof as "));
  EXPECT_THAT(wire.a.reason(), HasSubstr("access denied"));
  EXPECT_THAT(wire.a.reason(), Not(HasSubstr("unknown name")));  // which is not the peer's business
  for (const auto* end : {&wire.a, &wire.b}) {
    EXPECT_EQ(end->finished_reasons[0].kind, Kind::AuthFailed);
    EXPECT_EQ(end->finished_reasons[0].permanence, DownReason::Permanence::Permanent);
    EXPECT_EQ(end->network_ups, 0U);
  }
}

TEST_P(Auth, EndsWhereWeHaveNoSecretForThePeer) {
  FakeWire wire{first, second};
  wire.a_secrets.has_secret = false;
  wire.up();
  wire.run(10s);
  EXPECT_EQ(wire.a.reason(), "peer requires " + std::string{auth_method_name(GetParam())} +
                                 ", and no secret for it");
  EXPECT_EQ(wire.b.network_ups, 0U);
}

TEST_P(Auth, SurvivesALossyWire) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    first.auth.require = second.auth.accept = {GetParam()};
    FakeWire wire{first, second, seed, {.lost = 15, .doubled = 10, .late = 15}};
    wire.up();
    wire.run(4min);
    ASSERT_TRUE(wire.both_open() || wire.both_finished());
  }
}

TEST_P(Auth, WritesNoSecretIntoTheLog) {
  FakeWire wire{first, second};
  wire.b_secrets = SecretKeeper{"labs", "another"};
  wire.up();
  wire.run(10s);
  for (const auto* end : {&wire.a, &wire.b}) {
    for (const auto& line : end->lines) EXPECT_THAT(line, Not(HasSubstr("sesame")));
  }
}

TEST_P(Auth, RefusesAPeerThatWillNotBeAsked) {
  first.auth.accept.clear();
  FakeWire wire{first, second};
  wire.up();
  wire.run(10s);
  const std::string method{auth_method_name(GetParam())};
  EXPECT_EQ(wire.b.reason(), "peer refuses to prove itself by " + method);
  wire.a.link.transport_down(wire.now);
  EXPECT_THAT(wire.a.reason(),
              HasSubstr("peer requires " + method + ", which the profile does not allow"));
  EXPECT_EQ(wire.a.network_ups + wire.b.network_ups, 0U);
}

TEST_P(Auth, WaitsInVainForATunneldThatDoesNotAnswer) {
  FakeWire wire{first, second};
  wire.answering = false;
  wire.up();
  wire.run(2min);
  EXPECT_TRUE(wire.both_finished());
  EXPECT_EQ(wire.a.network_ups + wire.b.network_ups, 0U);
}

TEST(AuthMethods, AreTriedInOrderUntilThePeerTakesOne) {
  auto first = home();
  auto second = labs();
  first.auth.accept = {AuthMethod::Pap};
  second.auth.require = kAll;
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  EXPECT_TRUE(wire.both_open());
  EXPECT_TRUE(wire.b.logged("Auth: peer is \"home\", by PAP"));
}

TEST(AuthMethods, DoNotIncludePapOnAPlainChannel) {
  auto first = home();
  auto second = labs();
  first.auth.accept = {AuthMethod::Pap};
  first.channel = Channel::Plain;
  second.auth.require = {AuthMethod::Pap};
  FakeWire wire{first, second};
  wire.up();
  wire.run(10s);
  EXPECT_EQ(wire.b.reason(), "peer refuses to prove itself by PAP");
}

TEST(AuthMethods, OfWhichNoneIsLeftOpenNothing) {
  auto first = home();
  auto second = labs();
  second.channel = Channel::Plain;
  second.auth.require = {AuthMethod::Pap};
  FakeWire wire{first, second};
  wire.up();
  wire.run(10s);
  EXPECT_EQ(wire.b.network_ups, 0U);
  EXPECT_EQ(wire.b.reason(),
            "the profile requires PAP of the peer, which needs an encrypted connection");
}

/// `labs` asks `home` again every minute.
class AuthAgain : public testing::Test {
 protected:
  AuthAgain() { wire.up(); }

  static LinkOptions asked() {
    auto options = home();
    options.auth.accept = {AuthMethod::ChapMd5};
    return options;
  }

  static LinkOptions asking() {
    auto options = labs();
    options.auth.require = {AuthMethod::ChapMd5};
    options.auth.rechallenge = 60s;
    return options;
  }

  FakeWire wire{asked(), asking()};
};

TEST_F(AuthAgain, IsAskedAtTheIntervalWithoutDisturbingTheLink) {
  wire.run(5min + 1s);
  EXPECT_TRUE(wire.both_open());
  EXPECT_EQ(wire.b_secrets.challenges, 6U);
  EXPECT_EQ(wire.a.network_downs + wire.b.network_downs, 0U);
}

TEST_F(AuthAgain, EndsTheLinkOfAPeerThatFailsLater) {
  wire.run(59s);
  wire.a_secrets = SecretKeeper{"home", "forgotten"};
  wire.run(20s);
  EXPECT_TRUE(wire.both_finished());
  EXPECT_THAT(wire.b.reason(), HasSubstr("has not proved itself"));
  EXPECT_EQ(wire.b.network_downs, 1U);
}

TEST_F(AuthAgain, OutlivesATunneldThatRestarts) {
  wire.run(59s);
  wire.answering = false;
  wire.run(5min);
  EXPECT_TRUE(wire.both_open());
  wire.a.questions.clear();  // the new one has not heard them
  wire.b.questions.clear();
  wire.answering = true;
  wire.run(2min);
  EXPECT_TRUE(wire.both_open());
  EXPECT_GT(wire.b_secrets.challenges, 1U);
}

/// A peer of which the test writes every packet, and `home`, which has been asked to prove itself.
class AuthPeer : public ScriptedPeer {
 protected:
  static LinkOptions asking(AuthMethod method) {
    auto out = options("10.224.1.1", "10.224.1.2");
    out.auth.require = {method};
    out.auth.accept = {AuthMethod::MsChapV2, AuthMethod::ChapMd5};
    out.auth.name = "home";
    return out;
  }

  explicit AuthPeer(AuthMethod method = AuthMethod::ChapMd5) : ScriptedPeer{asking(method)} {}

  void open_both() {
    start();
    lcp(Code::ConfigureRequest, 1, joined({kPeerRequest, {3, 5, 0xc2, 0x23, 5}}));
    answer_lcp(Code::ConfigureAck);
    ASSERT_EQ(us.link.phase(), Phase::Authenticate);
    while (!us.questions.empty()) answer();
  }

  void answer() {
    auto& asked = us.questions.front();
    us.link.answer(asked.serial, keeper.answer(asked.question), now);
    us.questions.pop_front();
  }

  void chap(ChapCode code, std::uint8_t id, const Octets& data) {
    us.link.receive(Protocol::Chap, control(Code{static_cast<std::uint8_t>(code)}, id, data), now);
  }

  Packet last_chap(ChapCode code) const {
    return last(Protocol::Chap, Code{static_cast<std::uint8_t>(code)});
  }

  SecretKeeper keeper{"home", "open sesame"};
};

TEST_F(AuthPeer, CannotHaveItsChallengeAnsweredByWhoMadeIt) {
  open_both();
  const auto ours = last_chap(ChapCode::Challenge);
  chap(ChapCode::Challenge, ours.id(), ours.data());
  EXPECT_THAT(us.questions, IsEmpty());
  lcp(Code::TerminateAck, 1);
  EXPECT_THAT(us.reason(), HasSubstr("sent our own CHAP Challenge back"));
}

TEST_F(AuthPeer, IsRefusedWithAnEmptyName) {
  open_both();
  const auto id = last_chap(ChapCode::Challenge).id();
  chap(ChapCode::Response, id, joined({{16}, Octets(16, 7)}));
  EXPECT_EQ(last_chap(ChapCode::Failure).data(), text("access denied"));
  EXPECT_THAT(us.questions, IsEmpty());
}

TEST_F(AuthPeer, IsRefusedWithAResponseOfAnyOtherLength) {
  for (std::size_t size = 1; size < 256; ++size) {
    if (size == 16) continue;
    End end{asking(AuthMethod::ChapMd5)};
    end.link.transport_up(now);
    end.link.receive(Protocol::Lcp, control(Code::ConfigureRequest, 1, kPeerRequest), now);
    const auto request = end.sent_of(Protocol::Lcp, Code::ConfigureRequest).back();
    end.link.receive(Protocol::Lcp, control(Code::ConfigureAck, request.id(), request.data()), now);
    end.link.answer(end.questions.front().serial, Challenge{Octets(16, 1)}, now);
    end.questions.clear();
    const auto id = end.sent_of(Protocol::Chap, Code{1}).back().id();
    end.link.receive(
        Protocol::Chap,
        control(Code{2}, id, joined({{static_cast<std::uint8_t>(size)}, Octets(size, 7), {'x'}})),
        now);
    ASSERT_THAT(end.sent_of(Protocol::Chap, Code{4}), SizeIs(1)) << size;
    ASSERT_THAT(end.questions, IsEmpty());
  }
}

TEST_F(AuthPeer, GetsNowhereWithAResponseOfAnotherIdentifier) {
  open_both();
  const auto id = last_chap(ChapCode::Challenge).id();
  chap(ChapCode::Response, static_cast<std::uint8_t>(id + 1),
       joined({{16}, Octets(16, 7), text("home")}));
  EXPECT_THAT(us.questions, IsEmpty());
  EXPECT_EQ(us.link.phase(), Phase::Authenticate);
}

TEST_F(AuthPeer, HearsTheOutcomeAgainWhenItWasLost) {
  open_both();
  const auto id = last_chap(ChapCode::Challenge).id();
  const auto challenge = last_chap(ChapCode::Challenge).data();
  const auto value = Bytes{challenge}.subspan(1, 16);
  const auto proof = joined(
      {{16}, SecretKeeper::response(AuthMethod::ChapMd5, id, value, "open sesame"), text("labs")});
  chap(ChapCode::Response, id, proof);
  answer();
  chap(ChapCode::Response, id, proof);
  EXPECT_EQ(count(Protocol::Chap, Code{3}), 2U);
  EXPECT_THAT(us.questions, IsEmpty());
}

TEST_F(AuthPeer, CannotSendDataBeforeItHasProvedItself) {
  open_both();
  us.forget();
  ipcp(Code::ConfigureRequest, 1, kPeerAddress);
  us.link.receive(Protocol::Ipv6cp, control(Code::ConfigureRequest, 1), now);
  us.link.receive(Protocol::Ccp, control(Code::ConfigureRequest, 1), now);
  EXPECT_THAT(us.sent, IsEmpty());
  EXPECT_FALSE(us.link.network_open());
}

TEST_F(AuthPeer, CannotSkipTheQuestionByRenegotiating) {
  open_both();
  for (std::uint8_t id = 2; id < 20; ++id) {
    lcp(Code::ConfigureRequest, id, kPeerRequest);
    answer_lcp(Code::ConfigureAck);
    ipcp(Code::ConfigureRequest, 1, kPeerAddress);
    EXPECT_EQ(us.network_ups, 0U);
    EXPECT_NE(us.link.phase(), Phase::Network);
  }
}

TEST_F(AuthPeer, WithAProtocolThatWasNotAgreedIsRejected) {
  open_both();
  us.link.receive(Protocol::Pap, control(Code{1}, 1, joined({{1, 'x', 1, 'y'}})), now);
  EXPECT_THAT(us.questions, IsEmpty());
  EXPECT_EQ(last(Protocol::Lcp, Code::ProtocolReject).data()[1], 0x23);
}

/// An end that authenticates nobody.
class OpenEnd : public ScriptedPeer {};

TEST_F(OpenEnd, SaysThatAPeerRequiresEap) {
  start();
  lcp(Code::ConfigureRequest, 1, joined({kPeerRequest, {3, 4, 0xc2, 0x27}}));
  EXPECT_EQ(last(Protocol::Lcp, Code::ConfigureReject).data(), (Octets{3, 4, 0xc2, 0x27}));
  lcp(Code::TerminateRequest, 2, text("peer refused to authenticate"));
  us.link.transport_down(now);
  EXPECT_EQ(us.reason(), "peer requires EAP; peer closed the link: peer refused to authenticate");
  EXPECT_EQ(us.finished_reasons[0].kind, Kind::AuthRefused);
}

// As pppd does.
TEST_F(OpenEnd, SaysSoAlsoOfAPeerThatOpensLcpWithoutItAndHangsUpThen) {
  start();
  lcp(Code::ConfigureRequest, 1, joined({kPeerRequest, {3, 4, 0xc2, 0x27}}));
  lcp(Code::ConfigureRequest, 2, kPeerRequest);
  answer_lcp(Code::ConfigureAck);
  lcp(Code::TerminateRequest, 3, text("peer refused to authenticate"));
  us.link.transport_down(now);
  EXPECT_EQ(us.reason(), "peer requires EAP; peer closed the link: peer refused to authenticate");
}

TEST_F(OpenEnd, ForgetsItWithTheNextConnection) {
  start();
  lcp(Code::ConfigureRequest, 1, joined({kPeerRequest, {3, 4, 0xc2, 0x27}}));
  us.link.transport_down(now);
  us.finished_reasons.clear();
  start();
  lcp(Code::TerminateRequest, 2, text("good night"));
  us.link.transport_down(now);
  EXPECT_EQ(us.reason(), "peer closed the link: good night");
}

TEST_F(OpenEnd, ForgetsItOnceTheNetworkIsUp) {
  start();
  lcp(Code::ConfigureRequest, 1, joined({kPeerRequest, {3, 4, 0xc2, 0x27}}));
  lcp(Code::ConfigureRequest, 2, kPeerRequest);
  answer_lcp(Code::ConfigureAck);
  ipcp(Code::ConfigureRequest, 1, kPeerAddress);
  answer_ipcp(Code::ConfigureAck);
  ASSERT_TRUE(us.link.network_open());
  lcp(Code::TerminateRequest, 3, text("good night"));
  us.link.transport_down(now);
  EXPECT_EQ(us.reason(), "peer closed the link: good night");
}

}  // namespace
}  // namespace tunnel::ppp::test
