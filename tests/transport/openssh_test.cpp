#include "pppd-bridge/transport/openssh_arguments.hpp"
#include "pppd-bridge/transport/openssh_log.hpp"

#include <gmock/gmock.h>

namespace tunnel::transport {

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Line {
  const char* text;
  SshLog kind;
  const char* detail;
};

// Lines of OpenSSH 9.2, as captured.
TEST(OpensshLog, TellsHowFarItCame) {
  const Line lines[] = {
      {"debug1: Connecting to labs [192.0.2.1] port 22.", SshLog::Connecting,
       "[192.0.2.1] port 22"},
      {"debug1: Executing proxy command: exec ssh -W '[labs]:22' jump", SshLog::Connecting,
       "a proxy"},
      {"debug1: Connection established.", SshLog::Connected, nullptr},
      {"debug1: Remote protocol version 2.0, remote software version x", SshLog::Connected,
       nullptr},
      {"debug1: Server host key: ssh-ed25519 SHA256:J4FOiZUxEFqoC1ZCCj2Q", SshLog::HostKey,
       "ssh-ed25519 SHA256:J4FOiZUxEFqoC1ZCCj2Q"},
      {"debug1: Host 'tunneld-peer' is known and matches the ED25519 host key.",
       SshLog::HostKeyRight, nullptr},
      {"debug1: kex: client->server cipher: aes128-gcm@openssh.com MAC: <implicit> compression: "
       "none",
       SshLog::Cipher, "aes128-gcm@openssh.com"},
      {"Authenticated to 127.0.0.1 ([127.0.0.1]:2222) using \"publickey\".", SshLog::Authenticated,
       nullptr},
      {"debug1: Entering interactive session.", SshLog::Session, nullptr},
      {"debug1: SSH2_MSG_KEXINIT sent", SshLog::Noise, nullptr},
      {"Transferred: sent 3492, received 3356 bytes, in 0.3 seconds", SshLog::Noise, nullptr},
      {"", SshLog::Noise, nullptr},
  };
  for (const auto& line : lines) {
    const auto [kind, detail] = classify_ssh_log(line.text);
    EXPECT_EQ(kind, line.kind) << line.text;
    EXPECT_EQ(detail, line.detail == nullptr ? detail : line.detail);
  }
}

TEST(OpensshLog, TellsWhatARetryCannotMend) {
  const Line lines[] = {
      {"Host key verification failed.", SshLog::HostKeyWrong, nullptr},
      {"Unable to negotiate with 127.0.0.1 port 22: no matching host key type found. Their offer: "
       "x",
       SshLog::NothingCommon, nullptr},
      {"root@127.0.0.1: Permission denied (publickey,password).", SshLog::KeyRefused, nullptr},
      {"/etc/ssh_config: line 1: Bad configuration option: nosuch", SshLog::BadSettings, nullptr},
      {"Can't open user config file /x: No such file or directory", SshLog::BadSettings, nullptr},
      {"ssh: connect to host 127.0.0.1 port 1: Connection refused", SshLog::Text, nullptr},
      {"kex_exchange_identification: Connection closed by remote host", SshLog::Text, nullptr},
  };
  for (const auto& line : lines)
    EXPECT_EQ(classify_ssh_log(line.text).kind, line.kind) << line.text;
}

// The far side may print lines that look like those of ssh: nothing follows from them.
TEST(OpensshLog, BelievesNothingOnceTheFarSideCanSpeak) {
  EXPECT_EQ(classify_session_log("Host key verification failed.").kind, SshLog::Text);
  EXPECT_EQ(classify_session_log("x: Permission denied (publickey).").kind, SshLog::Text);
  EXPECT_EQ(classify_session_log("no such site").kind, SshLog::Text);
  EXPECT_EQ(classify_session_log("debug1: rekeying in progress").kind, SshLog::Noise);
}

DialSettings settings() {
  DialSettings settings;
  settings.host = "vpn.labs.example";
  settings.port = 2022;
  settings.user = "pppossh";
  settings.security_key = to_bytes("very secret");
  settings.client = Client::Openssh;
  return settings;
}

const std::vector<HostKey> kPinned{{"ssh-ed25519", {0, 0}}, {"ssh-rsa", {1}}};

TEST(OpensshArguments, EndWithTheHostBehindTheEndOfOptions) {
  const auto arguments = openssh_arguments(settings(), {"/hosts", "", "/identity"}, kPinned);
  const std::vector<std::string> tail{arguments.end() - 10, arguments.end()};
  EXPECT_THAT(tail, ElementsAre("IdentityAgent=none", "-i", "/identity", "-p", "2022", "-l",
                                "pppossh", "--", "vpn.labs.example", "ppp"));
}

TEST(OpensshArguments, NameTheAgentAndNoFileOfAKey) {
  const auto arguments = openssh_arguments(settings(), {"/hosts", "/agent", ""}, kPinned);
  EXPECT_THAT(arguments, Contains("IdentityAgent=/agent"));
  EXPECT_THAT(arguments, Contains("IdentitiesOnly=no"));
  EXPECT_THAT(arguments, Contains("IdentityFile=none"));
  EXPECT_THAT(arguments, Not(Contains("-i")));
}

TEST(OpensshArguments, PinTheHostKeys) {
  const auto arguments = openssh_arguments(settings(), {"/hosts", "", "/identity"}, kPinned);
  EXPECT_THAT(arguments, Contains("StrictHostKeyChecking=yes"));
  EXPECT_THAT(arguments, Contains("UserKnownHostsFile=/hosts"));
  EXPECT_THAT(arguments, Contains("GlobalKnownHostsFile=/dev/null"));
  EXPECT_THAT(arguments, Contains("HostKeyAlgorithms=ssh-ed25519,rsa-sha2-512,rsa-sha2-256"));
  EXPECT_THAT(arguments, Contains("HostKeyAlias=tunneld-peer"));
  EXPECT_EQ(known_hosts_text(kPinned),
            "tunneld-peer ssh-ed25519 AAA=\ntunneld-peer ssh-rsa AQ==\n");
}

TEST(OpensshArguments, HoldNoSecret) {
  for (const auto& argument : openssh_arguments(settings(), {"/hosts", "", "/identity"}, kPinned)) {
    EXPECT_THAT(argument, Not(HasSubstr("secret")));
  }
}

TEST(OpensshArguments, LeaveCiphersAndIdentitiesToAConfigurationFile) {
  auto with_file = settings();
  with_file.ssh_config = "/etc/tunneld/ssh_config";
  const auto arguments = openssh_arguments(with_file, {"/hosts", "", ""}, kPinned);
  EXPECT_THAT(arguments, Contains("/etc/tunneld/ssh_config"));
  EXPECT_THAT(arguments, Not(Contains(HasSubstr("Ciphers"))));
  EXPECT_THAT(arguments, Not(Contains("-i")));
  EXPECT_THAT(arguments, Not(Contains("IdentitiesOnly=yes")));
  EXPECT_THAT(openssh_arguments(settings(), {"/hosts", "", ""}, kPinned),
              Contains(HasSubstr("aes128-gcm@openssh.com")));
}

}  // namespace

}  // namespace tunnel::transport
