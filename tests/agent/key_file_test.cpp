#include "tunneld/agent/key_file.hpp"

#include "tests/agent/key_files.hpp"
#include "tunneld/base/base64.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::agent {
namespace {

using testing::HasSubstr;

/// The second word of a .pub file.
std::vector<std::uint8_t> blob_in(const std::string& name) {
  const auto line = key_text(name);
  const auto begin = line.find(' ') + 1;
  return decode_base64(
             std::string_view{line}.substr(begin, line.find_first_of(" \n", begin) - begin))
      .value_or(std::vector<std::uint8_t>{});
}

TEST(KeyFile, HasThePartsOfEachKindOfKey) {
  const auto ed25519 = key_bytes("ed25519");
  auto key = parse_openssh_key(ed25519);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(std::get<Ed25519Parts>(key->parts).seed.size(), 32U);
  const auto rsa = key_bytes("rsa");
  key = parse_openssh_key(rsa);
  ASSERT_TRUE(key.has_value());
  EXPECT_GE(std::get<RsaParts>(key->parts).n.size(), 128U);
  for (const auto& [name, curve] :
       {std::pair{"ecdsa", "nistp256"}, std::pair{"ecdsa_384", "nistp384"},
        std::pair{"ecdsa_521", "nistp521"}}) {
    const auto file = key_bytes(name);
    key = parse_openssh_key(file);
    ASSERT_TRUE(key.has_value()) << name;
    EXPECT_EQ(std::get<EcdsaParts>(key->parts).curve, curve);
  }
}

TEST(KeyFile, SaysWhatIsWrongWithIt) {
  const auto words = [](const std::vector<std::uint8_t>& file) {
    const auto key = parse_openssh_key(file);
    return key ? std::string{"nothing"} : key.error().context;
  };
  EXPECT_EQ(words(key_bytes("ed25519_passphrase")), "is protected by a passphrase");
  EXPECT_THAT(words(key_bytes("dsa")), HasSubstr("a type that cannot be used"));
  EXPECT_EQ(words(key_bytes("ed25519.pub")), "is not a private key in OpenSSH's format");
  EXPECT_EQ(words(key_bytes("rsa_pem")), "is not a private key in OpenSSH's format");
}

TEST(KeyFile, CutAnywhereIsDamaged) {
  for (const auto* name : {"ed25519", "ecdsa", "rsa"}) {
    const auto file = key_bytes(name);
    for (std::size_t length = 0; length + 1 < file.size(); ++length) {
      EXPECT_FALSE(parse_openssh_key(Bytes{file}.first(length))) << name << ' ' << length;
    }
  }
}

TEST(KeyFile, TellsThePublicHalf) {
  for (const std::string name : {"ed25519", "ecdsa", "ecdsa_384", "ecdsa_521", "rsa"}) {
    const auto expected = blob_in(name + ".pub");
    EXPECT_EQ(public_half(key_bytes(name)), expected) << name;
    EXPECT_EQ(public_half(key_bytes(name + ".pub")), expected) << name;
  }
}

TEST(KeyFile, TellsThePublicHalfDespiteAPassphrase) {
  const auto half = public_half(key_bytes("ed25519_passphrase"));
  ASSERT_TRUE(half.has_value());
  EXPECT_EQ(half->size(), 51U);
}

TEST(KeyFile, HasNoPublicHalfInAnythingElse) {
  for (const auto* text : {"", "\n", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-ed25519 !!!!",
                           "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"}) {
    EXPECT_FALSE(public_half(to_bytes(text))) << text;
  }
  auto other_type = key_text("ed25519.pub");
  other_type.replace(0, 11, "ssh-ed25518");
  EXPECT_FALSE(public_half(to_bytes(other_type))) << "the type outside is not the one inside";
  EXPECT_FALSE(public_half(key_bytes("rsa_pem")));
}

}  // namespace
}  // namespace tunnel::agent
