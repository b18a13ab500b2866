// What other processes may do, and what they leave: a daemon killed, one without the privilege, one
// with no other.

#include "routes/reconcile.hpp"
#include "tests/routes/private_network.hpp"
#include "tests/routes/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>

namespace tunnel::routes {
namespace {

using samples::depot;
using samples::labs;
using samples::wanted;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr uid_t kNobody = 65534;

/// A forked process that says something on a pipe.
class Child {
 public:
  explicit Child(const std::function<void(int pipe)>& body) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"pipe2"};
    read_end_ = UniqueFd{ends[0]};
    UniqueFd write_end{ends[1]};
    pid_ = ::fork();
    if (pid_ == 0) {
      body(write_end.get());
      ::_exit(0);
    }
  }

  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  ~Child() { kill(); }

  /// Everything it says until it closes the pipe, or the first piece of it.
  std::string first_words() {
    std::array<char, 4096> text{};
    const auto size = ::read(read_end_.get(), text.data(), text.size());
    return size > 0 ? std::string{text.data(), static_cast<std::size_t>(size)} : std::string{};
  }

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  UniqueFd read_end_;
  pid_t pid_ = -1;
};

void say(int pipe, const std::string& text) {
  // Nothing to be done about a parent that is gone.
  static_cast<void>(::write(pipe, text.data(), text.size()) < 0);
}

/// Every error of one reconciliation, a line each, or "done".
std::string errors_of(const Wanted& want) {
  auto kernel = Kernel::open();
  if (!kernel.has_value()) return kernel.error().message();
  const auto outcome = reconcile(*kernel, want);
  if (!outcome.has_value()) return outcome.error().message();
  std::string text;
  for (const auto& failure : outcome->failed) text += failure.error.message() + '\n';
  return text.empty() ? "done" : text;
}

/// The unit's privilege: an account of its own and CAP_NET_ADMIN.
void become_nobody(std::uint32_t capabilities) {
  __user_cap_header_struct header{};
  header.version = _LINUX_CAPABILITY_VERSION_3;
  std::array<__user_cap_data_struct, 2> data{};
  data[0].effective = data[0].permitted = capabilities;
  const bool done = ::prctl(PR_SET_KEEPCAPS, 1) == 0 &&
                    ::setresgid(kNobody, kNobody, kNobody) == 0 &&
                    ::setresuid(kNobody, kNobody, kNobody) == 0 &&
                    ::syscall(SYS_capset, &header, data.data()) == 0;
  if (!done) ::_exit(1);
}

class Process : public testing::Test {
 protected:
  void SetUp() override { enter_private_network(); }
};

TEST_F(Process, AKilledDaemonLeavesGuardsThatTheNextOneTakesOver) {
  Child daemon{[](int pipe) {
    const TestTun first{"tun0"};
    const TestTun second{"tun1"};
    say(pipe, errors_of(wanted({labs(), depot()})));
    ::pause();
  }};
  ASSERT_EQ(daemon.first_words(), "done");
  ASSERT_THAT(lines_of("ip route show table main dev tun0"), SizeIs(4));
  daemon.kill();

  EXPECT_THAT(run("ip link"), Not(HasSubstr("tun")));
  EXPECT_THAT(lines_of("ip -4 route show table main"), SizeIs(5));
  EXPECT_THAT(lines_of("ip -4 route show table main type unreachable"), SizeIs(5));

  // One site was dropped from the configuration meanwhile.
  const TestTun again{"tun0"};
  EXPECT_EQ(errors_of(wanted({labs()})), "done");
  EXPECT_THAT(run("ip route get 192.168.253.1"), HasSubstr("dev tun0 src 10.224.1.1"));
  EXPECT_THAT(run("ip -4 route show table main"), Not(HasSubstr("192.168.77.0")));
  EXPECT_THAT(lines_of("ip -4 route show table main type unreachable"), SizeIs(3));
}

TEST_F(Process, AnAbandonedPersistentTunOfOursIsRemoved) {
  run("ip tuntap add dev tun5 mode tun && ip link set tun5 alias tunneld:old up");
  run("ip address add 10.9.9.1 peer 10.9.9.2/32 dev tun5");
  run("ip route add 10.10.0.0/16 dev tun5 proto 84");
  EXPECT_EQ(errors_of(Wanted{}), "done");
  EXPECT_THAT(run("ip link"), Not(HasSubstr("tun5")));
  EXPECT_THAT(lines_of("ip route show table main"), IsEmpty());
}

TEST_F(Process, WithoutThePrivilegeSaysWhichItNeedsAndStopsAtTheGuard) {
  Child daemon{[](int pipe) {
    become_nobody(0);
    say(pipe, errors_of(wanted({labs()})));
  }};
  EXPECT_EQ(daemon.first_words(),
            "\"route add unreachable 192.168.253.0/24 proto 84 metric 2147483647\" needs "
            "CAP_NET_ADMIN: Operation not permitted\n");
}

TEST_F(Process, WithoutThePrivilegeSaysWhatToDoAboutForwarding) {
  Child daemon{[](int pipe) {
    become_nobody(0);
    say(pipe, errors_of(Wanted{.forwarding = Forwarding::On}));
  }};
  EXPECT_EQ(daemon.first_words(),
            "set net/ipv4/ip_forward=1 (set it in /etc/sysctl.d where tunneld may not write "
            "/proc/sys): Permission denied\n");
}

TEST_F(Process, NeedsNothingButNetAdmin) {
  const TestTun tun{"tun0"};
  auto site = labs();
  site.ipv6 = samples::clinic().ipv6;
  site.link_local = samples::clinic().link_local;
  site.networks.push_back(*Prefix::parse("2001:db8:1::/48"));
  Child daemon{[&site](int pipe) {
    become_nobody(1U << CAP_NET_ADMIN);
    say(pipe, errors_of(wanted({site})));
  }};
  EXPECT_EQ(daemon.first_words(), "done");
  EXPECT_EQ(run("sysctl -n net.ipv4.ip_forward"), "1");
  EXPECT_THAT(routes_to("192.168.253.0/24"), SizeIs(2));
  EXPECT_EQ(run("sysctl -n net.ipv6.conf.all.forwarding net.ipv6.conf.tun0.accept_ra"), "1\n0");
  EXPECT_THAT(ipv6_routes_to("2001:db8:1::/48"), SizeIs(2));
}

}  // namespace
}  // namespace tunnel::routes
