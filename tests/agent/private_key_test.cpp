// Signatures by every kind of key that ssh-keygen makes, verified by ssh-keygen.

#include "tunneld/agent/private_key.hpp"

#include "tests/agent/key_files.hpp"
#include "tunneld/agent/key_file.hpp"
#include "tunneld/base/base64.hpp"
#include "tunneld/base/half_made.hpp"
#include "tunneld/base/ssh_wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>
#include <cstdlib>
#include <fstream>

namespace tunnel::agent {
namespace {

using testing::HasSubstr;
using Octets = std::vector<std::uint8_t>;

constexpr std::string_view kMessage = "PPP over SSH";
constexpr std::string_view kNamespace = "test";

PrivateKey key_in(const std::string& name) {
  auto key = PrivateKey::parse(key_bytes(name));
  EXPECT_TRUE(key.has_value()) << name << ' ' << key.error().context;
  return std::move(*key);
}

/// OpenSSH's PROTOCOL.sshsig: what is signed for a file, by the hash of its contents.
Octets signed_for_file() {
  std::array<std::uint8_t, 64> hash{};
  const auto message = to_bytes(kMessage);
  EVP_Digest(message.data(), message.size(), hash.data(), nullptr, EVP_sha512(), nullptr);
  ByteWriter out;
  out.bytes(to_bytes("SSHSIG"));
  put_ssh_string(out, kNamespace);
  put_ssh_string(out, "");
  put_ssh_string(out, "sha512");
  put_ssh_string(out, hash);
  return std::move(out).finish();
}

std::string armoured(Bytes octets) {
  std::string text(octets.size() * 2, '\0');
  Octets encoded(octets.size() * 2 + 4);
  const int size = EVP_EncodeBlock(encoded.data(), octets.data(), static_cast<int>(octets.size()));
  text.assign(encoded.begin(), encoded.begin() + size);
  std::string lines;
  for (std::size_t at = 0; at < text.size(); at += 70) lines += text.substr(at, 70) + '\n';
  return "-----BEGIN SSH SIGNATURE-----\n" + lines + "-----END SSH SIGNATURE-----\n";
}

/// The file that `ssh-keygen -Y sign` would have written.
std::string signature_file(Bytes public_blob, Bytes signature) {
  ByteWriter out;
  out.bytes(to_bytes("SSHSIG"));
  out.u32(1);
  put_ssh_string(out, public_blob);
  put_ssh_string(out, kNamespace);
  put_ssh_string(out, "");
  put_ssh_string(out, "sha512");
  put_ssh_string(out, signature);
  return armoured(out.view());
}

bool ssh_keygen_accepts(const std::string& signature) {
  const TemporaryFolder folder{"/tmp", "signature"};
  EXPECT_TRUE(folder.made());
  const auto path = (folder.path() / "sig").native();
  std::ofstream{path} << signature;
  std::ofstream{folder.path() / "message"} << kMessage;
  const auto command = "ssh-keygen -q -Y check-novalidate -n test -s " + path + " < " +
                       (folder.path() / "message").native() + " >/dev/null 2>&1";
  return std::system(command.c_str()) == 0;
}

struct Kind {
  const char* file;
  const char* algorithm;
};

constexpr std::array<Kind, 8> kKinds{{
    {"ed25519", "ssh-ed25519"},
    {"ecdsa", "ecdsa-sha2-nistp256"},
    {"ecdsa_384", "ecdsa-sha2-nistp384"},
    {"ecdsa_521", "ecdsa-sha2-nistp521"},
    {"ecdsa_pem", "ecdsa-sha2-nistp256"},
    {"rsa", "rsa-sha2-256"},
    {"rsa", "rsa-sha2-512"},
    {"rsa_pem", "rsa-sha2-512"},
}};

TEST(PrivateKey, SignsSoThatSshKeygenAcceptsIt) {
  for (const auto& [file, algorithm] : kKinds) {
    const auto key = key_in(file);
    const auto signature = key.sign(algorithm, signed_for_file());
    ASSERT_TRUE(signature.has_value()) << file;
    EXPECT_TRUE(ssh_keygen_accepts(signature_file(key.public_blob(), *signature)))
        << file << ' ' << algorithm;
    auto damaged = *signature;
    damaged.back() ^= 1;
    EXPECT_FALSE(ssh_keygen_accepts(signature_file(key.public_blob(), damaged))) << file;
  }
}

// r and s begin with zeros or high bits now and then: an mpint takes one octet more or less.
TEST(PrivateKey, SignsByEcdsaWhateverTheNumbersAre) {
  const auto key = key_in("ecdsa");
  for (int i = 0; i < 64; ++i) {
    const auto signature = key.sign("ecdsa-sha2-nistp256", Octets(1, static_cast<std::uint8_t>(i)));
    ASSERT_TRUE(signature.has_value());
    ByteReader in{*signature};
    ASSERT_TRUE(ssh_string(in));
    ByteReader numbers{ssh_string(in).value_or(Bytes{})};
    for (int j = 0; j < 2; ++j) {
      const auto number = ssh_string(numbers);
      ASSERT_TRUE(number && !number->empty());
      EXPECT_LT(number->front(), 0x80) << "negative";
      EXPECT_FALSE(number->front() == 0 && (number->size() == 1 || (*number)[1] < 0x80))
          << "a zero too many";
    }
    EXPECT_TRUE(numbers.empty() && in.empty());
  }
}

TEST(PrivateKey, HasThePublicHalfThatSshKeygenWroteBesideIt) {
  for (const std::string name : {"ed25519", "ecdsa", "ecdsa_384", "ecdsa_521", "rsa"}) {
    EXPECT_EQ(key_in(name).public_blob(), public_half(key_bytes(name + ".pub"))) << name;
  }
}

TEST(PrivateKey, SignsByItsOwnAlgorithmsAlone) {
  const auto rsa = key_in("rsa");
  for (const auto* algorithm : {"", "ssh-rsa", "ssh-ed25519", "rsa-sha2-384"}) {
    EXPECT_FALSE(rsa.sign(algorithm, Octets{1})) << algorithm;
  }
  EXPECT_FALSE(key_in("ed25519").sign("rsa-sha2-512", Octets{1}));
  EXPECT_FALSE(key_in("ecdsa").sign("ecdsa-sha2-nistp384", Octets{1}));
}

TEST(PrivateKey, SaysWhatIsWrongWithAFile) {
  const auto words = [](const Octets& file) {
    const auto key = PrivateKey::parse(file);
    return key ? std::string{"nothing"} : key.error().context;
  };
  EXPECT_EQ(words(key_bytes("ed25519_passphrase")), "is protected by a passphrase");
  EXPECT_THAT(words(key_bytes("rsa_pem_passphrase")), HasSubstr("passphrase"));
  EXPECT_THAT(words(key_bytes("dsa")), HasSubstr("a type that cannot be used"));
  EXPECT_THAT(words(key_bytes("ed25519.pub")), HasSubstr("is no private key"));
  EXPECT_THAT(words(to_bytes("")), HasSubstr("is no private key"));
}

/// The file with one octet of its container another one.
Octets with_changed_octet(const std::string& name, std::size_t from_end) {
  const auto text = key_text(name);
  const auto begin = text.find('\n') + 1;
  std::string packed;
  for (const char c : text.substr(begin, text.find("\n-----END") - begin)) {
    if (c != '\n') packed += c;
  }
  auto octets = decode_base64(packed).value_or(Octets{});
  EXPECT_GT(octets.size(), from_end);
  octets[octets.size() - from_end] ^= 1;
  Octets encoded(octets.size() * 2 + 4);
  const int size = EVP_EncodeBlock(encoded.data(), octets.data(), static_cast<int>(octets.size()));
  return to_bytes("-----BEGIN OPENSSH PRIVATE KEY-----\n" +
                  std::string(encoded.begin(), encoded.begin() + size) +
                  "\n-----END OPENSSH PRIVATE KEY-----\n");
}

// A key whose halves do not belong together would only be refused by every server.
TEST(PrivateKey, WithADamagedSecretIsNotTaken) {
  EXPECT_TRUE(PrivateKey::parse(key_bytes("ed25519")).has_value());
  const auto key = parse_openssh_key(key_bytes("ed25519"));
  ASSERT_TRUE(key.has_value());
  for (std::size_t from_end = 64; from_end < 130; from_end += 5) {
    EXPECT_FALSE(PrivateKey::parse(with_changed_octet("ed25519", from_end))) << from_end;
  }
  for (std::size_t from_end = 30; from_end < 60; from_end += 5) {
    EXPECT_FALSE(PrivateKey::parse(with_changed_octet("ecdsa", from_end))) << from_end;
  }
}

}  // namespace
}  // namespace tunnel::agent
