#include "pppd-bridge/transport/host_key.hpp"
#include "pppd-bridge/transport/private_key.hpp"

#include <gmock/gmock.h>

namespace tunnel::transport {

namespace {

using testing::ElementsAre;

// Made with ssh-keygen -t ed25519; the fingerprint is what ssh-keygen -l prints.
constexpr const char* kEd25519 =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGoq6rsCr8mcmD9vhzWbg0/imEv5zrNtJrAdAVGBTKmO";
constexpr const char* kFingerprint = "SHA256:9eTtYVf4i/GDcGjJ3qWcNCYCBqOlK9vVGB6AS5y48N4";

// Made for these tests, and good for nothing else.
constexpr const char* kPlain =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
    "QyNTUxOQAAACBqKuq7Aq/JnJg/b4c1m4NP4phL+c6zbSawHQFRgUypjgAAAIh3fbHbd32x\n"
    "2wAAAAtzc2gtZWQyNTUxOQAAACBqKuq7Aq/JnJg/b4c1m4NP4phL+c6zbSawHQFRgUypjg\n"
    "AAAEDpjZi2yM8YpdKMLC34Hs22KGGEFJbulZJRU8o5RKZR1moq6rsCr8mcmD9vhzWbg0/i\n"
    "mEv5zrNtJrAdAVGBTKmOAAAABHRlc3QB\n"
    "-----END OPENSSH PRIVATE KEY-----\n";
constexpr const char* kEncrypted =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABAYABUbnM\n"
    "cJgXnU1rGRKq/GAAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIIqSxV2YsL14PHNd\n"
    "z88IEYVnVlsHIWBH3FxZcrgUovnVAAAAkFJ82G0gDqYFFTVnm2ZteJZZVwNygxpgKb2pxK\n"
    "rDIhW+elo3c4UfkrRJ8QOpetcE/YsRZ+ozWkQOQj1qMOD4KupxFq8s4/f3a6VoLe/gvPFX\n"
    "8DsNknhdk0Tk1F0dd+ziThYes21TMXKsaG8appAKR2FSIT4lPmPbPUa//NoMdVTvJ1ousR\n"
    "10kFW38YwLGoJDJQ==\n"
    "-----END OPENSSH PRIVATE KEY-----\n";
constexpr const char* kEcdsa =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS\n"
    "1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQTwVByYzjQviry+OyEUH1Ys3p1AcgyQ\n"
    "hEFVGdg/layVPQKLza/3ply/wG5rmB72VIpbOVaOiDehoIY1R9Jo6FeKAAAAoP1V4FH9Ve\n"
    "BRAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBPBUHJjONC+KvL47\n"
    "IRQfVizenUByDJCEQVUZ2D+VrJU9AovNr/emXL/AbmuYHvZUils5Vo6IN6GghjVH0mjoV4\n"
    "oAAAAgD/FZj7rEI5OKv+ZA5wXHONHpYlqiX4c7TlMWKrN4AFsAAAAEdGVzdAECAwQ=\n"
    "-----END OPENSSH PRIVATE KEY-----\n";

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

PrivateKeyInfo inspect(std::string_view text) {
  return inspect_private_key(to_bytes(text));
}

TEST(PrivateKeys, AreToldApartByTheirContainer) {
  EXPECT_EQ(inspect(kPlain).form, PrivateKeyForm::Plain);
  EXPECT_EQ(inspect(kPlain).type, "ssh-ed25519");
  EXPECT_EQ(inspect(kEcdsa).form, PrivateKeyForm::Plain);
  EXPECT_EQ(inspect(kEcdsa).type, "ecdsa-sha2-nistp256");
  EXPECT_EQ(inspect(kEncrypted).form, PrivateKeyForm::Encrypted);
  EXPECT_EQ(inspect(std::string{"\r\n"} + kPlain).form, PrivateKeyForm::Plain);
}

TEST(PrivateKeys, OfOtherPemFilesAreLeftToTheLibrary) {
  EXPECT_EQ(inspect("-----BEGIN PRIVATE KEY-----\nMC4C").form, PrivateKeyForm::Other);
}

TEST(PrivateKeys, ThatAreGarbageAreCalledThat) {
  for (const auto* text :
       {"", "\n", "hello", "ssh-ed25519 AAAA", "-----BEGIN",
        "-----BEGIN OPENSSH PRIVATE KEY-----\n", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAAAAAA\n",
        "-----BEGIN OPENSSH PRIVATE KEY-----\n!!!!\n"}) {
    EXPECT_EQ(inspect(text).form, PrivateKeyForm::Garbage) << text;
  }
}

TEST(PrivateKeys, CutOffBeforeTheirTypeEndsAreNotPlain) {
  const std::string_view plain{kPlain};
  for (std::size_t length = 0; length < 117; ++length) {
    EXPECT_NE(inspect(plain.substr(0, length)).form, PrivateKeyForm::Plain) << length;
  }
}

}  // namespace

}  // namespace tunnel::transport
