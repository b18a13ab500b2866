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
              ElementsAre("nowhere/tunneld.toml: there is no such file"));
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

TEST_F(Loading, LooksAtTheSshConfig) {
  write("sites/labs.toml",
        with(dial_profile(), "[ssh]", "[ssh]\nclient = \"openssh\"\nssh_config = \"jump\""));
  EXPECT_THAT(mistakes(), ElementsAre(HasSubstr("No such file")));
  write("jump", "", 0666);
  EXPECT_THAT(mistakes(), ElementsAre(HasSubstr("anybody may write to")));
  write("jump", "");
  EXPECT_THAT(mistakes(), IsEmpty());
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
