#include "pppd-bridge/transport/dial.hpp"

#include "clients.hpp"
#include "driver.hpp"
#include "pppd-bridge/transport/host_key.hpp"
#include "private_network.hpp"
#include "sshd.hpp"
#include "tunneld/base/unique_fd.hpp"
#include "tunneld/base/unix_socket.hpp"

#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <thread>

namespace tunnel::transport {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class Dial : public EachClient {};

TUNNEL_EACH_CLIENT(Dial);

std::string fingerprint_of(const std::string& line) {
  const auto key = HostKey::parse(line);
  EXPECT_TRUE(key.has_value());
  return key ? fingerprint(key->blob) : "";
}

TEST_P(Dial, GoesThroughItsStagesInOrder) {
  const Sshd sshd{{}};
  Record record;
  const auto result = dial(sshd.settings(GetParam()), record);
  ASSERT_TRUE(result.has_value()) << result.error().text;
  EXPECT_THAT(record.order(), ElementsAre(Stage::Resolve, Stage::Connect, Stage::HostKey,
                                          Stage::Auth, Stage::Channel));
  EXPECT_THAT(record.stages[1].second, HasSubstr("127.0.0.1"));
  EXPECT_THAT((*result)->describe(), HasSubstr("127.0.0.1"));
  EXPECT_THAT((*result)->describe(), HasSubstr("aes128-"));
}

TEST_P(Dial, RefusesAHostKeyThatIsNotPinnedAndRunsNothing) {
  const Sshd sshd{{.command = "touch /run/was-run"}};
  auto settings = sshd.settings(GetParam());
  settings.host_keys = {sshd.stranger_public_line()};
  const auto error = dial_error(std::move(settings));
  EXPECT_EQ(error.stage, Stage::HostKey);
  EXPECT_EQ(error.permanence, Permanence::Permanent);
  EXPECT_THAT(error.text, HasSubstr(fingerprint_of(sshd.host_key_line())));
  EXPECT_THAT(error.text, HasSubstr(fingerprint_of(sshd.stranger_public_line())));
  EXPECT_THAT(sshd.log(), Not(HasSubstr("Accepted")));
  EXPECT_FALSE(std::filesystem::exists("/run/was-run"));
}

TEST_P(Dial, TakesAnyOfSeveralPinnedHostKeys) {
  const Sshd sshd{{}};
  auto settings = sshd.settings(GetParam());
  settings.host_keys = {sshd.stranger_public_line(), sshd.host_key_line()};
  EXPECT_NE(connect(std::move(settings)), nullptr);
}

TEST_P(Dial, RefusesAServerWithoutAHostKeyOfAPinnedType) {
  const Sshd sshd{{.host_key = "ecdsa"}};
  auto settings = sshd.settings(GetParam());
  settings.host_keys = {sshd.stranger_public_line()};
  const auto error = dial_error(std::move(settings));
  EXPECT_EQ(error.stage, Stage::HostKey);
  EXPECT_EQ(error.permanence, Permanence::Permanent);
}

TEST_P(Dial, TakesEcdsaKeysOnBothSides) {
  for (const auto* type : {"ecdsa", "ecdsa -b 384", "ecdsa -b 521"}) {
    const Sshd sshd{{.client_key = type, .host_key = "ecdsa"}};
    EXPECT_NE(connect(sshd.settings(GetParam())), nullptr) << type;
  }
}

TEST_P(Dial, SaysThatTheKeyIsRefused) {
  const Sshd sshd{{}};
  auto settings = sshd.settings(GetParam());
  settings.agent = sshd.stranger_agent(GetParam());
  const auto error = dial_error(std::move(settings));
  EXPECT_EQ(error.stage, Stage::Auth);
  EXPECT_EQ(error.permanence, Permanence::Permanent);
  EXPECT_THAT(error.text, HasSubstr("does not accept our key for user root"));
}

TEST_P(Dial, SaysThatNothingListens) {
  const Sshd sshd{{}};
  auto settings = sshd.settings(GetParam());
  settings.port = 2223;
  const auto error = dial_error(std::move(settings));
  EXPECT_EQ(error.stage, Stage::Connect);
  EXPECT_EQ(error.permanence, Permanence::Transient);
  EXPECT_THAT(error.text, HasSubstr("127.0.0.1 port 2223"));
  EXPECT_THAT(error.text, HasSubstr("Connection refused"));
}

TEST_P(Dial, SaysThatTheNameIsUnknown) {
  const Sshd sshd{{}};
  auto settings = sshd.settings(GetParam());
  settings.host = kUnknownName;
  const auto error = dial_error(std::move(settings));
  EXPECT_EQ(error.stage, Stage::Resolve);
  EXPECT_EQ(error.permanence, Permanence::Transient);
  EXPECT_THAT(error.text, HasSubstr(kUnknownName));
}

TEST_P(Dial, TriesEveryAddressOfAName) {
  const Sshd sshd{{}};
  auto settings = sshd.settings(GetParam());
  settings.host = kSeveralAddresses;
  Record record;
  const auto result = dial(std::move(settings), record);
  ASSERT_TRUE(result.has_value()) << result.error().text;
  const auto tries = std::count_if(record.stages.begin(), record.stages.end(),
                                   [](const auto& entry) { return entry.first == Stage::Connect; });
  EXPECT_EQ(tries, 2);
}

/// A TCP server in this process, which does not speak.
class Listener {
 public:
  Listener() : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(kPort);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* const generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    const int on = 1;
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    EXPECT_EQ(::bind(socket_.get(), generic, sizeof address), 0);
    EXPECT_EQ(::listen(socket_.get(), 8), 0);
  }

