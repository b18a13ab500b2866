// The private key never reaches the part that reads the network: signatures come from tunneld, or
// from an agent that the profile names.

#include "tests/netns/clients.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"
#include "tunneld/base/base64.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>

namespace tunnel::test {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr auto kIdentity = "/etc/tunneld/keys/labs";

/// What must be nowhere: the 32 octets that an Ed25519 key is made of, and a line of its file.
struct Secrets {
  std::string seed;
  std::string line;
};

Secrets secrets_of(const World& world) {
  std::istringstream file{world.read("home", kIdentity)};
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  std::string packed;
  for (const auto& line : lines) packed += line.starts_with("-----") ? "" : line;
  const auto container = decode_base64(packed).value_or(std::vector<std::uint8_t>{});
  // OpenSSH's PROTOCOL.key: the last string of 64 octets is the seed and the public half.
  const std::string text(container.begin(), container.end());
  const auto length = text.rfind(std::string{"\0\0\0\x40", 4});
  EXPECT_NE(length, std::string::npos);
  return {text.substr(length + 4, 32), lines.at(lines.size() - 3)};
}

bool holds(const std::string& octets, const Secrets& secrets) {
  return octets.find(secrets.seed) != std::string::npos ||
         octets.find(secrets.line) != std::string::npos;
}

std::string read_at(const UniqueFd& file, std::uint64_t from, std::size_t size) {
  std::string octets(size, '\0');
  const auto got = ::pread(file.get(), octets.data(), size, static_cast<off_t>(from));
  octets.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return octets;
}

/// Every mapping of a process that can be read, each as a whole.
bool memory_holds(pid_t pid, const Secrets& secrets) {
  const auto folder = "/proc/" + std::to_string(pid);
  const UniqueFd memory{::open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC)};
  EXPECT_TRUE(memory) << pid;
  std::ifstream maps{folder + "/maps"};
  std::size_t octets_read = 0;
  for (std::string line; std::getline(maps, line);) {
    if (line.find(" r") == std::string::npos) continue;
    const auto dash = line.find('-');
    const auto begin = std::stoull(line.substr(0, dash), nullptr, 16);
    const auto end = std::stoull(line.substr(dash + 1), nullptr, 16);
    const auto octets = read_at(memory, begin, end - begin);
    octets_read += octets.size();
    if (holds(octets, secrets)) return true;
  }
  EXPECT_GT(octets_read, 100'000U) << "of process " << pid;
  return false;
}

/// What is behind the descriptors of a process: neither the identity nor a copy of it.
bool descriptors_hold(pid_t pid, const Secrets& secrets) {
  for (const auto& entry : fs::directory_iterator{"/proc/" + std::to_string(pid) + "/fd"}) {
    std::error_code ignored;
    if (fs::read_symlink(entry.path(), ignored).native().ends_with(kIdentity)) return true;
    if (!fs::is_regular_file(entry.path(), ignored)) continue;
    const UniqueFd file{::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC)};
    if (file && holds(read_at(file, 0, 1 << 20), secrets)) return true;
  }
  return false;
}

std::vector<pid_t> with_children(pid_t pid) {
  const auto id = std::to_string(pid);
  std::ifstream file{"/proc/" + id + "/task/" + id + "/children"};
  std::vector<pid_t> all{std::istream_iterator<pid_t>{file}, {}};
  all.push_back(pid);
  return all;
}

/// Labs' sshd asks for the keys of an account, and is kept waiting for the answer.
void keep_logins_waiting(const World& world) {
  world.shell("labs",
              "mkfifo -m 666 /etc/ssh/asked /etc/ssh/gate; sed -i -E "
              "'s|^( *AuthorizedKeysCommand) (/.*)|\\1 /etc/ssh/late \\2|' "
              "/etc/ssh/sshd_config.d/tunneld.conf");
  world.write("labs", "/etc/ssh/late",
              "#!/bin/bash\nif [ -p /etc/ssh/gate ]; then echo >/etc/ssh/asked; "
              "cat /etc/ssh/gate; fi\nexec \"$@\"\n");
  world.shell("labs", "chmod 755 /etc/ssh/late");
}

void wait_for_login(const World& world) {
  world.shell("labs", "cat /etc/ssh/asked");
}

void let_logins_pass(const World& world) {
  world.shell("labs", "exec 3>/etc/ssh/gate; rm /etc/ssh/gate");
}

class PrivateKey : public WithEitherClient {};

