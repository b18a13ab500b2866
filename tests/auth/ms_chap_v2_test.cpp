#include "tunneld/auth/ms_chap_v2.hpp"

#include "tests/auth/octets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tunnel::auth {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;

// RFC 2759 §9.2
const auto kAuthenticatorChallenge = octets("5B 5D 7C 7D 7B 3F 2F 3E 3C 2C 60 21 32 26 26 28");
const auto kPeerChallenge = octets("21 40 23 24 25 5E 26 2A 28 29 5F 2B 3A 33 7C 7E");
const auto kChallengeHash = octets("D0 2E 43 86 BC E9 12 26");
const auto kPasswordHash = octets("44 EB BA 8D 53 12 B8 D6 11 47 44 11 F5 69 89 AE");
const auto kNtResponse =
    octets("82 30 9E CD 8D 70 8B 5E A0 8F AA 39 81 CD 83 54 42 33 11 4A 3D 85 D6 DF");
constexpr auto kAuthenticatorResponse = "S=407A5589115FD0D6209F510FE9C04566932CDA56";

class MsChapV2Test : public testing::Test {
 protected:
  void SetUp() override {
    auto loaded = MsChapV2::load();
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message();
    chap_.emplace(*std::move(loaded));
  }

  static std::vector<std::uint8_t> response(std::string_view zero = "00 00 00 00 00 00 00 00") {
    auto value = kPeerChallenge;
    for (const auto& part : {octets(zero), kNtResponse, octets("00")}) {
      value.insert(value.end(), part.begin(), part.end());
    }
    return value;
  }

  MsChapV2::Verified verify(std::string_view claimed, Bytes value, std::string_view name = "User",
                            std::string_view password = "clientPass") const {
    const auto known = secret(password);
    return chap_->verify({name, &known}, to_bytes(claimed), kAuthenticatorChallenge, value);
  }

  static MsChapV2Challenge random() {
    MsChapV2Challenge challenge{};
    std::copy(kPeerChallenge.begin(), kPeerChallenge.end(), challenge.begin());
    return challenge;
  }

  std::optional<MsChapV2> chap_{};
};

TEST_F(MsChapV2Test, HashesTheChallenge) {
  std::vector<std::uint8_t> out(8);
  chap_->challenge_hash(kPeerChallenge, kAuthenticatorChallenge, to_bytes("User"), out);
  EXPECT_EQ(out, kChallengeHash);
}

TEST_F(MsChapV2Test, HashesThePassword) {
  std::vector<std::uint8_t> out(16);
  ASSERT_TRUE(chap_->nt_password_hash(secret("clientPass"), out));
  EXPECT_EQ(out, kPasswordHash);
  // RFC 2759 §9.3
  ASSERT_TRUE(chap_->nt_password_hash(secret("MyPw"), out));
  EXPECT_EQ(out, octets("FC 15 6A F7 ED CD 6C 0E DD E3 33 7D 42 7F 4E AC"));
}

TEST_F(MsChapV2Test, RespondsToTheChallenge) {
  std::vector<std::uint8_t> out(24);
  chap_->challenge_response(kChallengeHash, kPasswordHash, out);
  EXPECT_EQ(out, kNtResponse);
}

TEST_F(MsChapV2Test, MakesTheAuthenticatorsResponse) {
  EXPECT_EQ(chap_->generate_authenticator_response(kPasswordHash, kNtResponse, kChallengeHash),
            kAuthenticatorResponse);
}

TEST_F(MsChapV2Test, AcceptsTheRightResponseAndProvesItselfInTurn) {
  const auto verified = verify("User", response());
  EXPECT_EQ(verified.verdict, Verdict::Accepted);
  EXPECT_EQ(verified.authenticator_response, kAuthenticatorResponse);
}

TEST_F(MsChapV2Test, DoesNotLookAtTheOctetsThatMustBeZero) {
  auto value = response("01 02 03 04 05 06 07 08");
  value.back() = 0xff;
  EXPECT_EQ(verify("User", value).verdict, Verdict::Accepted);
}

TEST_F(MsChapV2Test, HashesTheNameWithoutItsDomainButComparesAllOfIt) {
  EXPECT_EQ(verify("LABS\\User", response(), "LABS\\User").verdict, Verdict::Accepted);
  EXPECT_EQ(verify("LABS\\User", response()).verdict, Verdict::UnknownName);
  EXPECT_EQ(verify("User", response(), "LABS\\User").verdict, Verdict::UnknownName);
}