  /// Waits for one connection and closes it.
  void drop_one() { UniqueFd{::accept(socket_.get(), nullptr, nullptr)}; }

  static constexpr std::uint16_t kPort = 2224;

 private:
  UniqueFd socket_;
};

TEST_P(Dial, GivesUpOnAServerThatSaysNothing) {
  const Sshd sshd{{}};
  const Listener silent;
  auto settings = sshd.settings(GetParam());
  settings.port = Listener::kPort;
  settings.connect_timeout = 1s;
  settings.handshake_timeout = 500ms;
  const auto before = std::chrono::steady_clock::now();
  const auto error = dial_error(std::move(settings));
  EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
  EXPECT_EQ(error.stage, Stage::HostKey);
  EXPECT_EQ(error.permanence, Permanence::Transient);
  EXPECT_THAT(error.text, HasSubstr("127.0.0.1"));
}

TEST_P(Dial, TakesAServerThatHangsUpForATransientFailure) {
  const Sshd sshd{{}};
  Listener listener;
  auto settings = sshd.settings(GetParam());
  settings.port = Listener::kPort;
  std::thread server{[&] { listener.drop_one(); }};
  const auto error = dial_error(std::move(settings));
  server.join();
  EXPECT_EQ(error.stage, Stage::HostKey);
  EXPECT_EQ(error.permanence, Permanence::Transient);
  EXPECT_THAT(error.text, HasSubstr("127.0.0.1"));
}

TEST_P(Dial, DoesNotConnectWithoutAPinnedHostKey) {
  const Sshd sshd{{}};
  auto settings = sshd.settings(GetParam());
  settings.host_keys.clear();
  Record record;
  const auto result = dial(std::move(settings), record);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().stage, Stage::HostKey);
  EXPECT_EQ(result.error().permanence, Permanence::Permanent);
  EXPECT_THAT(record.stages, testing::IsEmpty());
}

TEST_P(Dial, RefusesNamesThatAnSshCommandCouldMistakeForOptions) {
  const Sshd sshd{{}};
  for (const auto* name : {"-oProxyCommand=touch /run/was-run", "a b", "", "x;y", "$(id)"}) {
    auto settings = sshd.settings(GetParam());
    settings.host = name;
    EXPECT_EQ(dial_error(std::move(settings)).permanence, Permanence::Permanent) << name;
    settings = sshd.settings(GetParam());
    settings.user = name;
    EXPECT_EQ(dial_error(std::move(settings)).permanence, Permanence::Permanent) << name;
  }
}

TEST_P(Dial, NeedsSomethingToLogInBy) {
  const Sshd sshd{{}};
  auto settings = sshd.settings(GetParam());
  settings.agent.reset();
  const auto error = dial_error(std::move(settings));
  EXPECT_EQ(error.stage, Stage::Auth);
  EXPECT_EQ(error.permanence, Permanence::Permanent);
}

TEST(DialByLibssh2, SaysThatTheAgentDoesNotSign) {
  const Sshd sshd{{}};
  auto settings = sshd.settings(Client::Libssh2);
  settings.agent = sshd.unwilling_agent();
  const auto error = dial_error(std::move(settings));
  EXPECT_EQ(error.stage, Stage::Auth);
  EXPECT_EQ(error.permanence, Permanence::Permanent);
  EXPECT_THAT(error.text, HasSubstr("the agent refuses to sign"));
}

