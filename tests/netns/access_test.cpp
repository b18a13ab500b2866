// Who may steer a daemon: root, and members of the control group. Who may look on: members of the
// read group as well.

#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tunnel::test {
namespace {

using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
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
    EXPECT_EQ(refused.status, 4);
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

/// A daemon with a group that may look on, and traffic to look at.
class ReadGroup : public testing::Test {
 protected:
  ReadGroup() {
    use_reference_policy(world_);
    world_.edit("labs", "/etc/tunneld/tunneld.toml", "[gateway]\n",
                "[gateway]\nread_group = \"tunneld-read\"\n");
    world_.start_tunneld("labs");
  }

  Finished tunnelctl(const std::string& group, const std::vector<std::string>& arguments) const {
    std::vector<std::string> command{"setpriv", "--reuid=65534", "--regid=65534",
                                     "--groups=" + group, "tunnelctl"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return world_.exec("labs", command);
  }

  World world_;
};

TEST_F(ReadGroup, MayLookOn) {
  EXPECT_EQ(world_.shell("labs", "stat -c '%a %U %G' /run/tunneld/read.sock"),
            "660 tunneld tunneld-read\n");
  const std::vector<std::vector<std::string>> reading{
      {"log"},          {"routes"},          {"leases"},
      {"metrics"},      {"filter", "stats"}, {"filter", "states"},
      {"nat", "rules"}, {"nat", "sessions"}, {"version"}};
  for (const auto& arguments : reading) {
    const auto answer = tunnelctl("tunneld-read", arguments);
    EXPECT_EQ(answer.status, 0) << arguments[0] << ": " << answer.err;
    EXPECT_NE(answer.out, "") << arguments[0];
    EXPECT_EQ(answer.err, "");
  }
  EXPECT_THAT(tunnelctl("tunneld-read", {"status"}).out, HasSubstr("home"));
  EXPECT_THAT(tunnelctl("tunneld-read", {"version"}).out, HasSubstr("tunneld 0"));
  const auto waited = tunnelctl("tunneld-read", {"status", "--until", "listening", "home"});
  EXPECT_EQ(waited.status, 0) << "a subscription is reading as well: " << waited.err;
}

TEST_F(ReadGroup, MayChangeNothingAndSeeNoPackets) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> steering{
      {"up", {"up", "home"}},
      {"down", {"down", "home"}},
      {"restart", {"restart", "home"}},
      {"retry", {"retry", "home"}},
      {"reload", {"reload"}},
      {"filter.flush", {"filter", "flush", "--yes"}},
      {"restart-daemon", {"restart-daemon"}},
      {"trace", {"trace", "home", "--pcap", "-", "--count", "1"}}};
  for (const auto& [method, arguments] : steering) {
    const auto refused = tunnelctl("tunneld-read", arguments);
    const auto sentence = "\"" + method +
                          "\" is for root and members of the group \"tunneld\"; this connection "
                          "may only read";
    EXPECT_EQ(refused.status, 4) << method;
    EXPECT_EQ(refused.out, "");
    EXPECT_EQ(refused.err, "tunnelctl: " + sentence + "\n");
    const auto told = log_lines(world_, "labs", "auth", sentence);
    ASSERT_THAT(told, SizeIs(1)) << method;
    EXPECT_THAT(told.front(), ContainsRegex("control: refused uid 65534 \\(pid [0-9]+\\): "));
  }
  EXPECT_EQ(text_of(world_.status("labs").site, "state"), "listening");
  EXPECT_THAT(log_lines(world_, "labs", "console", "reload"), IsEmpty());
  EXPECT_THAT(world_.shell("labs", "nft list tables"), HasSubstr("inet tunneld"));
}

// The file keeps strangers out. Were it open, as here, the daemon itself looks at who comes.
TEST_F(ReadGroup, IsNotForStrangersBehindAnOpenFileEither) {
  EXPECT_THAT(tunnelctl("tunneld", {"status"}).out, HasSubstr("home"));
  EXPECT_EQ(tunnelctl("nogroup", {"status"}).status, 4);
  EXPECT_EQ(world_.shell("labs", "cat /var/log/tunneld/auth.log 2>/dev/null || true"), "")
      << "the file keeps them out";

  world_.shell("labs", "chmod 666 /run/tunneld/*.sock");
  for (const auto* socket : {"control", "read"}) {
    const auto refused = tunnelctl(
        "nogroup", {"--socket", std::string{"/run/tunneld/"} + socket + ".sock", "status"});
    EXPECT_EQ(refused.status, 4);
    EXPECT_EQ(refused.out, "");
    EXPECT_THAT(refused.err, StartsWith("tunnelctl: this socket is for root and members of the "
                                        "group"));
  }
  EXPECT_THAT(log_lines(world_, "labs", "auth", "control: refused uid 65534"), SizeIs(2));
  // Who may steer may do so where all may knock; who may read may not.
  EXPECT_EQ(tunnelctl("tunneld", {"retry", "home"}).status, 0);
  EXPECT_THAT(
      log_lines(world_, "labs", "auth", ": retry home"),
      ElementsAre(ContainsRegex("control: nobody \\(uid 65534, pid [0-9]+\\): retry home$")));
  EXPECT_EQ(tunnelctl("tunneld-read", {"retry", "home"}).status, 4);
}

// A user that the files put into a group, in a process that is not in it, and the other way round.
TEST_F(ReadGroup, IsThatOfTheProcessNotOfTheUser) {
  world_.shell("labs",
               "id -u watcher >/dev/null 2>&1 || useradd --system --no-create-home watcher; "
               "gpasswd --add watcher tunneld-read");
  const auto as_watcher = [&](const std::string& groups) {
    return world_.exec(
        "labs", {"setpriv", "--reuid=watcher", "--regid=65534", groups, "tunnelctl", "routes"});
  };
  EXPECT_EQ(as_watcher("--clear-groups").status, 4);
  EXPECT_EQ(as_watcher("--init-groups").status, 0);
  world_.shell("labs", "gpasswd --delete watcher tunneld-read");
  EXPECT_EQ(as_watcher("--init-groups").status, 4);
  EXPECT_EQ(as_watcher("--groups=tunneld-read").status, 0);
}

TEST(ReadGroupThatIsNotThere, KeepsTheDaemonFromStarting) {
  World world;
  world.edit("labs", "/etc/tunneld/tunneld.toml", "[gateway]\n",
             "[gateway]\nread_group = \"nowhere\"\n");
  EXPECT_THROW(world.start_tunneld("labs"), std::runtime_error);
  EXPECT_THAT(world.exec("labs", {"tunneld"}).err,
              HasSubstr("there is no group \"nowhere\" on this machine; create it with `groupadd "
                        "--system nowhere`, or name another as read_group in tunneld.toml"));
}

}  // namespace
}  // namespace tunnel::test
