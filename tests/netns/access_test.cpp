// Who may steer a daemon: root, and members of the control group.

#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// As the account nobody, in these groups.
Finished tunnelctl_of_nobody(const World& world, const std::vector<std::string>& groups,
                             const std::vector<std::string>& arguments) {
  std::vector<std::string> command{"setpriv", "--reuid=65534", "--regid=65534"};
  command.push_back(groups.empty() ? "--clear-groups" : "--groups=" + groups.front());
  command.push_back("tunnelctl");
  command.insert(command.end(), arguments.begin(), arguments.end());
  return world.exec("home", command);
}

class ControlSocket : public testing::Test {
 protected:
  ControlSocket() { world_.start_tunneld("home"); }

  World world_;
};

TEST_F(ControlSocket, IsNotForEverybody) {
  for (const auto& arguments : {std::vector<std::string>{"status"}, {"down", "labs"}, {"reload"}}) {
    const auto refused = tunnelctl_of_nobody(world_, {}, arguments);
    EXPECT_EQ(refused.status, 1);
    EXPECT_EQ(refused.out, "");
    EXPECT_THAT(refused.err, StartsWith("tunnelctl: you may not use /run/tunneld/control.sock: be "
                                        "root, or join the group \"tunneld\""));
  }
}

TEST_F(ControlSocket, IsForMembersOfTheGroup) {
  EXPECT_EQ(tunnelctl_of_nobody(world_, {"tunneld"}, {"status"}).status, 3);
  const auto down = tunnelctl_of_nobody(world_, {"tunneld"}, {"down", "labs"});
  EXPECT_EQ(down.status, 0) << down.err;
  world_.wait_for("home", is_state("down"));
}

TEST_F(ControlSocket, OfADaemonThatIsNotThereIsMissedWithASentence) {
  const auto labs = world_.tunnelctl("labs", {"status"});
  EXPECT_EQ(labs.status, 1);
  EXPECT_THAT(labs.err, StartsWith("tunnelctl: tunneld is not running"));
  EXPECT_THAT(labs.err, HasSubstr("systemctl start tunneld"));

  world_.stop("home", "tunneld", "KILL");  // its socket is left
  EXPECT_THAT(world_.tunnelctl("home", {"status"}).err,
              StartsWith("tunnelctl: tunneld is not running"));
}

// The bridges' socket is open to all, as sshd's sessions must reach it; who comes is checked.
TEST_F(ControlSocket, ForBridgesIsForTheAccountOfTheBridgesOnly) {
  const auto answer = world_.exec("home", {"setpriv", "--reuid=65534", "--regid=65534",
                                           "--clear-groups", "pppd-bridge", "answer", "labs"});
  EXPECT_EQ(answer.status, 1);
  EXPECT_THAT(answer.err, HasSubstr("tunneld closed the connection"));
}

}  // namespace
}  // namespace tunnel::test