TEST(DialByLibssh2, SaysThatTheAgentHangsUp) {
  const Sshd sshd{{}};
  auto settings = sshd.settings(Client::Libssh2);
  auto pair = stream_pair();
  ASSERT_TRUE(pair.has_value());
  settings.agent = std::move(pair->first);
  pair->second.reset();
  const auto error = dial_error(std::move(settings));
  EXPECT_EQ(error.stage, Stage::Auth);
  EXPECT_EQ(error.permanence, Permanence::Transient);
  EXPECT_THAT(sshd.log(), Not(HasSubstr("Connection"))) << "nothing was connected";
}

/// Runs dial_once as nobody, who has no home, and returns what it prints. It is executed through a
/// descriptor: the folder it lies in may be closed to nobody.
std::string dial_as_nobody(const Sshd& sshd, const char* client) {
  constexpr id_t kNobody = 65534;
  const auto input = sshd.directory() / "input";
  std::ofstream{input} << sshd.host_key_line() << '\n' << sshd.client_key_text();
  const UniqueFd program{::open(TUNNEL_BIN_DIR "/transport_dial_once", O_RDONLY | O_CLOEXEC)};
  const UniqueFd in{::open(input.c_str(), O_RDONLY | O_CLOEXEC)};
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reader{ends[0]};
  UniqueFd writer{ends[1]};
  const auto port = std::to_string(Sshd::kPort);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(in.get(), STDIN_FILENO);
    ::dup2(writer.get(), STDOUT_FILENO);
    const bool dropped =
        ::setgroups(0, nullptr) == 0 && ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0;
    std::array<char*, 4> arguments{const_cast<char*>("dial_once"), const_cast<char*>(port.c_str()),
                                   const_cast<char*>(client), nullptr};
    std::array<char*, 1> environment{nullptr};
    if (dropped) ::fexecve(program.get(), arguments.data(), environment.data());
    ::_exit(127);
  }
  writer.reset();
  std::array<char, 4096> buffer;
  const auto got = ::read(reader.get(), buffer.data(), buffer.size());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  return std::string(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
}

// As the bridge's account: no home, no privilege, nothing of the key on a disk.
TEST_P(Dial, IsDoneByAnAccountWithoutAHome) {
  const Sshd sshd{{}};
  const char* const client = GetParam() == Client::Libssh2 ? "libssh2" : "openssh";
  const auto said = dial_as_nobody(sshd, client);
  EXPECT_THAT(said, testing::StartsWith(std::string{"open: "} + client));
  EXPECT_THAT(said, testing::EndsWith("to 127.0.0.1 port 2222\n"));
}

TEST(DialByLibssh2, SaysThatItCannotUseRsaKeys) {
  const Sshd sshd{{.client_key = "rsa"}};
  const auto error = dial_error(sshd.settings(Client::Libssh2));
  EXPECT_EQ(error.stage, Stage::Auth);
  EXPECT_EQ(error.permanence, Permanence::Permanent);
  EXPECT_THAT(error.text, HasSubstr("ssh-rsa"));
  EXPECT_NE(connect(sshd.settings(Client::Openssh)), nullptr);
}

TEST(DialByOpenssh, ReadsTheConfigurationFileThatItIsGiven) {
  const Sshd sshd{{}};
  auto settings = sshd.settings(Client::Openssh);
  settings.host = "alias.in.the.file";
  settings.ssh_config = (sshd.directory() / "ssh_config").string();
  std::ofstream{settings.ssh_config} << "Host alias.in.the.file\n HostName 127.0.0.1\n"
                                     << " StrictHostKeyChecking no\n RequestTTY force\n";
  EXPECT_NE(connect(std::move(settings)), nullptr);

  settings = sshd.settings(Client::Openssh);
  settings.ssh_config = (sshd.directory() / "broken").string();
  std::ofstream{settings.ssh_config} << "NoSuchOption yes\n";
  const auto error = dial_error(std::move(settings));
  EXPECT_EQ(error.permanence, Permanence::Permanent);
  EXPECT_THAT(error.text, HasSubstr("line 1: Bad configuration option"));
}

TEST(DialByOpenssh, TakesItsKeyFromAnIdentityInTheConfigurationFile) {
  const Sshd sshd{{}};
  auto settings = sshd.settings(Client::Openssh);
  settings.agent.reset();
  settings.ssh_config = (sshd.directory() / "ssh_config").string();
  std::ofstream{settings.ssh_config} << "IdentityFile " << (sshd.directory() / "client").string()
                                     << '\n';
  EXPECT_NE(connect(std::move(settings)), nullptr);
}

}  // namespace

}  // namespace tunnel::transport
