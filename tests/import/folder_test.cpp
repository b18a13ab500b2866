// The folder that is read, and the one that is written.

#include "tunneld/import/folder_tree.hpp"
#include "tunneld/import/output_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tunnel::importer {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FolderTest : public ::testing::Test {
 protected:
  FolderTest() {
    std::string name = (fs::temp_directory_path() / "import.XXXXXX").native();
    folder_ = ::mkdtemp(name.data());
  }

  ~FolderTest() override { fs::remove_all(folder_); }

  void write(const fs::path& file, const std::string& text) const {
    fs::create_directories((folder_ / file).parent_path());
    std::ofstream{folder_ / file} << text;
  }

  /// What is found, by its name and its text.
  std::string find(const std::string& path) const {
    const auto tree = FolderTree::open(folder_);
    if (!tree) return tree.error().message();
    const auto file = tree->find(path);
    if (!file) return "none";
    return file->name + ": " + (file->error ? file->error.message() : file->text);
  }

  std::vector<std::string> entries() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator{folder_}) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  fs::path folder_;
};

TEST_F(FolderTest, FilesAreFoundInACopyOfTheRootOfEtcOrAlone) {
  write("ppp.conf", "alone");
  EXPECT_EQ(find("/etc/ppp/ppp.conf"), "ppp.conf: alone");
  write("ppp/ppp.conf", "etc");
  EXPECT_EQ(find("/etc/ppp/ppp.conf"), "ppp/ppp.conf: etc");
  write("etc/ppp/ppp.conf", "root");
  EXPECT_EQ(find("/etc/ppp/ppp.conf"), "etc/ppp/ppp.conf: root");
  write(".ssh/known_hosts", "keys");
  EXPECT_EQ(find("/root/.ssh/known_hosts"), ".ssh/known_hosts: keys");
  EXPECT_EQ(find("/etc/rc.conf"), "none");
}

TEST_F(FolderTest, LinksAndDotsDoNotLeadOutOfIt) {
  write("etc/real", "inside");
  fs::create_symlink("/etc/real", folder_ / "etc/rc.conf");
  EXPECT_EQ(find("/etc/rc.conf"), "etc/rc.conf: inside");
  fs::create_symlink("/etc/passwd", folder_ / "etc/ipf.rules");
  EXPECT_EQ(find("/etc/ipf.rules"), "none");
  fs::create_symlink("../../../../../../../../etc/passwd", folder_ / "etc/ipnat.rules");
  EXPECT_EQ(find("/etc/ipnat.rules"), "none");
  EXPECT_EQ(find("/../../../../../../../etc/passwd"), "none");
}

TEST_F(FolderTest, WhatCannotBeReadIsAnError) {
  fs::create_directories(folder_ / "etc/rc.conf");
  EXPECT_EQ(find("/etc/rc.conf"), "etc/rc.conf: Is a directory");
  ASSERT_EQ(::mkfifo((folder_ / "etc/ipf.rules").c_str(), 0600), 0);
  EXPECT_EQ(find("/etc/ipf.rules"), "etc/ipf.rules: Invalid argument");
  fs::create_symlink("ipnat.rules", folder_ / "etc/ipnat.rules");
  EXPECT_EQ(find("/etc/ipnat.rules"), "etc/ipnat.rules: Too many levels of symbolic links");
}

TEST_F(FolderTest, AFolderThatIsNotThereIsAnError) {
  const auto tree = FolderTree::open(folder_ / "other");
  ASSERT_FALSE(tree);
  EXPECT_THAT(tree.error().message(), HasSubstr("No such file"));
}

std::vector<NewFile> files() {
  std::vector<NewFile> all;
  all.push_back({"tunneld.toml", Secret{{'a'}}, false});
  all.push_back({"secrets.toml", Secret{{'b'}}, true});
  return all;
}

mode_t mode_of(const fs::path& path) {
  struct stat status {};

  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777U;
}

TEST_F(FolderTest, TheNewFolderIsForItsOwnerAndGroup) {
  const auto before = ::umask(077);
  const auto written = write_folder(folder_ / "new", files(), std::nullopt);
  ::umask(before);
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_EQ(mode_of(folder_ / "new"), 0750U);
  EXPECT_EQ(mode_of(folder_ / "new/sites"), 0750U);
  EXPECT_EQ(mode_of(folder_ / "new/tunneld.toml"), 0640U);
  EXPECT_EQ(mode_of(folder_ / "new/secrets.toml"), 0600U);
}

TEST_F(FolderTest, NothingIsWrittenOver) {
  for (const auto* name : {"empty", "link"}) {
    if (std::string{name} == "empty") {
      fs::create_directory(folder_ / name);
    } else {
      fs::create_symlink("nowhere", folder_ / name);
    }
    const auto written = write_folder(folder_ / name, files(), std::nullopt);
    ASSERT_FALSE(written);
    EXPECT_THAT(written.error().message(), HasSubstr("exists"));
  }
  EXPECT_TRUE(fs::is_empty(folder_ / "empty"));
}

TEST_F(FolderTest, AFailureLeavesNothing) {
  auto broken = files();
  broken.push_back({"no/such/folder", Secret{}, false});
  EXPECT_FALSE(write_folder(folder_ / "new", broken, std::nullopt));
  EXPECT_FALSE(write_folder(folder_ / "no/new", files(), std::nullopt));
  EXPECT_THAT(entries(), IsEmpty());
}

}  // namespace
}  // namespace tunnel::importer
