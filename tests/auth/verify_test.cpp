// CHAP with MD5, PAP, and what every proof has in common.

#include "tests/auth/octets.hpp"
#include "tunneld/auth/chap_md5.hpp"
#include "tunneld/auth/pap.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace tunnel::auth {
namespace {

using testing::ElementsAreArray;

const auto kChallenge = octets("00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f");
// md5sum of 27, "MyPw" and the challenge.
const auto kResponse = octets("ce6cf41aa16bf099ae90b82e22b10086");

TEST(ChapMd5, IsTheDigestOfIdentifierSecretAndChallenge) {
  EXPECT_THAT(chap_md5_response(0x27, secret("MyPw"), kChallenge), ElementsAreArray(kResponse));
  EXPECT_THAT(chap_md5_response(0, secret("correct horse"), octets("01")),
              ElementsAreArray(octets("be894f4708bc7582fd567a5d68c83ef4")));
}

TEST(ChapMd5, AcceptsTheRightResponse) {
  const auto known = secret("MyPw");
  const auto name = to_bytes("labs");
  EXPECT_EQ(verify_chap_md5({"labs", &known}, name, 0x27, kChallenge, kResponse),
            Verdict::Accepted);
}

TEST(ChapMd5, RefusesTheResponseToAnotherChallenge) {
  const auto known = secret("MyPw");
  const auto name = to_bytes("labs");
  const Peer peer{"labs", &known};
  EXPECT_EQ(verify_chap_md5(peer, name, 0x28, kChallenge, kResponse), Verdict::WrongResponse);
  auto other = kChallenge;
  other.back() ^= 1;
  EXPECT_EQ(verify_chap_md5(peer, name, 0x27, other, kResponse), Verdict::WrongResponse);
  EXPECT_EQ(verify_chap_md5(peer, name, 0x27, {}, kResponse), Verdict::MalformedLength);
}

TEST(ChapMd5, RefusesAResponseWithAnyBitChanged) {
  const auto known = secret("MyPw");
  const auto name = to_bytes("labs");
  for (std::size_t bit = 0; bit < 128; ++bit) {
    auto bad = kResponse;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_EQ(verify_chap_md5({"labs", &known}, name, 0x27, kChallenge, bad),
              Verdict::WrongResponse);
  }
}

TEST(ChapMd5, RefusesAResponseOfAnyOtherLength) {
  const auto known = secret("MyPw");
  const auto name = to_bytes("labs");
  auto longer = kResponse;
  longer.resize(255);
  for (std::size_t length = 1; length < longer.size(); ++length) {
    if (length == 16) continue;
    EXPECT_EQ(
        verify_chap_md5({"labs", &known}, name, 0x27, kChallenge, Bytes{longer}.first(length)),
        Verdict::MalformedLength);
  }
}

TEST(Pap, AcceptsTheRightPasswordOnly) {
  const auto known = secret("correct horse");
  const Peer peer{"labs", &known};
  const auto name = to_bytes("labs");
  EXPECT_EQ(verify_pap(peer, name, to_bytes("correct horse")), Verdict::Accepted);
  for (const auto* password : {"correct hors", "correct horse ", "Correct horse", "x"}) {
    EXPECT_EQ(verify_pap(peer, name, to_bytes(password)), Verdict::WrongResponse) << password;
  }
}

TEST(Pap, TakesPasswordsAsOctets) {
  const Secret known{{0xff, 0x00, 0x80}};
  const Peer peer{"labs", &known};
  EXPECT_EQ(verify_pap(peer, to_bytes("labs"), octets("ff 00 80")), Verdict::Accepted);
  EXPECT_EQ(verify_pap(peer, to_bytes("labs"), octets("ff 00 81")), Verdict::WrongResponse);
}

/// Each kind of proof, given rightly for the secret "MyPw", or given as nothing at all.
using Proof = std::function<Verdict(const Peer&, std::string_view claimed)>;

class EveryProof : public testing::TestWithParam<Proof> {
 protected:
  Verdict verify(std::string_view name, const Secret* known, std::string_view claimed) const {
    return GetParam()({name, known}, claimed);
  }
};

TEST_P(EveryProof, IsOfTheNameThatThePeerMustProve) {
  const auto known = secret("MyPw");
  EXPECT_EQ(verify("labs", &known, "labs"), Verdict::Accepted);
  for (const auto* claimed : {"lab", "labss", "Labs", "x"}) {
    EXPECT_EQ(verify("labs", &known, claimed), Verdict::UnknownName) << claimed;
  }
}

TEST_P(EveryProof, IsRefusedWithAnEmptyName) {
  const auto known = secret("MyPw");
  EXPECT_EQ(verify("labs", &known, ""), Verdict::EmptyName);
  EXPECT_EQ(verify("", &known, ""), Verdict::EmptyName);
  EXPECT_EQ(verify("", &known, "labs"), Verdict::EmptyName);
}

TEST_P(EveryProof, IsRefusedWhereNoSecretIsKnown) {
  const Secret empty;
  EXPECT_EQ(verify("labs", nullptr, "labs"), Verdict::NoSecret);
  EXPECT_EQ(verify("labs", &empty, "labs"), Verdict::NoSecret);
}

const Proof kPap = [](const Peer& peer, std::string_view claimed) {
  return verify_pap(peer, to_bytes(claimed), to_bytes("MyPw"));
};
const Proof kChapMd5 = [](const Peer& peer, std::string_view claimed) {
  return verify_chap_md5(peer, to_bytes(claimed), 0x27, kChallenge, kResponse);
};

INSTANTIATE_TEST_SUITE_P(All, EveryProof, testing::Values(kPap, kChapMd5));

// A peer that sends nothing, where nothing is known.
TEST(AnEmptyProof, EqualsNothing) {
  const auto known = secret("MyPw");
  const Secret empty;
  const auto name = to_bytes("labs");
  EXPECT_EQ(verify_pap({"labs", &known}, name, {}), Verdict::EmptyResponse);
  EXPECT_EQ(verify_pap({"labs", &empty}, name, {}), Verdict::NoSecret);
  EXPECT_EQ(verify_chap_md5({"labs", &known}, name, 0, kChallenge, {}), Verdict::EmptyResponse);
  EXPECT_EQ(verify_chap_md5({"labs", &empty}, name, 0, kChallenge, {}), Verdict::NoSecret);
}

TEST(Verdicts, AreEachToldInOtherWords) {
  std::set<std::string_view> told;
  for (const auto verdict : {Verdict::Accepted, Verdict::EmptyName, Verdict::UnknownName,
                             Verdict::NoSecret, Verdict::UnusableSecret, Verdict::EmptyResponse,
                             Verdict::MalformedLength, Verdict::WrongResponse}) {
    EXPECT_FALSE(words(verdict).empty());
    EXPECT_TRUE(told.insert(words(verdict)).second) << words(verdict);
  }
}

}  // namespace
}  // namespace tunnel::auth
