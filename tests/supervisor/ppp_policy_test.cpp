// What tunneld says to a bridge that asks about authentication, and to the link that it reports.

#include "tunneld/supervisor/ppp_authority.hpp"
#include "tunneld/supervisor/ppp_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tunnel::supervisor {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

Ipv4Address address(const char* text) {
  return *Ipv4Address::parse(text);
}

config::Site site() {
  config::Site out{.name = *SiteName::parse("labs"), .ssh = config::Dial{}, .ppp = {}};
  out.ppp.local = {address("10.224.1.1"), 32};
  out.ppp.remote = {address("10.224.1.2"), 32};
  out.ppp.auth = {{AuthMethod::Pap}, {AuthMethod::Pap, AuthMethod::ChapMd5}, "home", "labs", {}};
  return out;
}

class PppAuthorityTest : public testing::Test {
 protected:
  PppAuthorityTest() { secrets_.add("labs", Secret{to_bytes("open sesame")}); }

  ipc::AuthDecision check(const std::string& name, const std::string& password) {
    return std::get<ipc::AuthDecision>(
        authority_.answer(ipc::ProofReceived{.serial = 7,
                                             .method = AuthMethod::Pap,
                                             .name = to_bytes(name),
                                             .response = to_bytes(password)}));
  }

  config::Secrets secrets_;
  PppAuthority authority_{site(), secrets_};
};

TEST_F(PppAuthorityTest, AnswersEachQuestionWithItsSerial) {
  const auto challenge =
      std::get<ipc::Challenge>(authority_.answer(ipc::ChallengeWanted{.serial = 5}));
  EXPECT_EQ(challenge.serial, 5U);
  EXPECT_THAT(challenge.value, SizeIs(16));
  EXPECT_EQ(check("labs", "open sesame").serial, 7U);
  const auto none = authority_.answer(
      ipc::ProofWanted{.serial = 9, .method = AuthMethod::Pap, .challenge = {}, .name = {}});
  EXPECT_EQ(std::get<ipc::NoProof>(none).serial, 9U);
}

TEST_F(PppAuthorityTest, IsSatisfiedByThePeersProofAlone) {
  EXPECT_EQ(check("home", "open sesame").outcome, ipc::AuthOutcome::Refused);
  EXPECT_EQ(check("labs", "guessed").outcome, ipc::AuthOutcome::Refused);
  EXPECT_FALSE(authority_.satisfied());
  EXPECT_EQ(check("labs", "open sesame").outcome, ipc::AuthOutcome::Accepted);
  EXPECT_TRUE(authority_.satisfied());
}

TEST_F(PppAuthorityTest, ForgetsAProofWithTheNegotiation) {
  check("labs", "open sesame");
  authority_.forget();
  EXPECT_FALSE(authority_.satisfied());
  authority_.adopt();
  EXPECT_TRUE(authority_.satisfied());
}

TEST_F(PppAuthorityTest, AsksForTheSecretAtEveryProof) {
  secrets_ = {};
  EXPECT_EQ(check("labs", "open sesame").reason, "no secret is known for this name");
  secrets_.add("labs", Secret{to_bytes("another")});
  EXPECT_EQ(check("labs", "another").outcome, ipc::AuthOutcome::Accepted);
}

TEST_F(PppAuthorityTest, TakesTheSitesOwnSecretBeforeThatOfEverySite) {
  secrets_.add(*SiteName::parse("labs"), "labs", Secret{to_bytes("of this site")});
  EXPECT_EQ(check("labs", "open sesame").outcome, ipc::AuthOutcome::Refused);
  EXPECT_EQ(check("labs", "of this site").outcome, ipc::AuthOutcome::Accepted);
}

TEST_F(PppAuthorityTest, NeverProvesItsOwnChallenge) {
  secrets_.add("home", Secret{to_bytes("open sesame")});
  const auto ours = std::get<ipc::Challenge>(authority_.answer(ipc::ChallengeWanted{}));
  const auto answer = authority_.answer(ipc::ProofWanted{
      .method = AuthMethod::ChapMd5, .id = 1, .challenge = ours.value, .name = {}});
  EXPECT_EQ(std::get<ipc::NoProof>(answer).reason, "the challenge is our own");
}

