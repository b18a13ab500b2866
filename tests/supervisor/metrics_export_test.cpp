// The file for node_exporter: always whole, told of once when it cannot be written, and gone in the
// end.

#include "tunneld/supervisor/metrics_export.hpp"

#include "tests/base/temporary_directory.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>

namespace tunnel::supervisor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

namespace fs = std::filesystem;

std::string contents(const fs::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{folder}) {
    names.push_back(entry.path().filename().native());
  }
  return names;
}

class MetricsExportTest : public testing::Test {
 protected:
  ~MetricsExportTest() override { ::umask(umask_); }

  config::Metrics wanted(std::chrono::milliseconds interval = 1h) const {
    return {.file = file_, .interval = interval};
  }

  test::TemporaryDirectory directory_;
  fs::path folder_ = directory_.path() / "textfile";
  fs::path file_ = folder_ / "tunneld.prom";
  mode_t umask_ = ::umask(0077);
  int written_ = 0;
  std::vector<std::string> said_;
  boost::asio::io_context io_;
  MetricsExport export_{io_, [this] { return "text " + std::to_string(++written_) + '\n'; },
                        [this](audit::Priority priority, const std::string& text) {
                          said_.push_back(std::string{audit::name(priority)} + ": " + text);
                        }};
};

TEST_F(MetricsExportTest, WritesAtOnceAWholeFileThatAnybodyMayRead) {
  fs::create_directory(folder_);
  export_.set(wanted());
  EXPECT_EQ(contents(file_), "text 1\n");
  EXPECT_EQ(fs::status(file_).permissions(), fs::perms{0644});
  EXPECT_THAT(names_in(folder_), ElementsAre("tunneld.prom"));
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(MetricsExportTest, WritesAgainWhenTheIntervalIsOver) {
  fs::create_directory(folder_);
  export_.set(wanted(1ms));
  while (written_ < 3) io_.run_one();
  EXPECT_EQ(contents(file_), "text 3\n");
}

// Whoever has the old file open goes on reading the old text, and the new one was never half there:
// it came by its name only when it was written and closed.
TEST_F(MetricsExportTest, PutsTheNewFileInThePlaceOfTheOldOne) {
  fs::create_directory(folder_);
  export_.set(wanted());
  std::ifstream old{file_};
  const UniqueFd watch{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
  ASSERT_GE(::inotify_add_watch(watch.get(), file_.c_str(), IN_MODIFY), 0);

  export_.write();

  EXPECT_EQ(contents(file_), "text 2\n");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>{old}, {}), "text 1\n");
  std::array<char, 4096> events{};
  EXPECT_LT(::read(watch.get(), events.data(), events.size()), 0) << "the old file was written to";
}

TEST_F(MetricsExportTest, SaysOnceThatItCannotWriteAndOnceThatItCanAgain) {
  export_.set(wanted());
  export_.write();
  ASSERT_THAT(said_, SizeIs(1));
  EXPECT_THAT(said_[0], testing::StartsWith("warning: metrics cannot be written, which is tried "
                                            "again: "));
  EXPECT_THAT(said_[0], HasSubstr(file_.native() + ": No such file or directory"));

  fs::create_directory(folder_);
  export_.write();
  export_.write();
  EXPECT_THAT(said_, SizeIs(2));
  EXPECT_EQ(said_.back(), "notice: metrics are written to " + file_.native() + " again");
  EXPECT_EQ(contents(file_), "text 4\n");
}

TEST_F(MetricsExportTest, LeavesTheOldFileAndNoHalfOneWhereTheNewOneCannotTakeItsPlace) {
  fs::create_directories(file_);  // a folder of that name
  export_.set(wanted());
  EXPECT_THAT(said_, ElementsAre(HasSubstr("Is a directory")));
  EXPECT_THAT(names_in(folder_), ElementsAre("tunneld.prom"));
}

// In a folder that others may write to, the name may be a link to what is not theirs.
TEST_F(MetricsExportTest, DoesNotFollowALinkThatSomebodyHasPutThere) {
  fs::create_directory(folder_);
  const auto precious = directory_.path() / "precious";
  std::ofstream{precious} << "precious";
  fs::create_symlink(precious, file_.native() + ".new");
  fs::create_symlink(precious, file_);
  export_.set(wanted());
  EXPECT_EQ(contents(precious), "precious");
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(file_)));
  EXPECT_EQ(contents(file_), "text 1\n");
}

TEST_F(MetricsExportTest, RemovesTheFileInTheEnd) {
  fs::create_directory(folder_);
  export_.set(wanted(1ms));
  export_.set(std::nullopt);
  EXPECT_THAT(names_in(folder_), IsEmpty());
  EXPECT_EQ(io_.run(), 1U) << "only the timer that was called off";
  EXPECT_THAT(names_in(folder_), IsEmpty());
}

TEST_F(MetricsExportTest, RemovesTheFileThatAReloadHasGivenAnotherName) {
  fs::create_directory(folder_);
  export_.set(wanted());
  auto other = wanted();
  other.file = folder_ / "other.prom";
  export_.set(other);
  EXPECT_THAT(names_in(folder_), ElementsAre("other.prom"));
  export_.set(wanted(2h));
  EXPECT_THAT(names_in(folder_), ElementsAre("tunneld.prom"));
}

}  // namespace
}  // namespace tunnel::supervisor
