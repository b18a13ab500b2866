// key: the verbs that need no daemon.

#include "tests/ctl/key_fixture.hpp"

#include <boost/json/parse.hpp>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace tunnel::ctl {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

TEST_F(KeyTest, AKeyIsMadeBeforeAnyProfileExists) {
  const auto outcome = tunnelctl({"key", "gen", "labs"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, MatchesRegex("ssh-ed25519 [A-Za-z0-9+/=]+ labs@talisker\n"));
  EXPECT_THAT(outcome.err, HasSubstr("identity = \"keys/labs\""));
  EXPECT_THAT(outcome.err, HasSubstr("authorized_keys"));
  EXPECT_THAT(files_in(etc() / "keys"), UnorderedElementsAre("labs", "labs.pub"));
  EXPECT_EQ(contents(etc() / "keys/labs.pub"), outcome.out);
  EXPECT_THAT(contents(etc() / "keys/labs"), StartsWith("-----BEGIN OPENSSH PRIVATE KEY-----"));

  struct stat status {};

  ASSERT_EQ(::stat((etc() / "keys/labs").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777u, 0600u);
}

TEST_F(KeyTest, AKeyIsMadeEvenWithoutAConfiguration) {
  fs::remove(etc() / "tunneld.toml");
  const auto outcome = tunnelctl({"key", "gen", "labs"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("ssh-ed25519 "));
}

TEST_F(KeyTest, TheUmaskDoesNotHideTheFolderFromTunneld) {
  const auto before = ::umask(077);
  EXPECT_EQ(tunnelctl({"key", "gen", "labs"}).code, 0);
  ::umask(before);
  EXPECT_EQ(fs::status(etc() / "keys").permissions(), fs::perms{0755});
  EXPECT_EQ(fs::status(etc() / "keys/labs.pub").permissions(), fs::perms{0644});
}

TEST_F(KeyTest, AKeyThatRootMakesBelongsToTheAccountOfTunneld) {
  folder_.write("etc/tunneld.toml", "[gateway]\nuser = \"nobody\"\n");
  ASSERT_EQ(tunnelctl({"key", "gen", "labs"}).code, 0);

  struct stat status {};

  ASSERT_EQ(::stat((etc() / "keys/labs").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, ::geteuid() == 0 ? ::getpwnam("nobody")->pw_uid : ::geteuid());
}

TEST_F(KeyTest, AKeyThatIsThereIsNotOverwritten) {
  ASSERT_EQ(tunnelctl({"key", "gen", "labs"}).code, 0);
  const auto before = contents(etc() / "keys/labs");
  const auto outcome = tunnelctl({"key", "gen", "labs"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("keys/labs exists already"));
  EXPECT_THAT(outcome.err, HasSubstr("--force"));
  EXPECT_EQ(contents(etc() / "keys/labs"), before);
  EXPECT_THAT(files_in(etc() / "keys"), UnorderedElementsAre("labs", "labs.pub"));
}

TEST_F(KeyTest, APublicKeyOfAnotherIsNotOverwrittenEither) {
  folder_.write("etc/keys/labs.pub", "somebody's");
  const auto outcome = tunnelctl({"key", "gen", "labs"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("labs.pub exists already"));
  EXPECT_THAT(files_in(etc() / "keys"), ElementsAre("labs.pub"));
  EXPECT_EQ(contents(etc() / "keys/labs.pub"), "somebody's");
}

TEST_F(KeyTest, WithForceItIs) {
  ASSERT_EQ(tunnelctl({"key", "gen", "labs"}).code, 0);
  const auto before = contents(etc() / "keys/labs");
  const auto outcome = tunnelctl({"key", "gen", "labs", "--force"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(contents(etc() / "keys/labs"), before);
  EXPECT_EQ(contents(etc() / "keys/labs.pub"), outcome.out);
}

TEST_F(KeyTest, ANameThatIsNoneMakesNothing) {
  for (const auto* name : {"../labs", "Labs", "", "-x"}) {
    const auto outcome = tunnelctl({"key", "gen", "--", name});
    EXPECT_EQ(outcome.code, 2) << name;
    EXPECT_THAT(outcome.err, HasSubstr("is no name for a site"));
  }
  EXPECT_FALSE(fs::exists(etc() / "keys"));
}

TEST_F(KeyTest, WhereNothingCanBeWrittenTheErrorSaysWhere) {
  folder_.write("etc/keys", "a file in the way");
  const auto outcome = tunnelctl({"key", "gen", "labs"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr((etc() / "keys").native()));
}

TEST_F(KeyTest, ShowPrintsTheKeyAndItsFingerprint) {
  const auto made = tunnelctl({"key", "gen", "labs"});
  const auto outcome = tunnelctl({"key", "show", "labs"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith(made.out));
  EXPECT_THAT(outcome.out.substr(made.out.size()), MatchesRegex("SHA256:[A-Za-z0-9+/]{43}\n"));
}

TEST_F(KeyTest, ShowAsJson) {
  ASSERT_EQ(tunnelctl({"key", "gen", "labs"}).code, 0);
  const auto document = json::parse(tunnelctl({"key", "show", "labs", "--json"}).out);
  EXPECT_EQ(document.at("site"), "labs");
  EXPECT_EQ(std::string{document.at("file").as_string()}, etc() / "keys/labs");
  EXPECT_THAT(std::string{document.at("public_key").as_string()}, StartsWith("ssh-ed25519 "));
  EXPECT_THAT(std::string{document.at("fingerprint").as_string()}, StartsWith("SHA256:"));
  const auto made = json::parse(tunnelctl({"key", "gen", "attic", "--json"}).out);
  EXPECT_EQ(std::string{made.at("file").as_string()}, etc() / "keys/attic");
}

TEST_F(KeyTest, ShowTakesTheIdentityOfTheProfile) {
  ASSERT_EQ(tunnelctl({"key", "gen", "other"}).code, 0);
  folder_.write("etc/sites/labs.toml",
                std::string{"[site]\nrole = \"dial\"\n[ssh]\nhost = \"vpn.example\"\n"
                            "identity = \"keys/other\"\nhost_key = [\""} +
                    kHomeKey +
                    "\"]\n[ppp]\ninterface = \"tun0\"\nlocal = \"10.224.1.1\"\n"
                    "remote = \"10.224.1.2\"\n[routes]\nremote = [\"192.168.1.0/24\"]\n");
  const auto outcome = tunnelctl({"key", "show", "labs"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("other@talisker"));
}

TEST_F(KeyTest, OfASiteThatAnswersShowPrintsWhatItLetsIn) {
  write_answering("home", 1, std::string{kHomeKey} + " gw@home");
  const auto outcome = tunnelctl({"key", "show", "home"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, std::string{kHomeKey} + " gw@home\n" + kHomeFingerprint + "\n");
}

TEST_F(KeyTest, ShowOfAKeyThatIsNotThereSaysWhichItLookedFor) {
  const auto outcome = tunnelctl({"key", "show", "labs"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("there is no key " + (etc() / "keys/labs").native()));
}

TEST_F(KeyTest, ShowOfWhatIsNoKeySaysSo) {
  folder_.write("etc/keys/labs", "not a key\n");
  fs::permissions(etc() / "keys/labs", fs::perms{0600});
  const auto outcome = tunnelctl({"key", "show", "labs"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("ssh-keygen failed"));
}

TEST_F(KeyTest, SshdIsToldTheKeysOfAllAnsweringSites) {
  write_answering("home", 1, std::string{kHomeKey} + " gw@home",
                  "from = [\"198.51.100.0/24\", \"203.0.113.7/32\"]\n");
  write_answering("attic", 2, kAtticKey);
  const auto outcome = tunnelctl({"key", "authorized-keys"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "restrict,command=\"/opt/pppd-bridge answer attic\" " +
                             std::string{kAtticKey} +
                             "\nrestrict,command=\"/opt/pppd-bridge answer home\","
                             "from=\"198.51.100.0/24,203.0.113.7/32\" " +
                             kHomeKey + " gw@home\n");
}

TEST_F(KeyTest, SshdIsToldTheOfferedKeyOnly) {
  write_answering("home", 1, kHomeKey);
  write_answering("attic", 2, kAtticKey);
  const std::string key{kHomeKey};
  const auto base64 = key.substr(key.find(' ') + 1);
  const auto expected = "restrict,command=\"/opt/pppd-bridge answer home --key " +
                        std::string{kHomeFingerprint} + "\" " + key + '\n';
  EXPECT_EQ(tunnelctl({"key", "authorized-keys", "--offered-key", "ssh-ed25519", base64,
                       "--offered-fingerprint", kHomeFingerprint})
                .out,
            expected);
  EXPECT_EQ(tunnelctl({"key", "authorized-keys", "--offered-key", base64, "--offered-fingerprint",
                       kHomeFingerprint})
                .out,
            expected);
  const auto other = tunnelctl({"key", "authorized-keys", "--offered-key", "ssh-rsa", base64});
  EXPECT_EQ(other.code, 0);
  EXPECT_EQ(other.out, "");
}

TEST_F(KeyTest, AFingerprintThatIsNoneLetsNobodyIn) {
  write_answering("home", 1, kHomeKey);
  const auto outcome = tunnelctl({"key", "authorized-keys", "--offered-key", "AAAA",
                                  "--offered-fingerprint", "SHA256:x;reboot"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
}

TEST_F(KeyTest, ARuntimeDirOfItsOwnGoesIntoTheCommand) {
  set_gateway("/run/second one");
  write_answering("home", 1, kHomeKey);
  EXPECT_THAT(tunnelctl({"key", "authorized-keys"}).out,
              StartsWith("restrict,command=\"/opt/pppd-bridge answer home --socket "
                         "'/run/second one/bridge.sock'\" "));
}

TEST_F(KeyTest, APathThatCannotBeQuotedLetsNobodyIn) {
  set_gateway("/run/tunneld", "/opt/it's/pppd-bridge");
  write_answering("home", 1, kHomeKey);
  const auto outcome = tunnelctl({"key", "authorized-keys"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("/opt/it's/pppd-bridge"));
}

TEST_F(KeyTest, WithoutAPathTheBridgeIsTheOneBesideTunnelctl) {
  folder_.write("etc/tunneld.toml", "[gateway]\nname = \"talisker\"\n");
  write_answering("home", 1, kHomeKey);
  const fs::path place = folder_.path / "usr/bin";
  fs::create_directories(place);
  fs::create_directories(folder_.path / "usr/sbin");
  fs::copy_file(TUNNEL_BIN_DIR "/tunnelctl", place / "tunnelctl");
  const auto lines = [&] {
    Program program{loop_, arguments({"key", "authorized-keys"}), StandardOutput::Pipe,
                    place / "tunnelctl"};
    program.finish();
    return program.out + program.err;
  };
  EXPECT_THAT(lines(), HasSubstr("there is no pppd-bridge beside"));
  const auto make = [&](const char* file) {
    fs::permissions(folder_.write(file, "#!/bin/sh\n"), fs::perms{0755});
    return (folder_.path / file).native();
  };
  const auto in_sbin = make("usr/sbin/pppd-bridge");
  EXPECT_THAT(lines(), StartsWith("restrict,command=\"" + in_sbin + " answer home\" "));
  const auto beside = make("usr/bin/pppd-bridge");
  EXPECT_THAT(lines(), StartsWith("restrict,command=\"" + beside + " answer home\" "));
}

TEST_F(KeyTest, ABrokenProfileCostsItsOwnSiteOnly) {
  write_answering("home", 1, kHomeKey);
  folder_.write("etc/sites/attic.toml", "nonsense\n");
  const auto outcome = tunnelctl({"key", "authorized-keys"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("answer home\""));
  EXPECT_THAT(outcome.out, Not(HasSubstr("attic")));
  EXPECT_THAT(outcome.err, HasSubstr("attic.toml:1"));
}

TEST_F(KeyTest, ASiteThatClashesWithAnotherIsTheOneLeftOut) {
  write_answering("attic", 1, kAtticKey);
  write_answering("home", 1, kHomeKey);
  const auto outcome = tunnelctl({"key", "authorized-keys"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("answer attic\""));
  EXPECT_THAT(outcome.out, Not(HasSubstr("home")));
}

TEST_F(KeyTest, WithABrokenGatewayNobodyIsLetIn) {
  write_answering("home", 1, kHomeKey);
  folder_.write("etc/tunneld.toml", "[gateway]\nnonsense = 1\n");
  const auto outcome = tunnelctl({"key", "authorized-keys"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("nonsense"));
}

TEST_F(KeyTest, WithAFolderThatAnybodyMayWriteToNobodyIsLetIn) {
  write_answering("home", 1, kHomeKey);
  fs::permissions(etc() / "sites", fs::perms{0777});
  const auto outcome = tunnelctl({"key", "authorized-keys"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("anybody may write to this directory"));
}

}  // namespace
}  // namespace tunnel::ctl
