#include "sshd.hpp"

#include "private_network.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <gtest/gtest.h>

#include <poll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <iterator>

namespace tunnel::transport {

namespace {

std::string contents(const std::filesystem::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// As tunneld hands it over.
UniqueFd to(test::KeyAgent& agent, Client client) {
  return client == Client::Libssh2 ? agent.connect() : agent.handle();
}

std::string without_comment(const std::string& public_key) {
  return public_key.substr(0, public_key.find(' ', public_key.find(' ') + 1));
}

}  // namespace

Sshd::Sshd(const Options& options) {
  std::string path = "/run/sshd-XXXXXX";
  EXPECT_NE(::mkdtemp(path.data()), nullptr);
  directory_ = path;
  make_key("host", options.host_key);
  make_key("client", options.client_key);
  make_key("stranger", "ed25519");
  agent_ = std::make_unique<test::KeyAgent>(client_key_text());
  stranger_ = std::make_unique<test::KeyAgent>(contents(directory_ / "stranger"));
  unwilling_ = std::make_unique<test::KeyAgent>(client_key_text(), test::Willing::No);
  write_config(options);
  start();
}

Sshd::~Sshd() {
  for (const auto session : sessions()) ::kill(session, SIGKILL);
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  std::filesystem::remove_all(directory_);
}

void Sshd::make_key(const std::string& name, const std::string& type) const {
  run_command("ssh-keygen -q -t " + type + " -N '' -C test -f " + (directory_ / name).string());
}

void Sshd::write_config(const Options& options) const {
  std::ofstream config{directory_ / "config"};
  config << "Port " << kPort << "\nListenAddress 127.0.0.1\nHostKey "
         << (directory_ / "host").string() << "\nAuthorizedKeysFile "
         << (directory_ / "client.pub").string()
         << "\nStrictModes no\nUsePAM no\nPermitRootLogin prohibit-password\nPidFile none\n";
  for (const auto& line : options.lines) config << line << '\n';
  config << "ForceCommand " << options.command << '\n';
}

void Sshd::start() {
  std::ofstream{directory_ / "log"};
  const UniqueFd watch{::inotify_init1(IN_CLOEXEC)};
  ASSERT_GE(::inotify_add_watch(watch.get(), (directory_ / "log").c_str(), IN_MODIFY), 0);
  const auto config = (directory_ / "config").string();
  const auto log_file = (directory_ / "log").string();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", "-f", config.c_str(), "-E", log_file.c_str(),
            nullptr);
    ::_exit(127);
  }
  while (log().find("Server listening") == std::string::npos) {
    std::array<char, 4096> events;
    pollfd wanted{watch.get(), POLLIN, 0};
    ASSERT_EQ(::poll(&wanted, 1, 10'000), 1) << "sshd does not start: " << log();
    ASSERT_GT(::read(watch.get(), events.data(), events.size()), 0);
  }
}

DialSettings Sshd::settings(Client client) const {
  DialSettings settings;
  settings.host = "127.0.0.1";
  settings.port = kPort;
  settings.user = "root";
  settings.host_keys = {host_key_line()};
  settings.agent = to(*agent_, client);
  settings.client = client;
  return settings;
}

std::string Sshd::host_key_line() const {
  return without_comment(contents(directory_ / "host.pub"));
}

std::string Sshd::client_key_text() const {
  return contents(directory_ / "client");
}

UniqueFd Sshd::stranger_agent(Client client) const {
  return to(*stranger_, client);
}

void Sshd::wait_for_agents() const {
  for (const auto* agent : {&agent_, &stranger_, &unwilling_}) (*agent)->wait_until_idle();
}

UniqueFd Sshd::unwilling_agent() const {
  return unwilling_->connect();
}

std::string Sshd::stranger_public_line() const {
  return without_comment(contents(directory_ / "stranger.pub"));
}

std::vector<pid_t> Sshd::sessions() const {
  return children_of(pid_);
}

std::string Sshd::log() const {
  return contents(directory_ / "log");
}

std::vector<pid_t> children_of(pid_t pid) {
  const auto id = std::to_string(pid);
  std::ifstream file{"/proc/" + id + "/task/" + id + "/children"};
  return {std::istream_iterator<pid_t>{file}, {}};
}

}  // namespace tunnel::transport
