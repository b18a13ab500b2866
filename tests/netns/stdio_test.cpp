// `pppd-bridge stdio`: a PPP end on its standard input and output, without tunneld.

#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"
#include "tests/support/tcp_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

struct Wire {
  Wire() {
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) < 0) {
      fail_errno("make a socket pair");
    }
    left = UniqueFd{pair[0]};
    right = UniqueFd{pair[1]};
  }

  UniqueFd left{};
  UniqueFd right{};
};

std::vector<std::string> bridge(std::vector<std::string> options) {
  options.insert(options.begin(), {"/usr/local/sbin/pppd-bridge", "stdio"});
  return options;
}

const std::vector<std::string> kLeft{"--local", "10.9.0.1", "--remote", "10.9.0.2"};
const std::vector<std::string> kRight{"--local", "10.9.0.2", "--remote", "10.9.0.1"};

std::vector<std::string> with(std::vector<std::string> options,
                              const std::vector<std::string>& more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

/// Two gateways with the programs, and no daemon.
class Stdio : public testing::Test {
 protected:
  /// Two ends on one wire; each holds its own end only.
  void join(const std::vector<std::string>& left, const std::vector<std::string>& right) {
    const Wire wire;
    left_.emplace(world_.spawn("home", bridge(left), {wire.left.get(), wire.left.get()}));
    right_.emplace(world_.spawn("labs", bridge(right), {wire.right.get(), wire.right.get()}));
  }

  void wait_until_up() {
    left_->wait_for("is up: ");
    right_->wait_for("is up: ");
  }

  World world_;
  std::optional<Process> left_;
  std::optional<Process> right_;
};

TEST_F(Stdio, JoinsTwoNamespaces) {
  join(kLeft, kRight);
  EXPECT_EQ(left_->wait_for("is up"), "pppd-bridge: tun0 is up: 10.9.0.1 -> 10.9.0.2 mtu 1500");
  right_->wait_for("is up");

  EXPECT_TRUE(reaches(world_, "home", "10.9.0.2"));
  EXPECT_TRUE(reaches(world_, "labs", "10.9.0.1"));
  transfer(world_, "home", "labs", "10.9.0.2", 1024 * 1024);

  left_->signal(SIGTERM);
  EXPECT_EQ(left_->finish().status, 0);
  EXPECT_EQ(right_->finish().status, 0) << "the peer closed in good order";
  EXPECT_THAT(tun_devices(world_, "home"), IsEmpty());
  EXPECT_THAT(tun_devices(world_, "labs"), IsEmpty());
}

TEST_F(Stdio, TakesNameMruAndIdentification) {
  join(with(kLeft, {"--interface", "ppp7", "--mru", "1400", "--ident", "left end"}),
       with(kRight, {"--debug"}));
  EXPECT_EQ(left_->wait_for("is up"), "pppd-bridge: ppp7 is up: 10.9.0.1 -> 10.9.0.2 mtu 1500");
  right_->wait_for("RecvIdent: left end");
  EXPECT_EQ(right_->wait_for("is up"), "pppd-bridge: tun0 is up: 10.9.0.2 -> 10.9.0.1 mtu 1400");
  EXPECT_THAT(tun_devices(world_, "home"), ElementsAre("ppp7"));
}

TEST_F(Stdio, LetsOnlyTheNamedNetworksIn) {
  join(kLeft, with(kRight, {"--network", "10.20.0.0/16"}));
  wait_until_up();
  world_.shell("home", "ip address add 10.20.0.1/32 dev lo; ip address add 10.21.0.1/32 dev lo");
  world_.shell("labs", "ip route add 10.20.0.0/15 dev tun0");

  const auto ping_from = [&](const std::string& source) {
    return world_.exec("home", {"ping", "-n", "-c", "1", "-W", "1", "-I", source, "10.9.0.2"})
        .status;
  };
  EXPECT_EQ(ping_from("10.9.0.1"), 0) << "the peer itself";
  EXPECT_EQ(ping_from("10.20.0.1"), 0);
  EXPECT_EQ(ping_from("10.21.0.1"), 1);
}

TEST_F(Stdio, TakesTheNextFreeNameUnlessOneIsAskedFor) {
  world_.output("home", {"ip", "tuntap", "add", "tun0", "mode", "tun"});
  join(kLeft, kRight);
  left_->wait_for("tun1 is up");

  const auto taken = world_.exec("home", bridge(with(kLeft, {"--interface", "tun0"})));
  EXPECT_EQ(taken.status, 1);
  EXPECT_THAT(taken.err, HasSubstr("the interface name tun0 is taken"));
}

TEST_F(Stdio, EndsWhenTheOtherEndIsKilled) {
  join(kLeft, kRight);
  wait_until_up();

  right_->signal(SIGKILL);

  const auto left = left_->finish();
  EXPECT_EQ(left.status, 1);
  EXPECT_THAT(left.err, HasSubstr("tun0 is down: "));
  EXPECT_THAT(tun_devices(world_, "home"), IsEmpty());
}

TEST_F(Stdio, SaysWhatIsWrongWithItsArguments) {
  const auto refusal = [&](const std::vector<std::string>& options) {
    const auto finished = world_.exec("home", bridge(options));
    EXPECT_EQ(finished.status, 2) << finished.err;
    return finished.err;
  };
  EXPECT_THAT(refusal({}), HasSubstr("--local is required"));
  EXPECT_THAT(refusal({"--local", "10.9.0.1"}), HasSubstr("--remote is required"));
  EXPECT_THAT(refusal({"--local", "10.9.0", "--remote", "10.9.0.2"}),
              HasSubstr("\"10.9.0\" is not an IPv4 address"));
  EXPECT_THAT(refusal(with(kLeft, {"--interface", "a/b"})), HasSubstr("is not an interface name"));
  EXPECT_THAT(refusal(with(kLeft, {"--mru", "100"})), HasSubstr("--mru"));
  EXPECT_THAT(refusal(with(kLeft, {"--network", "10.0.0.1/8"})), HasSubstr("is not a network"));
  EXPECT_THAT(refusal(with(kLeft, {"--nonsense"})),
              AllOf(StartsWith("pppd-bridge: "), HasSubstr("--nonsense")));
  EXPECT_THAT(refusal(with(kLeft, {"--fcs", "8"})), HasSubstr("\"8\" is not an FCS: none, 16"));
  EXPECT_THAT(refusal(with(kLeft, {"--accm", "zz"})), HasSubstr("\"zz\" is not a map"));
  EXPECT_THAT(refusal(with(kLeft, {"--accept-auth", "chap"})), HasSubstr("pap, chap-md5 or"));
  EXPECT_THAT(refusal(with(kLeft, {"--option", "deflat=request"})), HasSubstr("and deflate"));
  EXPECT_THAT(refusal(with(kLeft, {"--option", "mru=deny"})), HasSubstr("cannot be denied"));
  EXPECT_THAT(refusal(with(kLeft, {"--accept-auth", "pap", "--name", "home", "--secret-file",
                                   "/etc/hosts"})),
              HasSubstr("pap shows the secret"));
  EXPECT_THAT(tun_devices(world_, "home"), IsEmpty());
}

// As a foreign peer would use it: a key of root's, with this as its command.
TEST_F(Stdio, RunsAsAForcedCommandOfSshd) {
  const auto key = public_key_in(world_, "home", "/etc/tunneld/keys/labs.pub");
  world_.write("labs", "/etc/ssh/sshd_config.d/root.conf",
               "Match User root\nAuthorizedKeysFile /etc/ssh/keys_of_root\n");
  world_.write("labs", "/etc/ssh/keys_of_root",
               "restrict,command=\"/usr/local/sbin/pppd-bridge stdio --local 10.9.0.2 --remote "
               "10.9.0.1\" " +
                   key + '\n');
  world_.start_sshd();
  const Wire wire;

  left_.emplace(world_.spawn("home", bridge(kLeft), {wire.left.get(), wire.left.get()}));
  const auto ssh = world_.spawn(
      "home",
      {"ssh", "-T", "-F", "none", "-i", "/etc/tunneld/keys/labs", "-o", "StrictHostKeyChecking=no",
       "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "root@vpn.labs.example"},
      {wire.right.get(), wire.right.get()});
  left_->wait_for("tun0 is up");

  EXPECT_TRUE(reaches(world_, "home", "10.9.0.2"));
}

}  // namespace
}  // namespace tunnel::test
