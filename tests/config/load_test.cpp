// What load.cpp adds to the pure part: the file system.

#include "tunneld/config/load.hpp"

#include "tests/config/profiles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>

namespace tunnel::config {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Loading : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "tunneld-config-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    fs::create_directory(directory_ / "sites");
    fs::create_directory(directory_ / "keys");
    write("tunneld.toml", "[gateway]\nname = \"talisker\"\n");
    write("keys/labs", contents(fs::path{TUNNEL_SOURCE_DIR} / "tests/config/keys/ed25519"), 0600);
    write("sites/labs.toml", dial_profile());
  }

  void TearDown() override { fs::remove_all(directory_); }

  void write(const std::string& name, const std::string& text, mode_t mode = 0644) {
    std::ofstream{directory_ / name} << text;
    ASSERT_EQ(chmod((directory_ / name).c_str(), mode), 0);
  }

  /// "NAME: MESSAGE" of each diagnostic, with names relative to the directory.
  std::vector<std::string> mistakes() const { return messages(load(directory_)); }

  std::vector<std::string> messages(const Loaded& loaded) const {
    EXPECT_EQ(loaded.configuration.has_value(), loaded.diagnostics.empty());
    std::vector<std::string> all;
    for (const auto& diagnostic : loaded.diagnostics) {
      all.push_back(fs::path{diagnostic.file}.lexically_relative(directory_).string() + ": " +
                    diagnostic.message);
    }
    return all;
  }

  fs::path directory_;
};

TEST_F(Loading, GivesTheConfiguration) {
  const auto loaded = load(directory_);
  ASSERT_TRUE(loaded.configuration) << explain(loaded.diagnostics.at(0));
  ASSERT_EQ(loaded.configuration->sites.size(), 1U);
  const auto& site = loaded.configuration->sites[0];
  EXPECT_EQ(site.name.str(), "labs");
  EXPECT_EQ(site.file, directory_ / "sites/labs.toml");
  EXPECT_EQ(site.dial()->identity, directory_ / "keys/labs");
  EXPECT_EQ(loaded.configuration->gateway.name, "talisker");
}

TEST_F(Loading, TwiceGivesTheSame) {
  EXPECT_EQ(load(directory_).configuration, load(directory_).configuration);
}

TEST_F(Loading, NamesTheGatewayAfterTheHost) {
  write("tunneld.toml", "");
  std::array<char, 256> name{};
  ASSERT_EQ(gethostname(name.data(), name.size() - 1), 0);
  const auto loaded = load(directory_);
  ASSERT_TRUE(loaded.configuration);
  EXPECT_EQ(loaded.configuration->gateway.name, name.data());
}

TEST_F(Loading, MakesPathsAbsoluteFromARelativeDirectory) {
  const auto before = fs::current_path();
  fs::current_path(directory_);
  const auto loaded = load(".");
  fs::current_path(before);
  ASSERT_TRUE(loaded.configuration);
  EXPECT_EQ(loaded.configuration->sites[0].dial()->identity, directory_ / "keys/labs");
}

TEST_F(Loading, TakesNoOtherFilesForProfiles) {
  write("sites/.hidden.toml", "broken");
  write("sites/.labs.toml.swp", "broken");
  write("sites/labs.toml~", "broken");
  write("sites/labs.toml.dpkg-old", "broken");
  write("sites/README", "broken");
  EXPECT_THAT(mistakes(), IsEmpty());
}

TEST_F(Loading, FollowsALinkToAProfile) {
  fs::rename(directory_ / "sites/labs.toml", directory_ / "shared-profile");
  fs::create_symlink("../shared-profile", directory_ / "sites/labs.toml");
  EXPECT_THAT(mistakes(), IsEmpty());
}

TEST_F(Loading, WithoutSitesIsAGatewayWithoutSites) {
  fs::remove_all(directory_ / "sites");
  const auto loaded = load(directory_);
  ASSERT_TRUE(loaded.configuration);
  EXPECT_THAT(loaded.configuration->sites, IsEmpty());
}

TEST_F(Loading, WithoutAFileOfTheGatewayHasTheDefaults) {
  fs::remove(directory_ / "tunneld.toml");
  const auto loaded = load(directory_);
  ASSERT_TRUE(loaded.configuration);
  EXPECT_EQ(loaded.configuration->gateway.runtime_dir, "/run/tunneld");
}

