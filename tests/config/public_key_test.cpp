#include "tunneld/config/public_key.hpp"

#include "tests/config/profiles.hpp"
#include "tunneld/base/base64.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace tunnel::config {
namespace {

using ::testing::HasSubstr;

/// A key that ssh-keygen made.
std::string public_key(const std::string& name) {
  auto line =
      contents(std::filesystem::path{TUNNEL_SOURCE_DIR} / "tests/config/keys" / (name + ".pub"));
  line.pop_back();
  return line;
}

std::string without_comment(const std::string& line) {
  return line.substr(0, line.rfind(' '));
}

// PROTOCOL.u2f: the type, the point, the application "ssh:".
constexpr std::string_view kFidoKey =
    "sk-ssh-ed25519@openssh.com "
    "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fAAAABH"
    "NzaDo=";

TEST(Base64, DecodesTheVectorsOfRfc4648) {
  const auto decoded = [](std::string_view text) { return decode_base64(text); };
  EXPECT_EQ(decoded(""), to_bytes(""));
  EXPECT_EQ(decoded("Zg=="), to_bytes("f"));
  EXPECT_EQ(decoded("Zm8="), to_bytes("fo"));
  EXPECT_EQ(decoded("Zm9v"), to_bytes("foo"));
  EXPECT_EQ(decoded("Zm9vYmFy"), to_bytes("foobar"));
  EXPECT_EQ(decoded("+/+/"), (std::vector<std::uint8_t>{0xfb, 0xff, 0xbf}));
}

TEST(Base64, RefusesWhatIsNotCanonical) {
  for (const auto* text : {"Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zm9v\n", "Zm 9", "Zm-_",
                           "Zg=v", "Zh==", "Zm9="}) {
    EXPECT_EQ(decode_base64(std::string_view{text}), std::nullopt) << text;
  }
}

TEST(HostKey, TakesEd25519AndTheCommonCurveAndDropsTheComment) {
  for (const auto* name : {"ed25519", "ecdsa"}) {
    const auto line = public_key(name);
    const auto key = host_key(line);
    ASSERT_TRUE(key.has_value()) << key.error().message;
    EXPECT_EQ(*key, without_comment(line));
  }
}

TEST(HostKey, RefusesRsaWithTheReason) {
  const auto key = host_key(public_key("rsa"));
  ASSERT_FALSE(key.has_value());
  EXPECT_THAT(key.error().message, HasSubstr("libssh2 1.10 knows only RSA with SHA-1"));
}

TEST(HostKey, RefusesTypesThatAreNotPinned) {
  for (const auto* name : {"ecdsa_384", "ecdsa_521", "dsa"}) {
    const auto key = host_key(public_key(name));
    ASSERT_FALSE(key.has_value()) << name;
    EXPECT_THAT(key.error().message, HasSubstr("cannot be pinned"));
  }
  EXPECT_FALSE(host_key(kFidoKey).has_value());
}

TEST(HostKey, NoticesTheNameThatSshKeyscanPutsInFront) {
  const auto key = host_key("[vpn.labs.example]:2222 " + public_key("ed25519"));
  ASSERT_FALSE(key.has_value());
  EXPECT_EQ(key.error().message, "a host's name stands in front of the key");
}

TEST(AuthorizedKey, TakesWhateverSshdTakes) {
  for (const auto* name : {"ed25519", "ecdsa", "ecdsa_384", "ecdsa_521", "rsa"}) {
    const auto line = public_key(name);
    const auto key = authorized_key(line);
    ASSERT_TRUE(key.has_value()) << name << ": " << key.error().message;
    EXPECT_EQ(key->type + ' ' + key->base64 + ' ' + key->comment, line);
  }
  EXPECT_TRUE(authorized_key(kFidoKey).has_value());
}

TEST(AuthorizedKey, KeepsACommentOfSeveralWords) {
  const auto key = authorized_key(std::string{kHomeKey} + "  the HOME gateway");
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->comment, "the HOME gateway");
}

TEST(AuthorizedKey, RefusesOptionsInFront) {
  const auto key = authorized_key("command=\"/bin/sh -i\",no-pty " + std::string{kHomeKey});
  ASSERT_FALSE(key.has_value());
  EXPECT_EQ(key.error().message, "options stand in front of the key");
}

TEST(AuthorizedKey, RefusesASecondLine) {
  const auto line = std::string{kHomeKey} + " home\nssh-ed25519 AAAA";
  ASSERT_FALSE(authorized_key(line).has_value());
}

TEST(AuthorizedKey, RefusesDsaAndPrivateKeysAndOtherText) {
  EXPECT_THAT(authorized_key(public_key("dsa")).error().message, HasSubstr("DSA"));
  EXPECT_THAT(authorized_key("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA").error().message,
              HasSubstr("private key"));
  EXPECT_THAT(authorized_key("hello").error().message, HasSubstr("\"hello\" is not a type"));
  EXPECT_FALSE(authorized_key("").has_value());
  EXPECT_THAT(authorized_key("ssh-ed25519").error().message, HasSubstr("missing"));
}

TEST(AuthorizedKey, RefusesAKeyCutAnywhere) {
  for (const auto* name : {"ed25519", "ecdsa", "rsa"}) {
    const auto line = without_comment(public_key(name));
    for (std::size_t length = 0; length < line.size(); ++length) {
      EXPECT_FALSE(authorized_key(line.substr(0, length)).has_value()) << name << ' ' << length;
    }
  }
}

TEST(AuthorizedKey, RefusesABlobOfAnotherTypeThanItSays) {
  auto line = public_key("ecdsa");
  line.replace(0, line.find(' '), "ecdsa-sha2-nistp384");
  EXPECT_FALSE(authorized_key(line).has_value());
  EXPECT_FALSE(authorized_key("ssh-rsa" + public_key("ed25519").substr(11)).has_value());
}

TEST(AuthorizedKey, RefusesABlobWhoseOwnTypeIsDamaged) {
  EXPECT_FALSE(
      authorized_key(with(std::string{kHomeKey}, "AAAAC3NzaC1lZDI1NTE5", "AAAAC3NzaC1lZDI1NTE4"))
          .has_value());
}

TEST(AuthorizedKey, RefusesBytesAfterTheKey) {
  // 51 bytes make 68 characters without padding: three more bytes are four more characters.
  EXPECT_FALSE(authorized_key(std::string{kHomeKey} + "AAAA").has_value());
}

}  // namespace
}  // namespace tunnel::config
