// Somebody has HOME's key, and the system's ssh. Labs' sshd is as generous as one can be made to
// everybody else: what is refused is refused by what tunneld installs for the account of the
// bridges, and the same key does it all for an ordinary account.

#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <array>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr auto kOptions =
    "-F none -i /etc/tunneld/keys/labs -o IdentitiesOnly=yes -o StrictHostKeyChecking=no "
    "-o UserKnownHostsFile=/dev/null -o BatchMode=yes ";
constexpr auto kHost = "@vpn.labs.example";

/// A login is dozens of processes, and some attempts are two.
constexpr Limit kCallPatience = 60s;

/// What HOME's key may be used for, as a line of shell in which @ stands for "ACCOUNT@HOST" and ssh
/// has the options it needs; and what the output has when it works.
struct Attempt {
  const char* name;
  const char* line;
  const char* proof;
};

constexpr std::array kCommands{
    Attempt{"a shell", "echo 'echo it is $((6 * 7))' | ssh -T @", "it is 42"},
    Attempt{"a command", "ssh @ 'echo it is $((6 * 7))'", "it is 42"},
    Attempt{"a terminal", "ssh -tt @ tty", "/dev/pts/"},
    Attempt{"another site's name", "ssh @ 'echo answer other; pppd-bridge answer other'",
            "answer other"},
};

// A forwarding is there when its port can be reached; whoever asks through it is heard by sshd.
constexpr std::array kForwardings{
    Attempt{"-W", "ssh -W 127.0.0.1:22 @", "SSH-2.0-"},
    Attempt{"-L", "bg -N -L 4001:127.0.0.1:22 @; ask 4001 ''", "SSH-2.0-"},
    Attempt{"-L to a socket of the gateway",
            "bg -N -L 4002:/run/tunneld/control.sock @; "
            R"(ask 4002 '{"jsonrpc":"2.0","id":1,"method":"version"}\n')",
            R"("result":{"version")"},
    Attempt{"-D",
            "bg -N -D 4003 @; "
            R"(ask 4003 '\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x16')",
            "SSH-2.0-"},
    Attempt{"-R", "ssh -o ExitOnForwardFailure=yes -R 4004:127.0.0.1:22 @ 'ss -tln'", ":4004"},
    Attempt{"-R of a socket",
            "ssh -o ExitOnForwardFailure=yes -R /mnt/forwarded.@.sock:127.0.0.1:22 @ 'ss -xl'",
            "/mnt/forwarded."},
};

constexpr std::array kServices{
    Attempt{"an agent", "eval $(ssh-agent) && ssh -A @ 'echo agent=$SSH_AUTH_SOCK'; ssh-agent -k",
            "agent=/"},
    Attempt{"X11", "DISPLAY=127.0.0.1:0 ssh -Y @ 'echo display=$DISPLAY'", "display=localhost:"},
    Attempt{"-w", "first-line -o Tunnel=point-to-point -w 7:7 @ 'ip -o link show dev tun7'",
            "tun7:"},
    Attempt{"an environment", "LC_ALL=$'odd\\ntext' ssh -o SendEnv=LC_ALL -o SetEnv=FOO=bar @ env",
            "FOO=bar"},
};

constexpr std::array kFiles{
    Attempt{"sftp", "sftp-with -b - @ <<<'ls /etc/ssh'", "sshd_config"},
    Attempt{"scp", "to=$(mktemp); scp-with @:/etc/ssh/sshd_config $to; cat $to; rm $to", "HostKey"},
    Attempt{"scp as of old",
            "to=$(mktemp); scp-with -O @:/etc/ssh/sshd_config $to; cat $to; rm $to", "HostKey"},
};

/// A kind of attempts, as the name of its test has it.
struct Kind {
  const char* name;
  std::span<const Attempt> attempts;
};

