// Who is at the other end of a socket, and whose child it is.

#include "tunneld/supervisor/processes.hpp"

#include "tunneld/base/unix_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tunnel::supervisor {
namespace {

using testing::SizeIs;

/// /proc/PID/stat of a process of that name.
std::string stat_of(const std::string& name) {
  return "4711 (" + name +
         ") S 12 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 200 "
         "18446744073709551615\n";
}

TEST(ProcessStat, IsReadWhateverTheProcessCallsItself) {
  const ProcessFacts expected{.mark = {.pid = 4711, .started = 987654}, .parent = 12};
  for (const std::string name : {"sshd", "a b", "x) S 1 1 1 (y", "new\nline", "))", ""}) {
    EXPECT_EQ(parse_process_stat(stat_of(name)), expected) << name;
  }
}

TEST(ProcessStat, ThatIsCutOffIsNothing) {
  const auto whole = stat_of("sshd");
  const auto needed = whole.find(" 1000 200");
  for (std::size_t length = 0; length < needed - 6; ++length) {
    EXPECT_FALSE(parse_process_stat(whole.substr(0, length))) << length;
  }
  EXPECT_FALSE(parse_process_stat("4711 (sshd) S x 1 1"));
}

/// A child that does nothing until it is killed.
class Child {
 public:
  Child() : pid_{::fork()} {
    if (pid_ == 0) {
      ::pause();
      ::_exit(0);
    }
  }

  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  ~Child() { end(); }

  pid_t pid() const { return pid_; }

  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }

  /// Somebody else has waited for it.
  void forget() { pid_ = -1; }

  /// How it ended, as waitpid(2) has it.
  int wait() {
    int status = 0;
    EXPECT_GT(::waitpid(std::exchange(pid_, -1), &status, 0), 0);
    return status;
  }

 private:
  pid_t pid_;
};

TEST(Process, HasItsAncestors) {
  const Child child;
  const auto line = ancestry(child.pid());
  ASSERT_GE(line.size(), 2U);
  EXPECT_EQ(line[0].pid, child.pid());
  EXPECT_EQ(line[1].pid, ::getpid());
  EXPECT_GE(line[0].started, line[1].started);
  EXPECT_EQ(user_of(child.pid()), ::getuid());
}

TEST(Process, ThatHasEndedHasNone) {
  Child child;
  const auto mark = read_process(child.pid())->mark;
  const auto pid = child.pid();
  EXPECT_TRUE(runs(mark));
  child.end();
  EXPECT_FALSE(runs(mark));
  EXPECT_THAT(ancestry(pid), SizeIs(0));
  EXPECT_FALSE(user_of(pid));
}

TEST(Process, ThatHasTheNumberOfAnotherIsNotTakenForIt) {
  const Child child;
  auto mark = read_process(child.pid())->mark;
  ++mark.started;
  EXPECT_FALSE(runs(mark));
}

constexpr uid_t kAccount = 995;

std::optional<pid_t> session_in(const std::vector<Relative>& line) {
  const auto found = session_process(line, kAccount);
  return found ? std::optional{found->pid} : std::nullopt;
}

Relative relative(pid_t pid, uid_t user) {
  return {.mark = {.pid = pid, .started = 1}, .user = user};
}

TEST(Session, IsServedByTheProcessBelowSshdsMonitor) {
  // The bridge, the shell that sshd gave its command to, sshd, its monitor, and the one that
  // listens.
  EXPECT_EQ(session_in({relative(90, kAccount), relative(80, kAccount), relative(70, kAccount),
                        relative(60, 0), relative(50, 0)}),
            70);
  EXPECT_EQ(session_in({relative(90, kAccount), relative(70, kAccount), relative(60, 0)}), 70);
}

TEST(Session, IsNobodyElses) {
  EXPECT_EQ(session_in({}), std::nullopt);
  EXPECT_EQ(session_in({relative(90, kAccount), relative(60, 0)}), std::nullopt) << "itself";
  EXPECT_EQ(session_in({relative(90, kAccount), relative(70, 1000), relative(60, 0)}),
            std::nullopt);
  EXPECT_EQ(session_in({relative(90, kAccount), relative(70, kAccount)}), std::nullopt);
}

TEST(Process, IsOpenedOnlyWhileItIsTheSame) {
  Child child;
  auto mark = read_process(child.pid())->mark;
  const auto handle = open_process(mark);
  EXPECT_TRUE(runs(handle));
  end_process(handle.get());
  EXPECT_EQ(child.wait(), SIGTERM);
  EXPECT_FALSE(open_process(mark));
  const Child other;
  mark = read_process(other.pid())->mark;
  ++mark.started;
  EXPECT_FALSE(open_process(mark));
}

TEST(Peer, OfASocketIsHeldByItsProcess) {
  const auto pair = seqpacket_pair();
  ASSERT_TRUE(pair);
  const auto handle = peer_process(pair->first.get(), ::getpid());
  EXPECT_TRUE(runs(handle));
}

TEST(Peer, ThatHasEndedDoesNotRun) {
  Child child;
  UniqueFd handle{static_cast<int>(::syscall(SYS_pidfd_open, child.pid(), 0))};
  EXPECT_TRUE(runs(handle));
  child.end();
  EXPECT_FALSE(runs(handle));
  EXPECT_FALSE(runs(UniqueFd{}));
}

TEST(Child, IsKnownAndTakenLeaveOf) {
  Child child;
  const auto handle = open_child(child.pid());
  EXPECT_TRUE(is_child(handle));
  kill_process(handle);
  pollfd ended{handle.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&ended, 1, 10000), 1);
  EXPECT_TRUE(is_child(handle)) << "nobody has waited for it";
  reap_child(handle);
  EXPECT_FALSE(is_child(handle));
  child.forget();
}

TEST(Child, OfSomebodyElseIsNone) {
  EXPECT_FALSE(is_child(open_child(::getppid())));
  EXPECT_FALSE(is_child(UniqueFd{::open("/dev/null", O_RDONLY | O_CLOEXEC)}));
  EXPECT_FALSE(is_child(UniqueFd{}));
}

TEST(Peer, IsKilledByItsHandle) {
  Child child;
  const UniqueFd handle{static_cast<int>(::syscall(SYS_pidfd_open, child.pid(), 0))};
  kill_process(handle);
  EXPECT_TRUE(WIFSIGNALED(child.wait()));
}

}  // namespace
}  // namespace tunnel::supervisor
