// That a file of the state directory survives a power cut cannot be tried here; that everything is
// told to the disk, and in the right order, can: fsync() and rename() are ours, and note
// themselves.

#include "tunneld/supervisor/state_file.hpp"

#include "tests/base/temporary_directory.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

std::vector<std::string> calls;

std::string file_of(int descriptor) {
  return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor))
      .filename()
      .native();
}

}  // namespace

extern "C" int fsync(int descriptor) {
  calls.push_back("fsync " + file_of(descriptor));
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

extern "C" int rename(const char* from, const char* to) noexcept {
  calls.push_back("rename to " + std::filesystem::path{to}.filename().native());
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

namespace tunnel::supervisor {
namespace {

using testing::ElementsAre;

class StateFileTest : public testing::Test {
 protected:
  StateFileTest() { calls.clear(); }

  std::string content() const {
    std::ifstream in{path_};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  test::TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_.path() / "links.json";
  StateFile file_{path_, 1000, "nothing is lost"};
};

TEST_F(StateFileTest, IsOnTheDiskBeforeItTakesTheOldOnesPlaceAndSoIsItsName) {
  ASSERT_TRUE(file_.write({{"a", boost::json::object{{"n", 1}}}}).has_value());
  EXPECT_THAT(calls, ElementsAre("fsync links.json.new", "rename to links.json",
                                 "fsync " + directory_.path().filename().native()));
  EXPECT_EQ(content(), "{\"a\":{\"n\":1}}\n");
}

TEST_F(StateFileTest, ThatCannotBeWrittenLeavesTheOldOne) {
  ASSERT_TRUE(file_.write({{"a", boost::json::object{}}}).has_value());
  std::filesystem::create_directory(path_.native() + ".new");
  EXPECT_TRUE(file_.write({}).has_error());
  EXPECT_EQ(content(), "{\"a\":{}}\n");
}

}  // namespace
}  // namespace tunnel::supervisor
