// Who decides about the proofs of a link: what it takes for one, and what it proves itself.

#include "tunneld/auth/authority.hpp"

#include "tests/auth/octets.hpp"
#include "tunneld/auth/chap_md5.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>

namespace tunnel::auth {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;
using Outcome = Authority::Decision::Outcome;
using enum AuthMethod;

constexpr std::uint8_t kId = 0x27;
const auto kForeign = octets("00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f");

/// `labs`, where `home` has to prove itself.
class AuthorityTest : public testing::Test {
 protected:
  AuthorityTest() { known("home", "open sesame"); }

  void known(const std::string& name, std::string_view text) {
    secrets_.insert_or_assign(name, secret(text));
  }

  Authority with(std::vector<AuthMethod> require, std::vector<AuthMethod> accept = {}) {
    return {{std::move(require), std::move(accept), "labs", "home"}, [this](std::string_view name) {
              const auto found = secrets_.find(name);
              return found == secrets_.end() ? nullptr : &found->second;
            }};
  }

  /// What `home` answers to a challenge.
  static std::vector<std::uint8_t> right(Bytes challenge, std::string_view text = "open sesame") {
    const auto response = chap_md5_response(kId, secret(text), challenge);
    return {response.begin(), response.end()};
  }

  static Authority::Decision check(Authority& authority, Bytes response,
                                   std::string_view name = "home") {
    return authority.check(ChapMd5, kId, to_bytes(name), response);
  }

  static std::string why_not(std::variant<Authority::Proof, std::string> made) {
    const auto* reason = std::get_if<std::string>(&made);
    return reason == nullptr ? "" : *reason;
  }

