// Landlock by itself, without the filter that refuses the same calls before it is asked.

#include "pppd-bridge/sandbox/landlock.hpp"

#include "pppd-bridge/sandbox/powers.hpp"
#include "tests/sandbox/run_in_child.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace tunnel::sandbox::test {
namespace {

/// What the kernel has; 0: no Landlock at all, and then nothing changes by it.
int version_here() {
  return run_free([]() -> long {
           const bool done = static_cast<bool>(give_up_growth());
           const auto entered = forbid_all_files(Signals::Free);
           ::_exit(done && entered ? *entered : 255);
         })
      .status;
}

/// errno of an attempt in Landlock; 0: it worked.
int failure_of(Signals signals, const Body& body) {
  return run_free([&]() -> long {
           if (!give_up_growth() || !forbid_all_files(signals)) ::_exit(255);
           ::_exit(body() < 0 ? errno : 0);
         })
      .status;
}

TEST(Landlock, ForbidsFiles) {
  const Body read = [] { return ::open("/proc/self/status", O_RDONLY); };
  const Body make = [] { return ::open("/tmp", O_TMPFILE | O_RDWR, 0600); };
  EXPECT_EQ(run_free(read).status, 0);
  const int expected = version_here() > 0 ? EACCES : 0;
  EXPECT_EQ(failure_of(Signals::Confined, read), expected);
  EXPECT_EQ(failure_of(Signals::Confined, make), expected);
}

TEST(Landlock, ForbidsTcp) {
  const Body connect = []() -> long {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(1);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    return ::connect(socket, static_cast<const sockaddr*>(static_cast<const void*>(&to)),
                     sizeof to);
  };
  const int refused = failure_of(Signals::Confined, connect);
  EXPECT_EQ(refused == EACCES, version_here() >= 4) << refused;
}

TEST(Landlock, ForbidsSignalsToOthersUnlessTheyAreNeeded) {
  const pid_t test = ::getpid();
  const Body signal = [test] { return ::kill(test, 0); };
  EXPECT_EQ(failure_of(Signals::Confined, signal), version_here() >= 6 ? EPERM : 0);
  EXPECT_EQ(failure_of(Signals::Free, signal), 0);
}

}  // namespace
}  // namespace tunnel::sandbox::test