TEST_F(MsChapV2Test, RefusesAResponseWithAnyBitChanged) {
  const auto good = response();
  for (std::size_t octet = 0; octet < good.size(); ++octet) {
    const bool looked_at = octet < 16 || (octet >= 24 && octet < 48);
    if (!looked_at) continue;
    auto bad = good;
    bad[octet] ^= 0x10;
    const auto verified = verify("User", bad);
    EXPECT_EQ(verified.verdict, Verdict::WrongResponse) << octet;
    EXPECT_EQ(verified.authenticator_response, "");
  }
}

TEST_F(MsChapV2Test, RefusesAResponseOfAnyOtherLength) {
  auto value = response();
  value.resize(64);
  EXPECT_EQ(verify("User", {}).verdict, Verdict::EmptyResponse);
  for (std::size_t length = 1; length <= value.size(); ++length) {
    if (length == 49) continue;
    EXPECT_EQ(verify("User", Bytes{value}.first(length)).verdict, Verdict::MalformedLength)
        << length;
  }
}

TEST_F(MsChapV2Test, RefusesAChallengeOfAnotherLength) {
  const auto known = secret("clientPass");
  const Bytes challenge{kAuthenticatorChallenge};
  for (const auto& wrong : {Bytes{}, challenge.first(15)}) {
    EXPECT_EQ(chap_->verify({"User", &known}, to_bytes("User"), wrong, response()).verdict,
              Verdict::MalformedLength);
    const auto responded = chap_->respond("User", known, wrong, random());
    ASSERT_TRUE(responded.has_error());
    EXPECT_THAT(responded.error().message(), HasSubstr("octets instead of 16"));
  }
}

TEST_F(MsChapV2Test, RefusesOtherNamesAndSecrets) {
  EXPECT_EQ(verify("user", response()).verdict, Verdict::UnknownName);
  EXPECT_EQ(verify("", response()).verdict, Verdict::EmptyName);
  EXPECT_EQ(verify("", response(), "").verdict, Verdict::EmptyName);
  EXPECT_EQ(verify("User", response(), "User", "clientpass").verdict, Verdict::WrongResponse);
  EXPECT_EQ(verify("User", response(), "User", "").verdict, Verdict::NoSecret);
  EXPECT_EQ(verify("User", response(), "User", "client\xff").verdict, Verdict::UnusableSecret);
}

TEST_F(MsChapV2Test, NeverAcceptsTheResponseOfAnEmptyPassword) {
  std::vector<std::uint8_t> hash(16);
  std::vector<std::uint8_t> nt_response(24);
  ASSERT_TRUE(chap_->nt_password_hash(Secret{}, hash));
  chap_->challenge_response(kChallengeHash, hash, nt_response);
  auto value = response();
  std::copy(nt_response.begin(), nt_response.end(), value.begin() + 24);
  EXPECT_EQ(verify("User", value, "User", "").verdict, Verdict::NoSecret);
}

TEST_F(MsChapV2Test, RespondsAsTheRfcSays) {
  const auto known = secret("clientPass");
  const auto responded = chap_->respond("User", known, kAuthenticatorChallenge, random());
  ASSERT_TRUE(responded.has_value()) << responded.error().message();
  EXPECT_THAT(*responded, ElementsAreArray(response()));
  const auto with_domain = chap_->respond("LABS\\User", known, kAuthenticatorChallenge, random());
  ASSERT_TRUE(with_domain.has_value());
  EXPECT_EQ(*with_domain, *responded);
}

TEST_F(MsChapV2Test, ExpectsTheAuthenticatorsProof) {
  const auto known = secret("clientPass");
  const auto responded = chap_->respond("User", known, kAuthenticatorChallenge, random());
  ASSERT_TRUE(responded.has_value());
  const auto expected = chap_->expected_success("User", known, kAuthenticatorChallenge, *responded);
  ASSERT_TRUE(expected.has_value());
  EXPECT_EQ(*expected, kAuthenticatorResponse);
}

TEST_F(MsChapV2Test, HasNoResponseFromASecretThatIsNone) {
  for (const auto* text : {"", "client\xff"}) {
    const auto known = secret(text);
    const auto responded = chap_->respond("User", known, kAuthenticatorChallenge, random());
    ASSERT_TRUE(responded.has_error());
    EXPECT_THAT(responded.error().message(), HasSubstr("is empty or not UTF-8"));
    EXPECT_TRUE(chap_->expected_success("User", known, kAuthenticatorChallenge, MsChapV2Response{})
                    .has_error());
  }
}

}  // namespace
}  // namespace tunnel::auth