 private:
  std::map<std::string, Secret, std::less<>> secrets_;
};

TEST_F(AuthorityTest, AcceptsTheResponseToItsChallenge) {
  auto labs = with({ChapMd5});
  EXPECT_FALSE(labs.satisfied());
  EXPECT_EQ(check(labs, right(labs.challenge())).outcome, Outcome::Accepted);
  EXPECT_TRUE(labs.satisfied());
}

TEST_F(AuthorityTest, MakesAnotherChallengeEachTime) {
  auto labs = with({ChapMd5});
  const auto first = labs.challenge();
  EXPECT_THAT(first, SizeIs(kMsChapV2Challenge));
  EXPECT_NE(labs.challenge(), first);
}

TEST_F(AuthorityTest, TakesOneProofOnlyForAChallenge) {
  auto labs = with({ChapMd5});
  const auto response = right(labs.challenge());
  ASSERT_EQ(check(labs, response).outcome, Outcome::Accepted);
  const auto replayed = check(labs, response);
  EXPECT_EQ(replayed.outcome, Outcome::Refused);
  EXPECT_EQ(replayed.reason, "a response without a challenge");
  EXPECT_FALSE(labs.satisfied());
}

TEST_F(AuthorityTest, LetsNobodyGuessTwiceAtAChallenge) {
  auto labs = with({ChapMd5});
  const auto challenge = labs.challenge();
  ASSERT_EQ(check(labs, right(challenge, "guessed")).outcome, Outcome::Refused);
  EXPECT_EQ(check(labs, right(challenge)).reason, "a response without a challenge");
  EXPECT_FALSE(labs.satisfied());
}

TEST_F(AuthorityTest, TakesNoProofForAChallengeThatItHasNotMade) {
  auto labs = with({ChapMd5});
  EXPECT_EQ(check(labs, right(kForeign)).reason, "a response without a challenge");
  labs.challenge();
  EXPECT_EQ(check(labs, right(kForeign)).outcome, Outcome::Refused);
  EXPECT_FALSE(labs.satisfied());
}

TEST_F(AuthorityTest, TakesNoProofForAnEarlierChallenge) {
  auto labs = with({ChapMd5});
  const auto earlier = labs.challenge();
  labs.challenge();
  EXPECT_EQ(check(labs, right(earlier)).outcome, Outcome::Refused);
}

TEST_F(AuthorityTest, TakesNoProofForAChallengeOfAnEarlierNegotiation) {
  auto labs = with({ChapMd5});
  const auto earlier = labs.challenge();
  labs.forget();
  EXPECT_EQ(check(labs, right(earlier)).reason, "a response without a challenge");
}

TEST_F(AuthorityTest, TakesNoProofByAMethodThatItHasNotAskedFor) {
  auto labs = with({ChapMd5});
  labs.challenge();
  const auto password = to_bytes("open sesame");
  EXPECT_EQ(labs.check(Pap, kId, to_bytes("home"), password).reason,
            "a method that was not asked for");
  EXPECT_FALSE(labs.satisfied());
}

// Whoever else's secret it has: this link is for one peer.
TEST_F(AuthorityTest, RefusesEveryNameButThePeers) {
  known("guest", "guest's own");
  auto labs = with({ChapMd5});
  for (const auto* name : {"guest", "labs", "Home", "nobody"}) {
    EXPECT_EQ(check(labs, right(labs.challenge(), "guest's own"), name).reason, "an unknown name")
        << name;
  }
  EXPECT_EQ(check(labs, right(labs.challenge(), "guest's own"), "").outcome, Outcome::Refused);
  EXPECT_FALSE(labs.satisfied());
}

TEST_F(AuthorityTest, RefusesEveryProofOfANameWhoseSecretIsEmpty) {
  known("home", "");
  auto labs = with({Pap, ChapMd5, MsChapV2});
  for (const auto method : {Pap, ChapMd5, MsChapV2}) {
    for (const std::size_t size : {0U, 1U, 16U, 49U}) {
      labs.challenge();
      const std::vector<std::uint8_t> response(size);
      EXPECT_EQ(labs.check(method, kId, to_bytes("home"), response).outcome, Outcome::Refused);
      EXPECT_FALSE(labs.satisfied());
    }
  }
}

TEST_F(AuthorityTest, NamesNoSecretInARefusal) {
  auto labs = with({Pap});
  const auto guessed = to_bytes("guessed");
  const auto decision = labs.check(Pap, kId, to_bytes("home"), guessed);
  EXPECT_EQ(decision.outcome, Outcome::Refused);
  EXPECT_THAT(decision.reason, Not(HasSubstr("sesame")));
  EXPECT_THAT(decision.reason, Not(HasSubstr("guessed")));
}

TEST_F(AuthorityTest, TakesAProofBackWhenALaterOneFails) {
  auto labs = with({ChapMd5});
  ASSERT_EQ(check(labs, right(labs.challenge())).outcome, Outcome::Accepted);
  check(labs, right(labs.challenge(), "forgotten"));
  EXPECT_FALSE(labs.satisfied());
}

TEST_F(AuthorityTest, IsSatisfiedWhereNothingIsRequired) {
  EXPECT_TRUE(with({}).satisfied());
}

TEST_F(AuthorityTest, IsSatisfiedByALinkThatItAdopts) {
  auto labs = with({ChapMd5});
  labs.adopt();
  EXPECT_TRUE(labs.satisfied());
}

TEST_F(AuthorityTest, IsNotSatisfiedByTheNextNegotiationOfALinkThatItHasAdopted) {
  auto labs = with({ChapMd5});
  labs.adopt();
  labs.forget();
  EXPECT_FALSE(labs.satisfied());
}

TEST_F(AuthorityTest, IsNotSatisfiedByAnAdoptedPeerThatFailsToProveItselfAgain) {
  auto labs = with({ChapMd5});
  labs.adopt();
  check(labs, right(labs.challenge(), "forgotten"));
  EXPECT_FALSE(labs.satisfied());
}

TEST_F(AuthorityTest, ProvesOurNameToAForeignChallenge) {
  known("labs", "our own");
  auto labs = with({}, {ChapMd5});
  const auto made = labs.prove(ChapMd5, kId, kForeign);
  ASSERT_TRUE(std::holds_alternative<Authority::Proof>(made));
  const auto& proof = std::get<Authority::Proof>(made);
  EXPECT_EQ(proof.name, "labs");
  EXPECT_THAT(proof.response.reveal(), ElementsAreArray(right(kForeign, "our own")));
}

// Reflection: a peer that knows no secret has us answer the question that it was asked.
TEST_F(AuthorityTest, NeverProvesItsOwnChallenge) {
  known("labs", "open sesame");
  for (const auto method : {ChapMd5, MsChapV2}) {
    auto labs = with({method}, {method});
    const auto ours = labs.challenge();
    EXPECT_EQ(why_not(labs.prove(method, kId, ours)), "the challenge is our own");
    EXPECT_EQ(why_not(labs.prove(method, kId, kForeign)), "");
  }
}

TEST_F(AuthorityTest, ProvesNothingByAMethodThatIsNotAllowed) {
  known("labs", "our own");
  auto labs = with({ChapMd5}, {MsChapV2});
  EXPECT_THAT(why_not(labs.prove(ChapMd5, kId, kForeign)), HasSubstr("profile does not list it"));
  EXPECT_THAT(why_not(labs.prove(Pap, kId, {})), HasSubstr("profile does not list it"));
}

TEST_F(AuthorityTest, ProvesNothingForAnEmptyChallenge) {
  known("labs", "our own");
  auto labs = with({}, {ChapMd5, MsChapV2});
  for (const auto method : {ChapMd5, MsChapV2}) {
    EXPECT_EQ(why_not(labs.prove(method, kId, {})), "the challenge is empty");
  }
}

TEST_F(AuthorityTest, ProvesNothingWithoutASecretOrWithAnEmptyOne) {
  auto labs = with({}, {Pap, ChapMd5, MsChapV2});
  for (const auto method : {Pap, ChapMd5, MsChapV2}) {
    EXPECT_EQ(why_not(labs.prove(method, kId, kForeign)),
              "there is no secret for our name \"labs\"");
  }
  known("labs", "");
  for (const auto method : {Pap, ChapMd5, MsChapV2}) {
    EXPECT_EQ(why_not(labs.prove(method, kId, kForeign)),
              "there is no secret for our name \"labs\"");
  }
}

// RFC 2759 §5: who accepts us by MS-CHAPv2 proves that it knows the secret, too.
TEST_F(AuthorityTest, IsExpectedByThePeerToSayWhatItSaysInAnMsChapV2Success) {
  auto labs = with({MsChapV2});
  Authority home{{{}, {MsChapV2}, "home", "labs"}, [](std::string_view) {
                   static const auto own = secret("open sesame");
                   return &own;
                 }};
  const auto made = home.prove(MsChapV2, kId, labs.challenge());
  ASSERT_TRUE(std::holds_alternative<Authority::Proof>(made));
  const auto& proof = std::get<Authority::Proof>(made);
  const auto decision = labs.check(MsChapV2, kId, to_bytes(proof.name), proof.response.reveal());
  EXPECT_EQ(decision.outcome, Outcome::Accepted);
  EXPECT_THAT(decision.message, StartsWith("S="));
  EXPECT_EQ(decision.message, proof.expected);
}

TEST_F(AuthorityTest, SaysNothingThatAnMsChapV2PeerExpectsWhereItRefuses) {
  auto labs = with({MsChapV2});
  labs.challenge();
  const std::vector<std::uint8_t> guessed(49, 0x33);
  const auto decision = labs.check(MsChapV2, kId, to_bytes("home"), guessed);
  EXPECT_EQ(decision.outcome, Outcome::Refused);
  EXPECT_EQ(decision.message, "");
}

}  // namespace
}  // namespace tunnel::auth