/// Puts ssh's options, and the account, into a line of an attempt. What is left behind ends with
/// it.
std::string shell_line(const std::string& line, const std::string& account) {
  auto whole = "ssh() { command ssh " + std::string{kOptions} +
               "\"$@\"; }\n"
               "bg() { /usr/bin/ssh " +
               kOptions +
               "\"$@\" & }\n"
               // Of a session that goes on for as long as its tunnel does.
               "first-line() { exec 4< <(exec /usr/bin/ssh " +
               kOptions +
               "\"$@\"); head -n 1 <&4 | tr -d '\\0'; kill $!; }\n"
               "sftp-with() { sftp " +
               kOptions + "\"$@\"; }\nscp-with() { timeout 10 scp " + kOptions +
               "\"$@\"; }\n"
               // The port is there as soon as ssh has authenticated; an ssh that is gone has none.
               "ask() { until exec 3<>/dev/tcp/127.0.0.1/$1; do kill -0 $! || return; done "
               "2>/dev/null; printf \"$2\" >&3; head -n 1 <&3 | tr -d '\\0'; kill $!; wait; }\n" +
               line;
  const auto target = account + kHost;
  for (auto at = whole.find(" @"); at != std::string::npos; at = whole.find(" @", at + 1)) {
    whole.replace(at + 1, 1, target);
  }
  for (auto at = whole.find(".@."); at != std::string::npos; at = whole.find(".@.", at + 1)) {
    whole.replace(at + 1, 1, account);
  }
  return whole;
}

/// Accounts of Labs alone: homes with files that an intruder would like to be read, and the account
/// "ordinary", which may do everything.
constexpr auto kAccounts = R"(
mount -t tmpfs -o mode=755 homes /mnt
install -d -m 777 /mnt/traces
for account in pppossh ordinary; do
  install -d -m 755 /mnt/$account /mnt/$account/.ssh
  echo "touch /mnt/traces/rc-$account" >/mnt/$account/.ssh/rc
  echo PLANTED=yes >/mnt/$account/.ssh/environment
  cp $1 /mnt/$account/.ssh/authorized_keys
  echo "touch /mnt/traces/bash_env-$account" >/mnt/$account/bash_env
done
chown -R pppossh /mnt/pppossh
sed 's|^\(pppossh:[^:]*:[^:]*:[^:]*:[^:]*\):.*|\1:/mnt/pppossh:/bin/bash|' /etc/passwd >/mnt/passwd
echo ordinary:x:0:0::/mnt/ordinary:/bin/bash >>/mnt/passwd
(cat /etc/shadow; echo 'ordinary:*:19000::::::') >/mnt/shadow
chmod 600 /mnt/shadow
mount --bind /mnt/passwd /etc/passwd
mount --bind /mnt/shadow /etc/shadow
printf '#!/bin/sh\ncat >/dev/null\n' >/etc/ssh/xauth
chmod 755 /etc/ssh/xauth
)";

constexpr auto kGenerous = R"(
PermitRootLogin yes
PermitTunnel yes
PermitTTY yes
PermitUserRC yes
PermitUserEnvironment no
AllowAgentForwarding yes
AllowTcpForwarding yes
AllowStreamLocalForwarding yes
X11Forwarding yes
XAuthLocation /etc/ssh/xauth
AcceptEnv *
TrustedUserCAKeys /etc/ssh/intruders_ca.pub
Subsystem sftp internal-sftp
)";

class StolenKey : public testing::Test {
 protected:
  StolenKey() {
    world_.write("labs", "/etc/ssh/key_of_home",
                 public_key_in(world_, "home", "/etc/tunneld/keys/labs.pub") + '\n');
    world_.output("labs", {"bash", "-ec", kAccounts, "accounts", "/etc/ssh/key_of_home"});
    make_certificate();
    world_.write("labs", "/etc/ssh/sshd_config",
                 world_.read("labs", "/etc/ssh/sshd_config") + kGenerous);
    add_other_site();
    world_.start_tunneld("labs");
    world_.start_sshd();
  }

  Finished attempt(const std::string& line, const std::string& account,
                   const std::string& node = "home") const {
    return world_.exec(node, {"bash", "-c", shell_line(line, account)}, kCallPatience);
  }

  /// A certificate authority of the intruder's, which Labs trusts with everybody else, and a key
  /// that it says is anybody's.
  void make_certificate() const {
    world_.shell("home",
                 "cd /etc/ssh; for each in intruders_ca intruder; do "
                 "ssh-keygen -q -t ed25519 -N '' -f $each; done; "
                 // Beside a certificate ssh would show that one too.
                 "cp intruder intruder_alone; "
                 "ssh-keygen -q -s intruders_ca -I intruder -n pppossh,ordinary intruder.pub");
    world_.write("labs", "/etc/ssh/intruders_ca.pub",
                 world_.read("home", "/etc/ssh/intruders_ca.pub"));
  }

