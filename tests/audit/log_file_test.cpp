#include "tunneld/audit/log_file.hpp"

#include "tests/audit/files.hpp"
#include "tests/base/descriptors.hpp"
#include "tests/base/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <string>

namespace tunnel::audit {
namespace {

namespace fs = std::filesystem;
using test::contents;
using test::FullDisk;
using test::lines;
using testing::ElementsAre;
using testing::IsEmpty;

class LogFileTest : public testing::Test {
 protected:
  void write(std::string_view line) { log.write(line, "now: "); }

  tunnel::test::TemporaryDirectory directory;
  fs::path path = directory.path() / "ppp.log";
  fs::path rotated = directory.path() / "ppp.log.1";
  LogFile log{path};
};

TEST_F(LogFileTest, AppendsLines) {
  write("one");
  write("two");
  EXPECT_EQ(contents(path), "one\ntwo\n");
  EXPECT_EQ(log.lost(), 0U);
  EXPECT_EQ(log.path(), path);
}

TEST_F(LogFileTest, IsNotMadeBeforeThereIsALine) {
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(LogFileTest, GoesOnWithTheFileOfAnEarlierDaemon) {
  write("one");
  LogFile later{path};
  later.write("two", "");
  EXPECT_THAT(lines(path), ElementsAre("one", "two"));
}

TEST_F(LogFileTest, IsReadByItsOwnerAndGroupOnly) {
  const auto previous = ::umask(0);
  write("one");
  ::umask(previous);
  EXPECT_EQ(fs::status(path).permissions(), fs::perms{0640});
}

TEST_F(LogFileTest, AfterRotationByRenameTheNextLineGoesToTheNewFile) {
  write("old");
  fs::rename(path, rotated);
  write("new");
  EXPECT_THAT(lines(rotated), ElementsAre("old"));
  EXPECT_THAT(lines(path), ElementsAre("new"));
}

TEST_F(LogFileTest, TakesAFileThatTheRotationMade) {
  write("old");
  fs::rename(path, rotated);
  std::ofstream{path} << "made by logrotate\n";
  write("new");
  EXPECT_THAT(lines(path), ElementsAre("made by logrotate", "new"));
}

TEST_F(LogFileTest, RotationByTruncationLeavesNoHole) {
  write("old");
  fs::resize_file(path, 0);
  write("new");
  EXPECT_EQ(contents(path), "new\n");
}

TEST_F(LogFileTest, IsMadeAgainAfterItWasDeleted) {
  write("old");
  fs::remove(path);
  write("new");
  EXPECT_THAT(lines(path), ElementsAre("new"));
}

TEST_F(LogFileTest, HoldsOneDescriptorWhateverIsRotated) {
  write("first");
  const auto before = tunnel::test::open_descriptors();
  for (int i = 0; i < 20; ++i) {
    fs::rename(path, rotated);
    write("next");
  }
  EXPECT_EQ(tunnel::test::open_descriptors(), before);
}

TEST_F(LogFileTest, CountsLinesThatADirectoryWhichIsGoneCannotTake) {
  fs::remove_all(directory.path());
  write("one");
  write("two");
  EXPECT_EQ(log.lost(), 2U);
  fs::create_directory(directory.path());
  write("three");
  EXPECT_THAT(lines(path),
              ElementsAre("now: 2 lines were lost here: the log could not be written", "three"));
  EXPECT_EQ(log.lost(), 2U);
}

TEST_F(LogFileTest, FollowsNoSymbolicLink) {
  const auto elsewhere = directory.path() / "shadow";
  std::ofstream{elsewhere} << "";
  fs::create_symlink(elsewhere, path);
  write("one");
  EXPECT_EQ(log.lost(), 1U);
  EXPECT_THAT(contents(elsewhere), IsEmpty());
}

TEST_F(LogFileTest, FullDiskLosesLinesAndSaysHowManyWhenThereIsRoomAgain) {
  write("before");
  {
    const FullDisk disk{fs::file_size(path)};
    write("lost");
    write("lost");
    write("lost");
  }
  EXPECT_EQ(log.lost(), 3U);
  write("after");
  write("later");
  EXPECT_THAT(lines(path),
              ElementsAre("before", "now: 3 lines were lost here: the log could not be written",
                          "after", "later"));
  EXPECT_EQ(log.lost(), 3U);
}

TEST_F(LogFileTest, FullDiskLeavesNoHalfLine) {
  write("before");
  {
    const FullDisk disk{fs::file_size(path) + 3};
    write("too long for what is left");
    EXPECT_EQ(contents(path), "before\n");
    write("ok");  // what fits is written all the same, the notice is not
  }
  EXPECT_EQ(log.lost(), 1U);
  write("after");
  EXPECT_EQ(contents(path),
            "before\nok\nnow: 1 lines were lost here: the log could not be written\nafter\n");
}

TEST_F(LogFileTest, NoticeIsWrittenOnceThoughTheDiskFillsUpAgain) {
  {
    const FullDisk disk{0};
    write("lost");
  }
  const std::string notice = "now: 1 lines were lost here: the log could not be written\n";
  {
    const FullDisk disk{notice.size()};
    write("lost too");
    EXPECT_EQ(contents(path), notice);
  }
  write("after");
  EXPECT_EQ(contents(path), notice + notice + "after\n");
  EXPECT_EQ(log.lost(), 2U);
}

TEST_F(LogFileTest, KeepsTheWholeLinesOfThoseThatDidNotFit) {
  {
    const FullDisk disk{10};
    log.write_all("one\ntwo\nthree\nfour\n", "now: ");
  }
  EXPECT_EQ(contents(path), "one\ntwo\n");
  EXPECT_EQ(log.lost(), 2U);
  log.write_all("five\nsix\n", "now: ");
  EXPECT_THAT(lines(path),
              ElementsAre("one", "two", "now: 2 lines were lost here: the log could not be written",
                          "five", "six"));
}

}  // namespace
}  // namespace tunnel::audit
