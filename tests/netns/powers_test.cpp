// The part that parses the network has no power, and wins none back (promise 3).

#include "pppd-bridge/sandbox/sandbox.hpp"
#include "tests/netns/clients.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>

namespace tunnel::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

std::string of_process(pid_t pid, const std::string& file) {
  std::ifstream in{"/proc/" + std::to_string(pid) + '/' + file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Who owns what the kernel shows of a process: root, where nobody may look inside.
uid_t owner_of(pid_t pid) {
  struct stat there {};

  EXPECT_EQ(::stat(("/proc/" + std::to_string(pid) + "/environ").c_str(), &there), 0);
  return there.st_uid;
}

using BridgeOf = WithEitherClient;

INSTANTIATE_TEST_SUITE_P(Powers, BridgeOf, kEitherClient, client_of_test);

TEST_P(BridgeOf, AtEitherEndHasNoPowerAndGetsNone) {
  World world{GetParam()};
  world.start();
  for (const auto* gateway : {"home", "labs"}) {
    const auto bridge = world.bridge_pid(gateway);
    const auto status = of_process(bridge, "status");
    for (const auto* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
      EXPECT_THAT(status, ContainsRegex(std::string{set} + ":\t0000000000000000")) << gateway;
    }
    EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1")) << gateway;
    EXPECT_THAT(status, HasSubstr(sandbox::kBuiltIn ? "Seccomp:\t2\n" : "Seccomp:\t0\n"))
        << gateway;
    EXPECT_EQ(owner_of(bridge) == 0, sandbox::kBuiltIn) << gateway;
    EXPECT_THAT(status, testing::Not(ContainsRegex("Uid:\t0\t"))) << gateway;
    EXPECT_THAT(of_process(bridge, "limits"), ContainsRegex("Max core file size  *0  *0 "));
  }
}

TEST(Bridge, RefusesToRunAsRoot) {
  const World world;
  const auto refused = world.exec("home", {"pppd-bridge", "answer", "labs"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("refusing to parse the network as root"));
}

TEST(Bridge, RefusesToRunWithACapability) {
  const World world;
  const auto refused =
      world.exec("home", {"setpriv", "--reuid=pppossh", "--regid=pppossh", "--clear-groups",
                          "--inh-caps=+net_admin", "--ambient-caps=+net_admin", "pppd-bridge",
                          "answer", "labs"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("refusing to parse the network with capabilities in hand"));
}

}  // namespace
}  // namespace tunnel::test