  void add_other_site() const {
    auto profile = world_.read("labs", "/etc/tunneld/sites/home.toml");
    const auto replace = [&](const std::string& from, const std::string& to) {
      for (auto at = profile.find(from); at != std::string::npos; at = profile.find(from, at)) {
        profile.replace(at, from.size(), to);
        at += to.size();
      }
    };
    replace(public_key_in(world_, "home", "/etc/tunneld/keys/labs.pub"),
            make_public_key(world_, "labs"));
    replace("tun0", "tun1");
    replace("10.224.1.", "10.224.9.");
    replace("192.168.1.0/24", "192.168.77.0/24");
    world_.write("labs", "/etc/tunneld/sites/other.toml", profile);
    world_.shell("labs",
                 "chown root:tunneld /etc/tunneld/sites/other.toml; "
                 "chmod 640 /etc/tunneld/sites/other.toml");
  }

  std::string traces() const { return world_.shell("labs", "ls /mnt/traces"); }

  World world_;
};

class StolenKeyIsOfNoUse : public StolenKey, public testing::WithParamInterface<Kind> {};

TEST_P(StolenKeyIsOfNoUse, For) {
  const auto routes = tunnel_routes(world_, "labs");
  for (const auto& each : GetParam().attempts) {
    SCOPED_TRACE(each.name);
    const auto ordinary = attempt(each.line, "ordinary");
    EXPECT_THAT(ordinary.out, HasSubstr(each.proof)) << "it would work: " << ordinary.err;
    const auto stolen = attempt(each.line, "pppossh");
    EXPECT_THAT(stolen.out, Not(HasSubstr(each.proof))) << stolen.err;
  }
  EXPECT_EQ(traces(), "rc-ordinary\n");
  EXPECT_THAT(world_.shell("labs", "ls /mnt"), Not(HasSubstr("forwarded.pppossh")));
  EXPECT_THAT(tun_devices(world_, "labs"), Not(Contains("tun7")));
  EXPECT_EQ(tunnel_routes(world_, "labs"), routes);
  EXPECT_EQ(number_of(world_.status("labs", "other").site, "established"), 0);
  EXPECT_EQ(text_of(world_.status("labs", "other").site, "state"), "listening");
  // There is no such file before its first line.
  EXPECT_THAT(world_.shell("labs", "grep -s 'accepted from' /var/log/tunneld/auth.log || true"),
              Not(HasSubstr("other")));
}

INSTANTIATE_TEST_SUITE_P(Kinds, StolenKeyIsOfNoUse,
                         testing::Values(Kind{"command", kCommands},
                                         Kind{"forwarding", kForwardings},
                                         Kind{"service", kServices}, Kind{"file", kFiles}),
                         [](const auto& which) { return std::string{which.param.name}; });

// The key is HOME's, and HOME still has it.
TEST_F(StolenKey, OpensAPppLink) {
  world_.start_tunneld("home");
  world_.wait_until_up("home");
  world_.wait_until_up("labs");
  EXPECT_TRUE(reaches(world_, "client", "192.168.253.1"));
}

// BASH_ENV is read by the shell that sshd gives the forced command to.
TEST_F(StolenKey, GivesTheSessionNoWordOfTheCallersEnvironment) {
  for (const std::string account : {"ordinary", "pppossh"}) {
    const auto session = attempt(
        // bash takes no heed of BASH_ENV in the first shell of a session.
        "ssh -o SetEnv='SHLVL=5 BASH_ENV=/mnt/" + account +
            "/bash_env LD_PRELOAD=/mnt/no.so' @ true",
        account);
    const bool loader_spoke = session.err.find("LD_PRELOAD") != std::string::npos;
    EXPECT_EQ(loader_spoke, account == "ordinary") << session.err;
  }
  EXPECT_THAT(traces(), HasSubstr("bash_env-ordinary"));
  EXPECT_THAT(traces(), Not(HasSubstr("pppossh")));
}

/// An ssh whose far side hears nothing from it, and that does not end.
class OpenSession {
 public:
  OpenSession(const World& world, const std::string& options, const std::string& account)
      : input_{make_input()},
        ssh_{world.spawn("home",
                         // Not bash, which takes a socket for a session and reads ~/.bashrc.
                         {"sh", "-c",
                          "eval $(ssh-agent) >/dev/null; export DISPLAY=127.0.0.1:0; exec ssh " +
                              std::string{kOptions} + options + ' ' + account + kHost},
                         {.input = input_[1].get()})} {}