TEST_F(Loading, NoticesADirectoryThatIsNotThere) {
  EXPECT_THAT(messages(load(directory_ / "nowhere")),
              ElementsAre("nowhere: there is no such directory"));
}

TEST_F(Loading, NoticesAFileInThePlaceOfTheFolder) {
  fs::remove_all(directory_ / "sites");
  write("sites", "");
  EXPECT_THAT(mistakes(), ElementsAre("sites: cannot read this directory: Not a directory"));
}

TEST_F(Loading, NoticesDirectoriesAndFilesThatAnybodyMayWrite) {
  fs::permissions(directory_, static_cast<fs::perms>(01777));
  fs::permissions(directory_ / "sites", static_cast<fs::perms>(0777));
  write("tunneld.toml", "", 0666);
  write("sites/labs.toml", dial_profile(), 0602);
  EXPECT_THAT(mistakes(),
              ElementsAre(".: anybody may write to this directory",
                          "sites: anybody may write to this directory",
                          "tunneld.toml: anybody may write to this file (mode 0666)",
                          "sites/labs.toml: anybody may write to this file (mode 0602)"));
}

TEST_F(Loading, NoticesWhatIsNoPlainFile) {
  fs::create_directory(directory_ / "sites/folder.toml");
  ASSERT_EQ(mkfifo((directory_ / "sites/pipe.toml").c_str(), 0600), 0);
  fs::create_symlink("nothing", directory_ / "sites/void.toml");
  EXPECT_THAT(mistakes(), ElementsAre("sites/folder.toml: cannot read this file: Is a directory",
                                      "sites/pipe.toml: cannot read this file: Invalid argument",
                                      "sites/void.toml: there is no such file"));
}

TEST_F(Loading, NoticesAProfileTooLargeToBeOne) {
  write("sites/labs.toml", std::string(1 << 20, '#'));
  EXPECT_THAT(mistakes(), ElementsAre("sites/labs.toml: cannot read this file: File too large"));
}

TEST_F(Loading, LooksAtTheIdentity) {
  write("keys/labs", contents(fs::path{TUNNEL_SOURCE_DIR} / "tests/config/keys/rsa_pem"), 0640);
  EXPECT_THAT(mistakes(),
              ElementsAre(HasSubstr("is open to others (mode 0640)"), HasSubstr("is an RSA key")));
  fs::remove(directory_ / "keys/labs");
  EXPECT_THAT(mistakes(), ElementsAre(HasSubstr("there is no " + directory_.string())));
  fs::create_directory(directory_ / "keys/labs");
  EXPECT_THAT(mistakes(), ElementsAre(HasSubstr("Is a directory")));
}

TEST_F(Loading, KnowsTheKeyThatWasMeant) {
  write("keys/labs.pub", "");
  write("sites/labs.toml", with(dial_profile(), "keys/labs", "keys/lab"));
  const auto loaded = load(directory_);
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].hint, "did you mean \"keys/labs\"?");
}

TEST_F(Loading, LooksAtTheSshConfig) {
  write("sites/labs.toml",
        with(dial_profile(), "[ssh]", "[ssh]\nclient = \"openssh\"\nssh_config = \"jump\""));
  EXPECT_THAT(mistakes(), ElementsAre(HasSubstr("No such file")));
  write("jump", "", 0666);
  EXPECT_THAT(mistakes(), ElementsAre(HasSubstr("anybody may write to")));
  write("jump", "");
  EXPECT_THAT(mistakes(), IsEmpty());
}

TEST_F(Loading, ReadsTheSecrets) {
  write("secrets.toml", "[sites.labs]\ntalisker = \"correct horse\"\n", 0600);
  const auto loaded = load(directory_);
  ASSERT_TRUE(loaded.configuration) << explain(loaded.diagnostics.at(0));
  EXPECT_EQ(loaded.secrets_checked, SecretsChecked::Yes);
  EXPECT_NE(loaded.secrets.find(*SiteName::parse("labs"), "talisker"), nullptr);
}

TEST_F(Loading, WithoutAFileOfSecretsHasNone) {
  EXPECT_EQ(load(directory_).secrets_checked, SecretsChecked::Yes);
}

TEST_F(Loading, NoticesMistakesInTheSecretsAndNamesTheSitesThereAre) {
  write("sites/archive.toml", "broken");
  write("secrets.toml", "[sites.archive]\n[sites.lab]\n", 0640);
  EXPECT_THAT(mistakes(), ElementsAre(HasSubstr("sites/archive.toml: syntax error"),
                                      "secrets.toml: this file is open to others (mode 0640)",
                                      "secrets.toml: there is no site \"lab\""));
  fs::remove(directory_ / "secrets.toml");
  fs::create_directory(directory_ / "secrets.toml");
  EXPECT_THAT(mistakes(), Contains("secrets.toml: cannot read this file: Is a directory"));
}

