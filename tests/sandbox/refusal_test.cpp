// Somebody has taken a bridge over: what he tries next ends the process, whatever it was.

#include "tests/sandbox/run_in_child.hpp"
#include "tunneld/base/unique_fd.hpp"
#include "tunneld/base/unix_socket.hpp"
#include "tunneld/ipc/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

namespace tunnel::sandbox::test {
namespace {

using testing::HasSubstr;

/// Whether anybody may do it who is in no sandbox, so that its refusal is the sandbox's.
enum class Usually : std::uint8_t { Allowed, NotForEverybody };

struct Attempt {
  const char* call;  // as the sandbox names it
  const char* what;
  Usually usually;
  Body body;
};

constexpr std::size_t kPage = 4096;

long map(int protection, int flags) {
  return ::mmap(nullptr, kPage, protection, flags, -1, 0) == MAP_FAILED ? -1 : 0;
}

const UniqueFd a_file{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};

long map_file() {
  return ::mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, a_file.get(), 0) == MAP_FAILED ? -1 : 0;
}

/// Code is put into memory that is the heap's, and called: the classic.
long make_executable() {
  void* page = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return ::mprotect(page, kPage, PROT_READ | PROT_EXEC);
}

long execute() {
  const std::array<char*, 2> arguments{const_cast<char*>("true"), nullptr};
  return ::execv("/bin/true", arguments.data());
}

long start_process() {
  const auto child = ::fork();
  if (child == 0) ::_exit(0);
  return child;
}

long ignore_a_signal() {
  return ::signal(SIGUSR1, SIG_IGN) == SIG_ERR ? -1 : 0;
}

std::vector<Attempt> files() {
  using enum Usually;
  return {
      {"openat", "a file is read", Allowed, [] { return ::open("/proc/self/status", O_RDONLY); }},
      {"openat", "a file is made", Allowed,
       [] { return ::open("/tmp", O_TMPFILE | O_RDWR, 0600); }},
      {"newfstatat", "a file is looked for", Allowed,
       [] { return ::syscall(SYS_newfstatat, AT_FDCWD, "/", std::array<char, 256>{}.data(), 0); }},
      {"getdents64", "a folder is listed", NotForEverybody,
       [] { return ::syscall(SYS_getdents64, 0, nullptr, 0); }},
      {"unlink", "a file is removed", NotForEverybody, [] { return ::unlink("/nowhere/at/all"); }},
      {"memfd_create", "a file is made in memory", Allowed, [] { return ::memfd_create("m", 0); }},
      {"mount", "a file system is mounted", NotForEverybody,
       [] { return ::mount("none", "/nowhere", "tmpfs", 0, nullptr); }},
      {"chdir", "another folder", Allowed, [] { return ::chdir("/"); }},
  };
}

std::vector<Attempt> sockets() {
  using enum Usually;
  return {
      {"socket", "TCP", Allowed, [] { return ::socket(AF_INET, SOCK_STREAM, 0); }},
      {"socket", "UDP", Allowed, [] { return ::socket(AF_INET, SOCK_DGRAM, 0); }},
      {"socket", "netlink", Allowed, [] { return ::socket(AF_NETLINK, SOCK_RAW, 0); }},
      {"socket", "packets of an interface", NotForEverybody,
       [] { return ::socket(AF_PACKET, SOCK_RAW, 0); }},
      {"socket", "a Unix stream, as of control.sock", Allowed,
       [] { return ::socket(AF_UNIX, SOCK_STREAM, 0); }},
      {"socketpair", "a pair", Allowed,
       [] {
         std::array<int, 2> p{};
         return ::socketpair(AF_UNIX, SOCK_STREAM, 0, p.data());
       }},
      {"setsockopt", "an option", NotForEverybody,
       [] { return ::setsockopt(0, SOL_SOCKET, SO_MARK, nullptr, 0); }},
      {"bind", "a name", NotForEverybody, [] { return ::bind(0, nullptr, 0); }},
  };
}

std::vector<Attempt> processes() {
  using enum Usually;
  static const pid_t test = ::getpid();
  static const uid_t account = ::getuid();
  return {
      {"execve", "a program is run", Allowed, execute},
      {"clone", "a process is started", Allowed, start_process},
      {"ptrace", "a process is traced", Allowed,
       [] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }},
      {"kill", "another process is signalled", Allowed, [] { return ::kill(test, 0); }},
      {"tgkill", "another process is signalled", Allowed,
       [] { return ::syscall(SYS_tgkill, test, test, 0); }},
      {"pidfd_open", "another process is held", Allowed,
       [] { return ::syscall(SYS_pidfd_open, test, 0); }},
      {"pidfd_getfd", "another process's descriptor", NotForEverybody,
       [] { return ::syscall(SYS_pidfd_getfd, 0, 0, 0); }},
      {"process_vm_readv", "another process's memory", NotForEverybody,
       [] { return ::syscall(SYS_process_vm_readv, test, nullptr, 0, nullptr, 0, 0); }},
      {"setuid", "another account", Allowed, [] { return ::setuid(account); }},
      {"prctl", "it would like to be dumpable", Allowed,
       [] { return ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }},
      {"prlimit64", "it would like higher limits", Allowed,
       [] { return ::syscall(SYS_prlimit64, 0, 0, nullptr, nullptr); }},
      {"rt_sigaction", "it would like to live through SIGSYS", Allowed, ignore_a_signal},
      {"rt_sigreturn", "registers from a forged frame", NotForEverybody,
       [] { return ::syscall(SYS_rt_sigreturn); }},
  };
}