  Process& process() { return ssh_; }

 private:
  static std::array<UniqueFd, 2> make_input() {
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) < 0) {
      fail_errno("make a socket pair");
    }
    return {UniqueFd{pair[0]}, UniqueFd{pair[1]}};
  }

  std::array<UniqueFd, 2> input_;
  Process ssh_;
};

std::string environment_of(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/environ"};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST_F(StolenKey, HasABridgeWithoutAgentDisplayOrAnythingPlanted) {
  OpenSession session{world_, "-A -Y -o SetEnv='FOO=bar LC_ALL=odd'", "pppossh"};
  world_.wait_for("labs", is_state("lcp"));
  const auto environment = environment_of(world_.bridge_pid("labs"));
  EXPECT_THAT(environment, HasSubstr("SSH_CONNECTION=")) << "it is the session's";
  for (const auto* name : {"SSH_AUTH_SOCK", "DISPLAY", "FOO", "LC_ALL", "PLANTED"}) {
    EXPECT_THAT(environment, Not(HasSubstr(std::string{name} + '='))) << name;
  }
}

TEST_F(StolenKey, HasOneSessionAConnection) {
  for (const std::string account : {"ordinary", "pppossh"}) {
    const auto path = "/mnt/master-" + account;
    world_.shell("home", "mountpoint -q /mnt || mount -t tmpfs master /mnt");
    OpenSession first{world_, "-v -T -o ControlMaster=yes -o ControlPath=" + path, account};
    // Its socket is there before its session.
    first.process().wait_for("Entering interactive session");
    if (account == "pppossh") world_.wait_for("labs", is_state("lcp"));
    // By the master alone: who is refused there must not dial by itself.
    const auto second = attempt(
        "ssh -o ControlPath=" + path + " -o ProxyCommand=false @ 'echo it is $((6 * 7))'", account);
    if (account == "ordinary") {
      EXPECT_THAT(second.out, HasSubstr("it is 42")) << second.err;
    } else {
      EXPECT_EQ(second.out, "");
      EXPECT_THAT(second.err, HasSubstr("Session open refused by peer"));
    }
  }
}

TEST_F(StolenKey, IsOfNoUseFromElsewhere) {
  const auto key = world_.file("home", "/etc/tunneld/keys/labs").native();
  const auto from_internet = [&](const std::string& account) {
    // The later of two -i is tried as well, and is the one that is there.
    return attempt("ssh -i " + key + " @ 'echo it is $((6 * 7))'", account, "internet");
  };
  EXPECT_THAT(from_internet("ordinary").out, HasSubstr("it is 42"));
  const auto refused = from_internet("pppossh");
  EXPECT_EQ(refused.out, "");
  EXPECT_EQ(refused.status, 255);
  EXPECT_THAT(refused.err, HasSubstr("Permission denied (publickey)"));
}

TEST_F(StolenKey, IsTheOnlyWayIn) {
  const auto with = [&](const std::string& options, const std::string& account) {
    return world_.exec("home", {"bash", "-c",
                                "ssh -F none -o StrictHostKeyChecking=no -o BatchMode=yes "
                                "-o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes " +
                                    options + ' ' + account + kHost + " 'echo it is $((6 * 7))'"});
  };
  // A key that stands in the account's own authorized_keys, and a certificate.
  for (const std::string account : {"ordinary", "pppossh"}) {
    world_.shell("labs", "cat >>/mnt/" + account + "/.ssh/authorized_keys <<'END'\n" +
                             world_.read("home", "/etc/ssh/intruder.pub") + "END\n");
  }
  for (const auto* options : {"-i /etc/ssh/intruder_alone", "-i /etc/ssh/intruder"}) {
    EXPECT_THAT(with(options, "ordinary").out, HasSubstr("it is 42"));
    const auto refused = with(options, "pppossh");
    EXPECT_EQ(refused.out, "");
    EXPECT_THAT(refused.err, HasSubstr("Permission denied (publickey)"));
  }
  EXPECT_THAT(sshd_log(world_), HasSubstr("Accepted publickey for ordinary"));
  EXPECT_THAT(sshd_log(world_), HasSubstr("ID intruder (serial 0) CA ED25519"));
  EXPECT_THAT(sshd_log(world_), Not(HasSubstr("Accepted publickey for pppossh")));
}

}  // namespace
}  // namespace tunnel::test