TEST_F(Loading, MissesTheSecretsThatAProfileNeeds) {
  const auto wants = HasSubstr("secrets.toml has no secret for \"talisker\"");
  write("sites/labs.toml", dial_profile() + "[ppp.auth]\nname = \"talisker\"\n");
  EXPECT_THAT(mistakes(), ElementsAre(wants));
  EXPECT_THAT(messages(check_file(directory_ / "sites/labs.toml")), ElementsAre(wants));
  write("secrets.toml", "[secrets]\ntalisker = \"\"\n", 0600);
  EXPECT_THAT(mistakes(), ElementsAre("secrets.toml: the secret of \"talisker\" is empty"));
  write("secrets.toml", "[secrets]\ntalisker = \"x\"\n", 0600);
  EXPECT_THAT(mistakes(), IsEmpty());
  EXPECT_THAT(messages(check_file(directory_ / "sites/labs.toml")), IsEmpty());
}

TEST_F(Loading, ReadsNoSecretsForWhoeverHasNoUseForThem) {
  write("secrets.toml", "broken", 0644);
  const auto loaded = load(directory_, SecretsWanted::No);
  EXPECT_THAT(messages(loaded), IsEmpty());
  EXPECT_EQ(loaded.secrets_checked, SecretsChecked::No);
}

TEST_F(Loading, PassesOverSecretsThatTheReaderMayNotRead) {
  write("sites/labs.toml", answer_profile());
  write("secrets.toml", "broken", 0);
  fs::permissions(directory_, static_cast<fs::perms>(0755));
  const bool root = geteuid() == 0;
  if (root) {
    ASSERT_EQ(seteuid(65534), 0);  // nobody
  }
  const auto refused = load(directory_);
  const auto passed_over = load(directory_, SecretsWanted::IfReadable);
  if (root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  EXPECT_THAT(messages(refused),
              ElementsAre("secrets.toml: cannot read this file: Permission denied"));
  EXPECT_THAT(messages(passed_over), IsEmpty());
  EXPECT_EQ(passed_over.secrets_checked, SecretsChecked::No);
}

TEST_F(Loading, NoticesSecretsThatBelongToSomebodyElse) {
  if (geteuid() == 0) {
    write("secrets.toml", "", 0600);
    ASSERT_EQ(chown((directory_ / "secrets.toml").c_str(), 65534, 65534), 0);
    EXPECT_THAT(mistakes(), Contains(HasSubstr("belongs neither to root nor")));
  }
}

TEST_F(Loading, OneFileMayBeTheSecrets) {
  write("secrets.toml", "[sites.anywhere]\ntalisker = \"x\"\n", 0600);
  EXPECT_TRUE(check_file(directory_ / "secrets.toml").configuration);
  write("new.toml", "[secrets]\ntalisker = \"hunter\n", 0600);
  const auto loaded = check_file(directory_ / "new.toml");
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].source_line, "talisker = ***");
}

TEST_F(Loading, OneFileFindsItsKeysBesideTheFolderSites) {
  const auto loaded = check_file(directory_ / "sites/labs.toml");
  ASSERT_TRUE(loaded.configuration) << explain(loaded.diagnostics.at(0));
  EXPECT_EQ(loaded.configuration->sites[0].dial()->identity, directory_ / "keys/labs");
}

TEST_F(Loading, OneFileElsewhereFindsItsKeysBesideItself) {
  fs::rename(directory_ / "sites/labs.toml", directory_ / "labs.toml");
  const auto before = fs::current_path();
  fs::current_path(directory_);
  const auto loaded = check_file("labs.toml");
  fs::current_path(before);
  EXPECT_TRUE(loaded.configuration) << explain(loaded.diagnostics.at(0));
}

TEST_F(Loading, OneFileMayBeTheGateways) {
  EXPECT_TRUE(check_file(directory_ / "tunneld.toml").configuration);
}

TEST_F(Loading, OneFileThatIsNotThereIsSaidToBeMissing) {
  EXPECT_THAT(messages(check_file(directory_ / "sites/none.toml")),
              ElementsAre("sites/none.toml: there is no such file"));
}

}  // namespace
}  // namespace tunnel::config
