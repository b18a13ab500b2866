#include "tunneld/config/private_key.hpp"

#include "tests/config/profiles.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace tunnel::config {

void PrintTo(const KeyProperties& key, std::ostream* out) {
  *out << "kind " << static_cast<int>(key.kind) << ", passphrase "
       << static_cast<int>(key.passphrase);
}

namespace {

std::string key_file(const std::string& name) {
  return contents(std::filesystem::path{TUNNEL_SOURCE_DIR} / "tests/config/keys" / name);
}

KeyProperties inspect(std::string_view text) {
  return inspect_private_key(to_bytes(text));
}

constexpr KeyProperties plain(KeyKind kind) {
  return {kind, Passphrase::None, KeyKind::NotAKey};
}

constexpr KeyProperties locked(KeyKind kind) {
  return {kind, Passphrase::Needed, KeyKind::NotAKey};
}

constexpr KeyProperties public_half_of(KeyKind kind) {
  return {KeyKind::PublicKey, Passphrase::None, kind};
}

TEST(PrivateKey, TellsTheKindOfWhatSshKeygenMakes) {
  EXPECT_EQ(inspect(key_file("ed25519")), plain(KeyKind::Ed25519));
  EXPECT_EQ(inspect(key_file("ecdsa")), plain(KeyKind::Ecdsa));
  EXPECT_EQ(inspect(key_file("ecdsa_384")), plain(KeyKind::Ecdsa));
  EXPECT_EQ(inspect(key_file("ecdsa_pem")), plain(KeyKind::Ecdsa));
  EXPECT_EQ(inspect(key_file("rsa")), plain(KeyKind::Rsa));
  EXPECT_EQ(inspect(key_file("rsa_pem")), plain(KeyKind::Rsa));
  EXPECT_EQ(inspect(key_file("dsa")), plain(KeyKind::OtherType));
  EXPECT_EQ(inspect(key_file("pkcs8")), plain(KeyKind::OtherFormat));
}

TEST(PrivateKey, TellsWhetherAPassphraseProtectsIt) {
  EXPECT_EQ(inspect(key_file("ed25519_passphrase")), locked(KeyKind::Ed25519));
  EXPECT_EQ(inspect(key_file("rsa_pem_passphrase")), locked(KeyKind::Rsa));
  EXPECT_EQ(inspect(key_file("pkcs8_passphrase")), locked(KeyKind::OtherFormat));
}

TEST(PrivateKey, KnowsAFidoKeyByItsType) {
  // "openssh-key-v1", no cipher, no KDF, one key of type sk-ssh-ed25519@openssh.com.
  EXPECT_EQ(inspect("-----BEGIN OPENSSH PRIVATE KEY-----\n"
                    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAHgAAABpzay1zc2gtZWQy\n"
                    "NTUxOUBvcGVuc3NoLmNvbQAAAAQAAAAB\n"
                    "-----END OPENSSH PRIVATE KEY-----\n"),
            plain(KeyKind::SecurityKey));
}

TEST(PrivateKey, IsOneKeyWithASecretPart) {
  const auto container = [](std::string_view end) {
    return "-----BEGIN OPENSSH PRIVATE KEY-----\n"
           "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAA" +
           std::string{end} + "\n-----END OPENSSH PRIVATE KEY-----\n";
  };
  const std::string type = "AAAAHgAAABpzay1zc2gtZWQyNTUxOUBvcGVuc3NoLmNvbQAAAA";
  EXPECT_EQ(inspect(container("B" + type + "QAAAAB")), plain(KeyKind::SecurityKey));
  EXPECT_EQ(inspect(container("B" + type + "A=")), plain(KeyKind::NotAKey));      // no secret part
  EXPECT_EQ(inspect(container("C" + type + "QAAAAB")), plain(KeyKind::NotAKey));  // two keys
}

TEST(PrivateKey, KnowsTheFormatsOfOthers) {
  EXPECT_EQ(inspect("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n"),
            plain(KeyKind::OtherFormat));
  EXPECT_EQ(inspect(key_file("ed25519.pub")), public_half_of(KeyKind::Ed25519));
  EXPECT_EQ(inspect(key_file("ecdsa.pub")), public_half_of(KeyKind::Ecdsa));
  EXPECT_EQ(inspect(key_file("rsa.pub")), public_half_of(KeyKind::Rsa));
  EXPECT_EQ(inspect("ssh-ed25519 AAAA\n"), plain(KeyKind::PublicKey)) << "a damaged one";
  EXPECT_EQ(inspect("---- BEGIN SSH2 PUBLIC KEY ----\n"), plain(KeyKind::PublicKey));
}

TEST(PrivateKey, IsNoneInAnythingElse) {
  EXPECT_EQ(inspect(""), plain(KeyKind::NotAKey));
  EXPECT_EQ(inspect("hello\n"), plain(KeyKind::NotAKey));
  EXPECT_EQ(inspect("-----BEGIN CERTIFICATE-----\n"), plain(KeyKind::NotAKey));
}

TEST(PrivateKey, IsNoneWhenCutAnywhere) {
  for (const auto* name : {"ed25519", "ed25519_passphrase", "rsa"}) {
    const auto text = key_file(name);
    const auto whole = text.size() - 1;  // the newline at the end says nothing
    for (std::size_t length = 0; length < whole; ++length) {
      EXPECT_EQ(inspect(text.substr(0, length)), plain(KeyKind::NotAKey)) << name << ' ' << length;
    }
  }
}

TEST(PrivateKey, IsNoneWhenALineIsMissing) {
  auto text = key_file("ed25519");
  const auto second = text.find('\n') + 1;
  text.erase(second, text.find('\n', second) + 1 - second);
  EXPECT_EQ(inspect(text), plain(KeyKind::NotAKey));
}

}  // namespace
}  // namespace tunnel::config