/// A link as the profile of site() wants it.
ipc::LinkUp link() {
  return {.ipv4 = ipc::LinkIpv4{.local = address("10.224.1.1"),
                                .remote = address("10.224.1.2"),
                                .dns = {},
                                .nbns = {}},
          .ipv6 = {},
          .receive_mru = Mru{1500},
          .transmit_mru = Mru{1500},
          .transport = {}};
}

class Objection : public testing::Test {
 protected:
  std::string objection_to(const ipc::LinkUp& up) const {
    return objection(up, profile_, profile_.remote);
  }

  config::Ppp profile_ = site().ppp;
  ipc::LinkUp up_ = link();
};

TEST_F(Objection, ThereIsNoneToWhatTheProfileSays) {
  EXPECT_EQ(objection_to(up_), "");
}

TEST_F(Objection, IsMadeToAddressesThatTheProfileDoesNotAllow) {
  up_.ipv4->remote = address("10.224.1.3");
  EXPECT_THAT(objection_to(up_), HasSubstr("which the profile does not allow"));
  up_ = link();
  up_.ipv4->local = address("10.224.1.9");
  EXPECT_THAT(objection_to(up_), HasSubstr("which the profile does not allow"));
}

TEST_F(Objection, IsMadeToOneAddressAtBothEnds) {
  profile_.remote = {address("10.224.1.2"), 24};
  up_.ipv4->remote = up_.ipv4->local;
  EXPECT_EQ(objection_to(up_), "address 10.224.1.1 at both ends");
}

TEST_F(Objection, IsMadeToALinkWithoutAddresses) {
  up_.ipv4.reset();
  EXPECT_EQ(objection_to(up_), "a link without addresses");
}

TEST_F(Objection, IsMadeToAnMtuThatTheKernelDoesNotTake) {
  up_.transmit_mru = Mru{67};
  EXPECT_EQ(objection_to(up_), "MRU 67");
}

TEST_F(Objection, IsMadeToAFamilyThatTheProfileDenies) {
  profile_.options.ipv6 = Policy::Deny;
  up_.ipv6 = ipc::LinkIpv6{.local = {1}, .remote = {2}};
  EXPECT_EQ(objection_to(up_), "another family than the profile's");
  profile_.options.ipv6 = Policy::Accept;
  EXPECT_EQ(objection_to(up_), "");
  profile_.options.ip = Policy::Deny;
  EXPECT_EQ(objection_to(up_), "another family than the profile's");
}

TEST_F(Objection, IsMadeToALinkWithoutAFamilyThatTheProfileRequires) {
  profile_.options.ipv6 = Policy::Require;
  EXPECT_EQ(objection_to(up_), "another family than the profile's");
  profile_.options.ipv6 = Policy::Request;
  profile_.options.ip = Policy::Require;
  up_.ipv6 = ipc::LinkIpv6{.local = {1}, .remote = {2}};
  up_.ipv4.reset();
  EXPECT_EQ(objection_to(up_), "another family than the profile's");
}

TEST_F(Objection, IsMadeToInterfaceIdentifiersThatCannotBe) {
  profile_.options.ipv6 = Policy::Request;
  for (const auto& [local, remote] : {std::pair{0U, 2U}, std::pair{1U, 0U}, std::pair{1U, 1U}}) {
    up_.ipv6 = ipc::LinkIpv6{.local = {local}, .remote = {remote}};
    EXPECT_EQ(objection_to(up_), "interface identifiers that cannot be");
  }
}

TEST(PppSettings, HaveWhatTheProfileSaysOfTheDataPath) {
  config::Ppp profile = site().ppp;
  EXPECT_EQ(ppp_settings(profile, profile.remote).offload, Offload::Use);
  EXPECT_EQ(ppp_settings(profile, profile.remote).clamp_mss, ClampMss::Yes);
  profile.offload = Offload::Avoid;
  EXPECT_EQ(ppp_settings(profile, profile.remote).offload, Offload::Avoid);
  EXPECT_EQ(ppp_settings(profile, profile.remote).clamp_mss, ClampMss::Yes);
  profile.clamp_mss = ClampMss::No;
  EXPECT_EQ(ppp_settings(profile, profile.remote).clamp_mss, ClampMss::No);
}

}  // namespace
}  // namespace tunnel::supervisor
