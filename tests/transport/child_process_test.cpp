#include "pppd-bridge/transport/child_process.hpp"

#include "pppd-bridge/transport/memory_file.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace tunnel::transport {

namespace {

using testing::HasSubstr;

std::string read_all(const UniqueFd& fd) {
  std::string out;
  std::array<char, 4096> buffer;
  for (ssize_t got = 0; (got = ::read(fd.get(), buffer.data(), buffer.size())) > 0;) {
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return out;
}

ChildExit wait_for_exit(ChildProcess& child) {
  pollfd wanted{child.pidfd(), POLLIN, 0};
  EXPECT_EQ(::poll(&wanted, 1, 10'000), 1);
  const auto exit = child.poll_exit();
  EXPECT_TRUE(exit.has_value());
  return exit.value_or(ChildExit{});
}

Result<ChildProcess> shell(const std::string& script) {
  return ChildProcess::start({"/bin/sh", "-c", script}, {"ONLY=this"});
}

TEST(ChildProcesses, HaveTheirStreamsAndOnlyTheEnvironmentTheyAreGiven) {
  auto child = shell("cat; echo $ONLY$HOME$PATH_INFO; echo error >&2; exit 3");
  ASSERT_TRUE(child.has_value());
  auto input = child->take_input();
  ASSERT_EQ(::write(input.get(), "echoed\n", 7), 7);
  input.reset();
  EXPECT_EQ(read_all(child->take_output()), "echoed\nthis\n");
  EXPECT_EQ(read_all(child->take_error()), "error\n");
  const auto exit = wait_for_exit(*child);
  EXPECT_EQ(exit.status, 3);
  EXPECT_EQ(exit.str(), "exited with status 3");
}

TEST(ChildProcesses, InheritNoOtherDescriptor) {
  const UniqueFd leaky{::open("/dev/null", O_RDONLY)};  // not close-on-exec
  auto child = shell("ls /proc/self/fd | wc -l");
  ASSERT_TRUE(child.has_value());
  EXPECT_EQ(read_all(child->take_output()), "4\n");  // three, and the one ls reads the folder by
}

TEST(ChildProcesses, ThatCannotBeExecutedAreAnError) {
  const auto child = ChildProcess::start({"/no/such/program"}, {});
  ASSERT_FALSE(child.has_value());
  EXPECT_THAT(child.error().message(), HasSubstr("/no/such/program: No such file"));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);  // no child, not even a zombie
}

// The child's own child holds the pipe open: it must go, too.
TEST(ChildProcesses, AreKilledWithTheirDescendants) {
  UniqueFd output;
  {
    auto child = shell("(echo ready; cat /dev/zero >/dev/null) & wait");
    ASSERT_TRUE(child.has_value());
    output = child->take_output();
    std::array<char, 6> ready;
    ASSERT_EQ(::read(output.get(), ready.data(), ready.size()), 6);
    EXPECT_FALSE(child->poll_exit().has_value());
  }
  EXPECT_EQ(read_all(output), "");  // returns when nobody has the other end
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

TEST(ChildProcesses, SayWhichSignalEndedThem) {
  auto child = shell("kill -KILL $$");
  ASSERT_TRUE(child.has_value());
  const auto exit = wait_for_exit(*child);
  EXPECT_EQ(exit.signal, SIGKILL);
  EXPECT_EQ(exit.str(), "was killed by signal 9 (Killed)");
}

// ssh must not outlive a bridge that is killed: a process of the test plays the bridge.
TEST(ChildProcesses, DieWithTheProcessThatStartedThem) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const UniqueFd reader{ends[0]};
  UniqueFd writer{ends[1]};
  const pid_t bridge = ::fork();
  if (bridge == 0) {
    const auto child = ChildProcess::start({"/bin/sh", "-c", "exec cat /dev/zero >/dev/null"}, {});
    const auto pid = child ? child->pid() : 0;
    ::_exit(::write(writer.get(), &pid, sizeof pid) == sizeof pid ? ::pause() : 1);
  }
  ASSERT_GT(bridge, 0);
  pid_t grandchild = 0;
  ASSERT_EQ(::read(reader.get(), &grandchild, sizeof grandchild),
            static_cast<ssize_t>(sizeof grandchild));
  const UniqueFd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, grandchild, 0))};
  ASSERT_TRUE(pidfd);
  ::kill(bridge, SIGKILL);
  ::waitpid(bridge, nullptr, 0);
  pollfd wanted{pidfd.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&wanted, 1, 10'000), 1);
}

TEST(MemoryFiles, AreReadableByPathAndOnlyByTheirOwner) {
  const auto secret = to_bytes("secret\n");
  auto file = MemoryFile::create("test", secret);
  ASSERT_TRUE(file.has_value());
  auto child = shell("cat " + file->path() + "; stat -L -c %a " + file->path());
  ASSERT_TRUE(child.has_value());
  EXPECT_EQ(read_all(child->take_output()), "secret\n600\n");
}

TEST(MemoryFiles, AreOverwrittenWhenTheyGo) {
  UniqueFd other;
  {
    auto file = MemoryFile::create("test", to_bytes("secret"));
    ASSERT_TRUE(file.has_value());
    other = UniqueFd{::open(file->path().c_str(), O_RDONLY | O_CLOEXEC)};
    ASSERT_TRUE(other);
  }
  EXPECT_EQ(read_all(other), std::string(6, '\0'));
}

}  // namespace

}  // namespace tunnel::transport
