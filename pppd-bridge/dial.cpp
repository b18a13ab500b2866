// `pppd-bridge dial SITE`: settings and descriptors from tunneld, SSH to the other gateway, PPP.

#include "pppd-bridge/transport/dial.hpp"

#include "pppd-bridge/modes.hpp"
#include "pppd-bridge/sandbox/powers.hpp"
#include "pppd-bridge/session/supervised.hpp"
#include "tunneld/base/secret.hpp"

#include <fmt/format.h>

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <utility>

namespace tunnel::bridge {

namespace {

using namespace std::chrono_literals;

constexpr auto kSettingsPatience = 5s;
constexpr std::size_t kLargestKey = 64 * 1024;

/// While it dials, the bridge is worth nothing without the tunneld that started it.
void die_with_tunneld(bool on) {
  ::prctl(PR_SET_PDEATHSIG, on ? SIGKILL : 0, 0, 0, 0);
}

Result<Secret> read_key(const UniqueFd& file) {
  std::vector<std::uint8_t> text(kLargestKey);
  const auto got = ::pread(file.get(), text.data(), text.size(), 0);
  if (got < 0) return errno_error("read the private key");
  text.resize(static_cast<std::size_t>(got));
  return Secret{std::move(text)};
}

transport::DialSettings dial_settings(const ipc::DialSettings& told, Secret key) {
  transport::DialSettings settings;
  settings.host = told.host;
  settings.port = told.port;
  settings.user = told.user;
  settings.host_keys = told.host_keys;
  settings.private_key = std::move(key);
  settings.client = told.client == ipc::SshClient::Libssh2 ? transport::Client::Libssh2
                                                           : transport::Client::Openssh;
  settings.ssh_config = told.ssh_config;
  return settings;
}

/// Passes the steps of the dial on to tunneld, and remembers where the connection went.
class Reporter final : public transport::DialObserver {
 public:
  explicit Reporter(session::SupervisorChannel& channel) : channel_{channel} {}

  void stage(transport::Stage stage, std::string detail) override {
    if (stage == transport::Stage::Connect) peer_ = detail;
    channel_.send(ipc::StageReached{to_ipc(stage), std::move(detail)});
  }

  void remote_text(std::string line) override { channel_.send(ipc::RemoteText{std::move(line)}); }

  const std::string& peer() const noexcept { return peer_; }

 private:
  static ipc::Stage to_ipc(transport::Stage stage) {
    switch (stage) {
      case transport::Stage::Resolve:
        return ipc::Stage::Resolve;
      case transport::Stage::Connect:
        return ipc::Stage::Connect;
      case transport::Stage::HostKey:
        return ipc::Stage::HostKey;
      case transport::Stage::Auth:
      case transport::Stage::Channel:
        return ipc::Stage::Auth;
    }
    return ipc::Stage::Resolve;
  }

  session::SupervisorChannel& channel_;
  std::string peer_;
};

int dial_and_run(session::Supervised supervised, Secret key) {
  auto& channel = supervised.channel;
  Reporter reporter{channel};
  auto dialled =
      transport::dial(dial_settings(*supervised.settings.dial, std::move(key)), reporter);
  if (!dialled) {
    const auto& error = dialled.error();
    const auto permanence = error.permanence == transport::Permanence::Permanent
                                ? ipc::Permanence::Permanent
                                : ipc::Permanence::Transient;
    channel.send(ipc::LinkDown{permanence, error.text});
    channel.flush();
    return kExitFailure;
  }
  die_with_tunneld(false);
  supervised.peer = reporter.peer();
  const auto outcome = run_supervised(std::move(supervised), std::move(*dialled));
  return outcome == session::Outcome::Closed ? kExitSuccess : kExitFailure;
}

}  // namespace

int run_dial(const DialOptions& options) {
  if (const auto checked = sandbox::require_no_powers(); !checked) {
    return complain(checked.error());
  }
  if (const auto done = sandbox::give_up_growth(); !done) return complain(done.error());
  die_with_tunneld(true);
  session::Supervised supervised;
  supervised.channel = session::SupervisorChannel{UniqueFd{options.supervisor}};
  auto first = session::wait_for_settings(supervised, kSettingsPatience);
  if (!first) return complain(first.error());
  auto* settings = std::get_if<ipc::Settings>(&first->message);
  if (settings == nullptr || !settings->dial || first->descriptors.empty() ||
      settings->version != ipc::kVersion || settings->site != options.site) {
    return complain(make_error(std::errc::protocol_error,
                               "tunneld did not send the settings of a site to dial"));
  }
  Secret key;
  if (first->descriptors.size() > 1) {
    auto read = read_key(first->descriptors[1]);
    if (!read) return complain(read.error());
    key = std::move(*read);
  }
  supervised.settings = std::move(*settings);
  supervised.tun = std::move(first->descriptors[0]);
  supervised.role = ipc::Role::Dial;
  first->descriptors.clear();
  return dial_and_run(std::move(supervised), std::move(key));
}

}  // namespace tunnel::bridge