TEST_P(PrivateKey, IsInNoProcessThatReadsTheNetwork) {
  const World world{GetParam()};
  const auto secrets = secrets_of(world);
  keep_logins_waiting(world);
  world.start_sshd();
  world.start_tunneld("labs");
  world.start_tunneld("home");
  wait_for_login(world);
  world.wait_for("home", is_state("auth"));

  const auto processes = with_children(world.bridge_pid("home"));
  EXPECT_THAT(processes, SizeIs(GetParam() == SshClient::Libssh2 ? 1 : 2)) << "ssh is a child";
  for (const auto pid : processes) {
    EXPECT_FALSE(memory_holds(pid, secrets)) << pid;
    EXPECT_FALSE(descriptors_hold(pid, secrets)) << pid;
  }
  EXPECT_TRUE(memory_holds(world.tunneld_pid("home"), secrets)) << "or this test sees nothing";

  let_logins_pass(world);
  world.wait_until_up("home");
  for (const auto pid : with_children(world.bridge_pid("home"))) {
    EXPECT_FALSE(memory_holds(pid, secrets)) << pid;
  }
  EXPECT_FALSE(memory_holds(world.tunneld_pid("home"), secrets)) << "it is not needed any more";
  EXPECT_THAT(log_lines(world, "home", "auth", "signed a login as pppossh"), SizeIs(1));
  EXPECT_THAT(log_lines(world, "home", "auth", "refused to sign"), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Clients, PrivateKey, kEitherClient, client_of_test);

/// HOME's new key, and what Labs knows of it.
void use_key(const World& world, const std::string& type) {
  const auto before = public_key_in(world, "home", std::string{kIdentity} + ".pub");
  world.shell("home", "rm " + std::string{kIdentity} + "*; ssh-keygen -q -t " + type +
                          " -N '' -f " + kIdentity + "; chown tunneld " + kIdentity);
  world.edit_profile("labs", before, public_key_in(world, "home", std::string{kIdentity} + ".pub"));
}

struct Kind {
  SshClient client;
  const char* name;
  const char* type;  // for ssh-keygen
};

class KeyOfKind : public testing::TestWithParam<Kind> {};

TEST_P(KeyOfKind, OpensTheLink) {
  const World world{GetParam().client};
  use_key(world, GetParam().type);
  world.start();
  EXPECT_THAT(log_lines(world, "home", "auth", "signed a login"), SizeIs(1));
}

std::string name_of_kind(const testing::TestParamInfo<Kind>& info) {
  return std::string{client_name(info.param.client)} + '_' + info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Kinds, KeyOfKind,
                         testing::Values(Kind{SshClient::Libssh2, "nistp256", "ecdsa"},
                                         Kind{SshClient::Libssh2, "nistp521", "ecdsa -b 521"},
                                         Kind{SshClient::Openssh, "nistp384", "ecdsa -b 384"},
                                         Kind{SshClient::Openssh, "rsa", "rsa"},
                                         Kind{SshClient::Openssh, "rsa_pem", "rsa -m PEM"}),
                         name_of_kind);

/// Debian's ssh-agent on HOME, under the account of tunneld.
class ProfileWithAgent : public WithEitherClient {
 protected:
  ProfileWithAgent() : world_{GetParam()}, secrets_{secrets_of(world_)} {
    folder_ = world_.shell(
        "home", "folder=$(mktemp -d /run/agent.XXXXXX); chown tunneld $folder; echo $folder");
    folder_.pop_back();
    world_.edit_profile("home", "identity = \"keys/labs\"",
                        "agent = \"" + socket() + "\"\nidentity = \"keys/labs.pub\"");
    world_.start_sshd();
    world_.start_tunneld("labs");
  }

  ~ProfileWithAgent() override { fs::remove_all(folder_); }

  std::string socket() const { return folder_ + "/socket"; }

  static std::vector<std::string> as_tunneld(std::vector<std::string> command) {
    command.insert(command.begin(),
                   {"setpriv", "--reuid=tunneld", "--regid=tunneld", "--clear-groups"});
    return command;
  }

  void start_agent() {
    agent_.emplace(world_.spawn("home", as_tunneld({"ssh-agent", "-D", "-a", socket()})));
    agent_->wait_for("SSH_AUTH_SOCK");
  }

  void add_key(const std::vector<std::string>& options = {}) {
    std::vector<std::string> command{"env", "SSH_AUTH_SOCK=" + socket(), "ssh-add"};
    command.insert(command.end(), options.begin(), options.end());
    command.emplace_back(kIdentity);
    world_.output("home", as_tunneld(command));
    world_.shell("home", std::string{"rm "} + kIdentity);  // it is only in the agent now
  }

  World world_;
  Secrets secrets_;
  std::string folder_;
  std::optional<Process> agent_;
};

TEST_P(ProfileWithAgent, DialsWithAKeyThatIsOnlyThere) {
  start_agent();
  add_key();
  world_.start_tunneld("home");
  world_.wait_until_up("home");
  EXPECT_THAT(log_lines(world_, "home", "auth", "by the agent " + socket()), SizeIs(1));
  // ssh-agent itself keeps its keys encrypted, so that it is no control for the search.
  EXPECT_FALSE(memory_holds(world_.tunneld_pid("home"), secrets_));
}

TEST_P(ProfileWithAgent, WaitsForAnAgentThatIsNotThereYet) {
  world_.start_tunneld("home");
  world_.wait_for("home", is_waiting_for("the agent cannot be reached"));
  EXPECT_THAT(log_lines(world_, "home", "console", "alert reason="), IsEmpty());
  start_agent();
  add_key();
  world_.tunnelctl("home", {"retry", "labs"});
  world_.wait_until_up("home");
}

TEST_P(ProfileWithAgent, SaysThatTheAgentDoesNotHaveTheKey) {
  start_agent();
  world_.start_tunneld("home");
  world_.wait_for("home", is_waiting_for("does not have the key of /etc/tunneld/keys/labs.pub"));
  EXPECT_THAT(log_lines(world_, "home", "console", "alert reason="), SizeIs(1));
  add_key();
  world_.tunnelctl("home", {"retry", "labs"});
  world_.wait_until_up("home");
}

TEST_P(ProfileWithAgent, SaysThatTheAgentRefuses) {
  start_agent();
  add_key({"-c"});  // to be confirmed, by a program that is not there
  world_.start_tunneld("home");
  world_.wait_for("home", is_waiting_for("refuses to sign"));
  EXPECT_THAT(log_lines(world_, "home", "auth", "refuses to sign"), Not(IsEmpty()));
}

INSTANTIATE_TEST_SUITE_P(Clients, ProfileWithAgent, kEitherClient, client_of_test);

}  // namespace
}  // namespace tunnel::test