std::vector<Attempt> kernel() {
  using enum Usually;
  static std::array<int, 2> pipe{};
  if (pipe[1] == 0) {
    EXPECT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  }
  const auto control = [](unsigned long request) {
    return [request] {
      int none = 0;
      return ::ioctl(pipe[0], request, &none);
    };
  };
  return {
      {"mmap", "memory that is code", Allowed,
       [] { return map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS); }},
      {"mmap", "memory that is written and run", Allowed,
       [] { return map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS); }},
      {"mmap", "memory that others see", Allowed,
       [] { return map(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS); }},
      {"mmap", "a file", Allowed, map_file},
      {"mprotect", "memory becomes code", Allowed, make_executable},
      {"ioctl", "whatever it is", Allowed, control(FIONBIO)},
      {"ioctl", "TUNSETIFF", NotForEverybody, control(TUNSETIFF)},
      {"ioctl", "TUNSETPERSIST", NotForEverybody, control(TUNSETPERSIST)},
      {"ioctl", "TUNSETOWNER", NotForEverybody, control(TUNSETOWNER)},
      {"ioctl", "TUNSETCARRIER", NotForEverybody, control(TUNSETCARRIER)},
      {"ioctl", "TIOCSTI", NotForEverybody, control(0x5412)},
      {"keyctl", "a keyring", NotForEverybody, [] { return ::syscall(SYS_keyctl, 0, 0, 0, 0, 0); }},
      {"bpf", "a program for the kernel", NotForEverybody,
       [] { return ::syscall(SYS_bpf, 0, nullptr, 0); }},
      {"io_uring_setup", "calls by memory", NotForEverybody,
       [] { return ::syscall(SYS_io_uring_setup, 0, nullptr); }},
      {"userfaultfd", "faults of its own", NotForEverybody,
       [] { return ::syscall(SYS_userfaultfd, 0); }},
      {"perf_event_open", "counters", NotForEverybody,
       [] { return ::syscall(SYS_perf_event_open, nullptr, 0, 0, 0, 0); }},
      {"unshare", "namespaces", NotForEverybody, [] { return ::syscall(SYS_unshare, 0x10000000); }},
      {"call 511", "no call there is", NotForEverybody, [] { return ::syscall(511); }},
  };
}

void expect_refused(const std::vector<Attempt>& attempts) {
  for (const auto& [call, what, usually, body] : attempts) {
    SCOPED_TRACE(std::string{call} + ": " + what);
    if (usually == Usually::Allowed) {
      EXPECT_EQ(run_free(body).status, 0);
    }
    for (const auto profile : kProfiles) {
      const auto ended = run_confined({.profile = profile}, body);
      EXPECT_EQ(ended.signal, SIGSYS) << "status " << ended.status << ' ' << ended.said;
      EXPECT_EQ(ended.said, "pppd-bridge: killed by its sandbox (seccomp): it called " +
                                std::string{call} + '\n');
    }
  }
}

