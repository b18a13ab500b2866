// The verb `trace` where it cannot go on: what it says then tells what to do.

#include "tests/ctl/ctl_fixture.hpp"

#include <fstream>
#include <iterator>

namespace tunnel::ctl {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class TraceTest : public CtlTest {
 protected:
  TraceTest() { daemon().answers("trace", "{}"); }
};

TEST_F(TraceTest, IntoAFolderThatIsNotThereAsksForAnotherFile) {
  const auto outcome = tunnelctl({"trace", "labs", "--pcap", "/nowhere/t.pcap"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err,
            "tunnelctl: write /nowhere/t.pcap: No such file or directory: name a FILE that you may "
            "write, or -\n");
}

// Refused to who may only read, say: an older trace is all that he has.
TEST_F(TraceTest, ThatIsRefusedLeavesItsFileAlone) {
  daemon().refuses("trace", {supervisor::rpc_code::kNotAllowed, "\"trace\" is for others", {}});
  const auto file = folder_.write("older.pcap", "an older trace");
  EXPECT_EQ(tunnelctl({"trace", "labs", "--pcap", file.native()}).code, 4);
  std::ifstream left{file};
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>{left}, {}), "an older trace");

  const auto other = folder_.path / "new.pcap";
  EXPECT_EQ(tunnelctl({"trace", "labs", "--pcap", other.native()}).code, 4);
  EXPECT_FALSE(std::filesystem::exists(other));
}

TEST_F(TraceTest, OntoAFullDiskAsksForRoom) {
  const auto outcome = tunnelctl({"trace", "labs", "--pcap", "/dev/full"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("No space left on device: make room, or name another FILE"));
}

TEST_F(TraceTest, OfADaemonThatEndsSaysToBeginAnother) {
  Program program{loop_, arguments({"trace", "labs", "--pcap", "-"})};
  program.until([&] { return !program.out.empty(); });
  daemon().end();
  EXPECT_EQ(program.finish(), 1);
  EXPECT_THAT(program.err, EndsWith("begin another when it runs again\n"));
}

}  // namespace
}  // namespace tunnel::ctl
