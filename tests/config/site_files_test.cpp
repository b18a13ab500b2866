// The files that a profile names, and the profile itself as a file.

#include "tests/config/profiles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::config {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Identity : public ::testing::Test {
 protected:
  static std::vector<Diagnostic> mistakes(std::string_view key, SshClient client) {
    auto text = dial_with("keys/labs", "keys/" + std::string{key});
    if (client == SshClient::Openssh) text = with(text, "[ssh]", "[ssh]\nclient = \"openssh\"");
    return mistakes_in(text);
  }

  static std::string message(std::string_view key, SshClient client = SshClient::Libssh2) {
    const auto all = mistakes(key, client);
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? "" : all.front().message;
  }
};

TEST_F(Identity, IsEd25519OrEcdsa) {
  EXPECT_THAT(mistakes("ecdsa", SshClient::Libssh2), IsEmpty());
  EXPECT_THAT(mistakes("labs", SshClient::Openssh), IsEmpty());
}

TEST_F(Identity, MayBeReadOnly) {
  EXPECT_THAT(mistakes("strict", SshClient::Libssh2), IsEmpty());
}

TEST_F(Identity, MustBeThereAndReadable) {
  EXPECT_EQ(message("missing"), "there is no /etc/tunneld/keys/missing");
  EXPECT_EQ(message("unreadable"), "cannot read /etc/tunneld/keys/unreadable: Permission denied");
}

TEST_F(Identity, IsOursAlone) {
  EXPECT_EQ(message("open"), "/etc/tunneld/keys/open is open to others (mode 0640)");
  EXPECT_EQ(message("world"), "/etc/tunneld/keys/world is open to others (mode 0604)");
  EXPECT_EQ(mistakes("open", SshClient::Openssh).size(), 1U);
}

TEST_F(Identity, IsNoRsaKeyUnlessOpensshUsesIt) {
  EXPECT_THAT(message("rsa"), HasSubstr("RSA and SHA-1 only, which today's sshd refuses"));
  EXPECT_THAT(mistakes("rsa", SshClient::Libssh2).front().hint,
              HasSubstr("tunnelctl key gen labs"));
  EXPECT_THAT(mistakes("rsa", SshClient::Openssh), IsEmpty());
}

TEST_F(Identity, IsNoFidoKeyUnlessOpensshUsesIt) {
  EXPECT_THAT(message("fido"), HasSubstr("FIDO"));
  EXPECT_THAT(mistakes("fido", SshClient::Openssh), IsEmpty());
}

TEST_F(Identity, HasNoPassphraseWhicheverClientUsesIt) {
  EXPECT_THAT(message("passphrase"), HasSubstr("passphrase"));
  EXPECT_THAT(message("passphrase", SshClient::Openssh), HasSubstr("passphrase"));
}

TEST_F(Identity, IsAPrivateKeyOfOpenssh) {
  EXPECT_THAT(message("labs.pub"), HasSubstr("is a public key"));
  EXPECT_THAT(message("notes"), HasSubstr("is not a private key"));
  EXPECT_THAT(message("putty"), HasSubstr("not in OpenSSH's format"));
  EXPECT_THAT(message("dsa"), HasSubstr("no longer uses"));
}

TEST_F(Identity, ThatIsPublicIsNotToBeHiddenAsWell) {
  EXPECT_EQ(mistakes("labs.pub", SshClient::Libssh2).size(), 1U) << "its mode is 0644";
}

/// With the agent "/run/agent" beside the key.
std::vector<Diagnostic> mistakes_with_agent(std::string_view key,
                                            std::string_view client = "libssh2") {
  const auto text = dial_with("keys/labs", "keys/" + std::string{key});
  return mistakes_in(with(
      text, "[ssh]", "[ssh]\nagent = \"/run/agent\"\nclient = \"" + std::string{client} + '"'));
}

TEST_F(Identity, BesideAnAgentIsThePublicHalfOfAKey) {
  EXPECT_THAT(mistakes_with_agent("labs.pub"), IsEmpty());
  EXPECT_THAT(mistakes_with_agent("rsa.pub", "openssh"), IsEmpty());
  EXPECT_THAT(mistakes_with_agent("fido", "openssh"), IsEmpty());
}

TEST_F(Identity, BesideAnAgentMayBeThePrivateKeyItselfDespiteAPassphrase) {
  EXPECT_THAT(mistakes_with_agent("labs"), IsEmpty());
  EXPECT_THAT(mistakes_with_agent("passphrase"), IsEmpty());
}

