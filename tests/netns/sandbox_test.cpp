// The sandbox around real bridges and real devices: what a bridge could do to its tun, what becomes
// of one that the sandbox ends, and of a site whose bridges it ends again and again.

#include "pppd-bridge/tun/tun_device.hpp"
#include "tests/netns/clients.hpp"
#include "tests/sandbox/run_in_child.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"
#include "tunneld/base/identifiers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <linux/if_tun.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <fstream>
#include <iterator>
#include <string>

namespace tunnel::test {
namespace {

using sandbox::kProfiles;
using sandbox::test::run_confined;
using sandbox::test::run_free;
using testing::ElementsAre;
using testing::HasSubstr;

struct Misuse {
  const char* name;
  unsigned long request;
  unsigned long argument;
};

/// What the kernel lets whoever holds the descriptor do.
constexpr std::array kMisuses{
    Misuse{"TUNSETPERSIST", TUNSETPERSIST, 1}, Misuse{"TUNSETOWNER", TUNSETOWNER, 12345},
    Misuse{"TUNSETGROUP", TUNSETGROUP, 12345}, Misuse{"TUNSETLINK", TUNSETLINK, 1}};

TEST(Sandbox, LetsNobodyKeepOrGiveAwayATunDevice) {
  const auto name = InterfaceName::parse("tunsand0");
  const auto device = tun::open_device(*name);
  ASSERT_TRUE(device) << device.error().message();
  for (const auto& [what, request, argument] : kMisuses) {
    for (const auto profile : kProfiles) {
      const auto ended = run_confined({.profile = profile}, [&]() -> long {
        return ::ioctl(device->get(), request, argument);
      });
      EXPECT_EQ(ended.signal, SIGSYS) << what << ' ' << ended.status << ' ' << ended.said;
    }
  }
  const auto off = run_confined({.profile = sandbox::Profile::Answer}, [&]() -> long {
    int on = 0;
    return ::ioctl(device->get(), TUNSETCARRIER, &on);
  });
  EXPECT_EQ(off.signal, SIGSYS);
  // Without the sandbox it is done, and has to be undone.
  EXPECT_EQ(run_free([&] { return ::ioctl(device->get(), TUNSETPERSIST, 1L); }).status, 0);
  EXPECT_EQ(::ioctl(device->get(), TUNSETPERSIST, 0L), 0);
}

const std::string kReason = "pppd-bridge was killed by its sandbox (seccomp): it called ";

/// What a refused call does to a bridge: SIGSYS.
void end_by_sandbox(const World& world, const std::string& gateway) {
  const ProcessHandle bridge{world.bridge_pid(gateway)};
  bridge.signal(SIGSYS);
  EXPECT_TRUE(bridge.gone_within(kPatience));
}

using SandboxOf = WithEitherClient;

INSTANTIATE_TEST_SUITE_P(Sandbox, SandboxOf, kEitherClient, client_of_test);

TEST_P(SandboxOf, EndsABridgeWhichIsInTheLogAndReplaced) {
  World world{GetParam()};
  world.start();
  auto watch = world.watch("home");
  watch.wait_for(is_established(1));
  end_by_sandbox(world, "home");
  watch.wait_for(is_established(2));
  EXPECT_THAT(log_lines(world, "home", "console", kReason),
              ElementsAre(HasSubstr("on=bridge-gone")));

  world.wait_until_up("labs");
  end_by_sandbox(world, "labs");
  watch.wait_for(is_established(3));
  EXPECT_THAT(log_lines(world, "labs", "console", kReason),
              ElementsAre(HasSubstr("on=bridge-gone")));
}

TEST(SandboxLoop, OfTheDiallingEndIsBraked) {
  World world;
  world.edit_profile("home", "[ppp]", "[reconnect]\nmin = \"100ms\"\nmax = \"100ms\"\n\n[ppp]");
  world.start();
  auto watch = world.watch("home");
  for (int count = 1; count <= 5; ++count) {
    watch.wait_for(is_established(count));
    end_by_sandbox(world, "home");
  }
  const auto held = watch.wait_for(is_waiting_for("so did several within a minute"));
  EXPECT_THAT(log_lines(world, "home", "console", "on=crash-loop"),
              ElementsAre(HasSubstr("pause=300.0s")));
  ASSERT_EQ(world.tunnelctl("home", {"retry", "labs"}).status, 0);
  watch.wait_for(is_established(6));
}

TEST(SandboxLoop, OfTheAnsweringEndIsBraked) {
  World world;
  world.edit_profile("home", "[ppp]", "[reconnect]\nmin = \"100ms\"\nmax = \"100ms\"\n\n[ppp]");
  world.start();
  auto watch = world.watch("home");
  for (int count = 1; count <= 5; ++count) {
    watch.wait_for(is_established(count));
    world.wait_until_up("labs");
    end_by_sandbox(world, "labs");
  }
  watch.wait_for(is_waiting_for("is held down on this gateway for"));
  EXPECT_THAT(log_lines(world, "labs", "console", "on=crash-loop"),
              ElementsAre(HasSubstr("pause=300.0s")));
  ASSERT_EQ(world.tunnelctl("labs", {"retry", "home"}).status, 0);
  watch.wait_for(is_established(6));
}

TEST(SandboxOfStdio, HoldsBothEndsThoughTheyAreRoot) {
  const World world;
  std::array<int, 2> pair{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
  const UniqueFd left_end{pair[0]};
  const UniqueFd right_end{pair[1]};
  const auto bridge = [&](const char* node, int end, const char* local, const char* remote) {
    return world.spawn(
        node, {"/usr/local/sbin/pppd-bridge", "stdio", "--local", local, "--remote", remote},
        {end, end});
  };
  auto left = bridge("home", left_end.get(), "10.9.0.1", "10.9.0.2");
  auto right = bridge("labs", right_end.get(), "10.9.0.2", "10.9.0.1");
  left.wait_for("is up: ");
  right.wait_for("is up: ");
  for (const auto& process : {left.pid(), right.pid()}) {
    std::ifstream in{"/proc/" + std::to_string(process) + "/status"};
    const std::string status{std::istreambuf_iterator<char>{in}, {}};
    EXPECT_THAT(status, HasSubstr("Seccomp:\t2\n"));
    EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1\n"));
    EXPECT_THAT(status, HasSubstr("CapEff:\t0000000000000000\n"));
    EXPECT_THAT(status, HasSubstr("CapBnd:\t0000000000000000\n"));
  }
}

}  // namespace
}  // namespace tunnel::test