TEST(Sandbox, RefusesFiles) {
  expect_refused(files());
}

TEST(Sandbox, RefusesSockets) {
  expect_refused(sockets());
}

TEST(Sandbox, RefusesOtherProcesses) {
  expect_refused(processes());
}

TEST(Sandbox, RefusesTheKernelsFurtherOffers) {
  expect_refused(kernel());
}

TEST(Sandbox, RefusesToSendToSomebodyElse) {
  std::array<int, 2> pair{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
  const UniqueFd here{pair[0]};
  const UniqueFd there{pair[1]};
  const auto send_to = [&](const sockaddr* to) {
    return [&here, to]() -> long { return ::sendto(here.get(), "x", 1, 0, to, 0); };
  };
  const sockaddr somebody{};
  EXPECT_EQ(run_confined({.profile = Profile::Libssh2}, send_to(nullptr)).status, 0);
  EXPECT_EQ(run_confined({.profile = Profile::Libssh2}, send_to(&somebody)).signal, SIGSYS);
}

TEST(Sandbox, LetsOnlySshBeKilledAndWaitedFor) {
  const auto confined = [](const std::function<long(pid_t ssh)>& body) {
    return run_free([&]() -> long {
      const auto bridge = ::getpid();
      const auto ssh = ::fork();
      if (ssh == 0) {
        ::setsid();
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // as the real one; or the test waits for it for ever
        while (::getppid() == bridge) ::pause();
        ::_exit(0);  // the bridge ended before it was asked for
      }
      const auto entered = enter({.profile = Profile::Openssh, .child = ssh});
      return entered ? body(ssh) : -1;
    });
  };
  const pid_t test = ::getpid();
  EXPECT_EQ(confined([](pid_t ssh) -> long {
              int status = 0;
              if (::kill(ssh, SIGKILL) < 0 || ::waitpid(ssh, &status, 0) != ssh) return -1;
              return WTERMSIG(status) == SIGKILL ? 0 : -1;
            }).status,
            0);
  EXPECT_EQ(confined([](pid_t ssh) -> long { return ::kill(ssh, SIGTERM); }).signal, SIGSYS);
  EXPECT_EQ(confined([test](pid_t) -> long { return ::kill(test, SIGKILL); }).signal, SIGSYS);
  EXPECT_EQ(confined([](pid_t) -> long { return ::kill(-1, SIGKILL); }).signal, SIGSYS);
  EXPECT_EQ(confined([](pid_t) -> long { return ::waitpid(-1, nullptr, 0); }).signal, SIGSYS);
}

TEST(Sandbox, TellsTunneldWhichCallItWas) {
  const auto pair = seqpacket_pair();
  ASSERT_TRUE(pair);
  const auto& [ours, theirs] = *pair;
  const auto ended = run_confined({.profile = Profile::Answer, .channel = theirs.get()},
                                  [] { return ::open("/etc/passwd", O_RDONLY); });
  EXPECT_EQ(ended.signal, SIGSYS);
  EXPECT_EQ(ended.said, "");

  Datagram datagram;
  const auto status = receive_datagram(ours.get(), ipc::kMaxMessage, datagram);
  ASSERT_TRUE(status && *status == ReceiveStatus::Received);
  const auto message = ipc::decode_from_bridge(datagram.bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(*message, ipc::FromBridge{ipc::CallRefused{"openat"}});
}

TEST(Sandbox, SaysThatASignalFromOutsideWasNoCall) {
  const auto ended = run_free([]() -> long {
    std::array<int, 2> silence{};
    if (::pipe(silence.data()) < 0) return -1;
    const pid_t here = ::getpid();
    const pid_t other = ::fork();
    if (other == 0) {
      ::kill(here, SIGSYS);
      ::_exit(0);
    }
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGSYS);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);  // until the sandbox has put its handler there
    const auto entered = enter({.profile = Profile::Answer});
    ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
    char octet = 0;
    return entered ? ::read(silence[0], &octet, 1) : -1;
  });
  EXPECT_EQ(ended.signal, SIGSYS);
  EXPECT_THAT(ended.said, HasSubstr("it called nothing: SIGSYS came from outside"));
}

}  // namespace
}  // namespace tunnel::sandbox::test