TEST_F(Identity, BesideAnAgentIsReadableByAllAndWrittenByNobodyElse) {
  const auto message = [](std::string_view key) {
    const auto all = mistakes_with_agent(key);
    EXPECT_EQ(all.size(), 1U) << key;
    return all.empty() ? std::string{} : all.front().message;
  };
  EXPECT_THAT(message("world.pub"), HasSubstr("anybody may write to"));
  EXPECT_THAT(message("open"), HasSubstr("is open to others")) << "a private key";
  EXPECT_THAT(message("missing"), HasSubstr("there is no"));
  EXPECT_THAT(message("notes.pub"), HasSubstr("is no key"));
  EXPECT_THAT(message("rsa.pub"), HasSubstr("is an RSA key"));
  EXPECT_THAT(message("putty"), HasSubstr("not in OpenSSH's format"));
}

TEST_F(Identity, IsNeededBesideAnAgentWhicheverClientUsesIt) {
  const auto without = dial_with("identity = \"keys/labs\"\n", "agent = \"/run/agent\"\n");
  EXPECT_EQ(mistake_in(without), "[ssh] must have the key \"identity\"");
  EXPECT_EQ(mistake_in(with(without, "[ssh]", "[ssh]\nclient = \"openssh\"")),
            "[ssh] must have the key \"identity\"");
}

TEST_F(Identity, MayBeLeftToOpensshAlone) {
  const auto without = dial_with("identity = \"keys/labs\"\n", "");
  EXPECT_EQ(mistake_in(without), "[ssh] must have the key \"identity\"");
  EXPECT_THAT(mistakes_in(with(without, "[ssh]", "[ssh]\nclient = \"openssh\"")), IsEmpty());
}

TEST(SshConfig, IsForOpensshAndWrittenByNobodyElse) {
  const auto openssh = [](std::string_view path) {
    return dial_with("[ssh]",
                     "[ssh]\nclient = \"openssh\"\nssh_config = \"" + std::string{path} + "\"");
  };
  EXPECT_THAT(mistakes_in(openssh("ssh_config")), IsEmpty());
  EXPECT_EQ(mistake_in(openssh("open_config")),
            "anybody may write to /etc/tunneld/open_config (mode 0666)");
  EXPECT_THAT(mistake_in(openssh("missing")), HasSubstr("No such file"));
  EXPECT_EQ(mistake_in(dial_with("[ssh]", "[ssh]\nssh_config = \"ssh_config\"")),
            "\"ssh_config\" is read by OpenSSH's client only");
}

TEST(ProfileFile, IsWrittenByNobodyElse) {
  auto file = site_file("labs", dial_profile());
  file.facts.mode = 0646;
  const auto loaded = parse_alone(file, make_facts());
  EXPECT_FALSE(loaded.configuration);
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(explain(loaded.diagnostics[0]),
            "sites/labs.toml: error: anybody may write to this file (mode 0646)\n"
            "hint: chmod o-w sites/labs.toml");
}

TEST(ProfileFile, ThatCannotBeReadIsOneMistake) {
  auto file = site_file("labs", "");
  file.facts.error = make_error_code(std::errc::permission_denied);
  const auto loaded = parse_alone(file, make_facts());
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].message, "cannot read this file: Permission denied");
}

TEST(ProfileFile, IsCalledLikeASite) {
  const auto loaded = parse_alone(site_file("My Labs", dial_profile()), make_facts());
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].message, "\"My Labs\" cannot be a site's name");
}

TEST(ProfileFile, CutAnywhereIsRefusedOrWhole) {
  const auto text = dial_profile();
  for (std::size_t length = 0; length < text.size() - 1; ++length) {
    const auto loaded = parse_alone(site_file("labs", text.substr(0, length)), make_facts());
    EXPECT_FALSE(loaded.configuration) << length;
    EXPECT_FALSE(loaded.diagnostics.empty()) << length;
  }
}

TEST(ProfileFile, NestedDeeplyIsRefused) {
  EXPECT_THAT(mistake_in("a = " + std::string(30'000, '[')), HasSubstr("nested value depth"));
  std::string dots;
  for (int i = 0; i < 30'000; ++i) dots += "a.";
  for (const auto& text : {dots + "a = 1", '[' + dots + "a]", "a = {" + dots + "a = 1}",
                           "x = \"\"\"\n\\\"\"\"\"\n" + dots + "a = 1"}) {
    EXPECT_THAT(mistake_in(text), HasSubstr("more than 1000 dots"));
  }
}

TEST(ProfileFile, MayHaveAnyNumberOfDotsInTextAndComments) {
  std::string dots;
  for (int i = 0; i < 3'000; ++i) dots += ".";
  std::string networks;
  for (int i = 0; i < 256; ++i)
    networks += "\"10.7." + std::to_string(i) + ".0/24\", '10.8." + std::to_string(i) + ".0/24',\n";
  EXPECT_THAT(mistakes_in("# don't \"" + dots + '\n' + dial_with("\"172.16.1.0/24\"", networks)),
              IsEmpty());
}

}  // namespace
}  // namespace tunnel::config
