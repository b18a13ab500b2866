#include "pppd-bridge/transport/host_key.hpp"

#include <gmock/gmock.h>

namespace tunnel::transport {

namespace {

using testing::ElementsAre;

// Made with ssh-keygen -t ed25519; the fingerprint is what ssh-keygen -l prints.
constexpr const char* kEd25519 =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGoq6rsCr8mcmD9vhzWbg0/imEv5zrNtJrAdAVGBTKmO";
constexpr const char* kFingerprint = "SHA256:9eTtYVf4i/GDcGjJ3qWcNCYCBqOlK9vVGB6AS5y48N4";

TEST(HostKeys, AreReadWithAndWithoutAComment) {
  const auto key = HostKey::parse(kEd25519);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->type, "ssh-ed25519");
  EXPECT_EQ(key->line(), kEd25519);
  EXPECT_EQ(HostKey::parse(std::string{"  "} + kEd25519 + " root@labs"), key);
}

TEST(HostKeys, HaveTheFingerprintThatSshKeygenPrints) {
  const auto key = HostKey::parse(kEd25519);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(fingerprint(key->blob), kFingerprint);
  EXPECT_EQ(fingerprints(std::vector{*key}), std::string{"ssh-ed25519 "} + kFingerprint);
}

TEST(HostKeys, AreRefusedWhenTypeAndBlobDisagree) {
  const std::string blob = std::string{kEd25519}.substr(12);
  for (const auto& line :
       {std::string{}, std::string{"ssh-ed25519"}, "ssh-rsa " + blob,
        "ssh-ed25519 " + blob.substr(4), std::string{"ssh-ed25519 AAAA"}, blob}) {
    EXPECT_EQ(HostKey::parse(line), std::nullopt) << line;
  }
}

TEST(HostKeys, HaveATypeAtNoTruncatedLength) {
  const auto key = HostKey::parse(kEd25519);
  ASSERT_TRUE(key.has_value());
  const std::size_t type_end = 4 + key->type.size();
  for (std::size_t length = 0; length <= type_end; ++length) {
    EXPECT_EQ(key_type(Bytes{key->blob}.first(length)), std::nullopt) << length;
  }
  EXPECT_EQ(key_type(key->blob), "ssh-ed25519");
}

// RFC 8332: the same key, other signatures; and none with SHA-1.
TEST(HostKeys, AreProvedByTheirOwnAlgorithmAndRsaBySha2) {
  const std::vector<HostKey> keys{{"ssh-ed25519", {}}, {"ssh-rsa", {}}, {"ssh-ed25519", {}}};
  EXPECT_THAT(host_key_algorithms(keys),
              ElementsAre("ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256"));
}

}  // namespace

}  // namespace tunnel::transport
