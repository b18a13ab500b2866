// `pppd-bridge dial SITE`: settings and descriptors from tunneld, SSH to the other gateway, PPP.

#include "pppd-bridge/transport/dial.hpp"

#include "pppd-bridge/modes.hpp"
#include "pppd-bridge/sandbox/powers.hpp"
#include "pppd-bridge/sandbox/sandbox.hpp"
#include "pppd-bridge/session/supervised.hpp"

#include <fmt/format.h>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <utility>

namespace tunnel::bridge {

namespace {

using namespace std::chrono_literals;

constexpr auto kSettingsPatience = 5s;
constexpr std::size_t kLargestKeyFile = 64 * 1024;

/// While it dials, the bridge is worth nothing without the tunneld that started it.
void die_with_tunneld(bool on) {
  ::prctl(PR_SET_PDEATHSIG, on ? SIGKILL : 0, 0, 0, 0);
}

/// What signs our login: the agent's socket, or the file of a FIDO key.
Result<void> take_identity(UniqueFd descriptor, transport::DialSettings& settings) {
  struct stat what {};

  if (::fstat(descriptor.get(), &what) < 0) return errno_error("look at what signs our login");
  if (S_ISSOCK(what.st_mode)) {
    settings.agent = std::move(descriptor);
    return {};
  }
  settings.security_key.resize(kLargestKeyFile);
  const auto got = ::pread(descriptor.get(), settings.security_key.data(), kLargestKeyFile, 0);
  if (got < 0) return errno_error("read the file of a FIDO key");
  settings.security_key.resize(static_cast<std::size_t>(got));
  return {};
}

transport::DialSettings dial_settings(const ipc::DialSettings& told) {
  transport::DialSettings settings;
  settings.host = told.host;
  settings.port = told.port;
  settings.user = told.user;
  settings.host_keys = told.host_keys;
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

int dial_and_run(session::Supervised supervised, transport::DialSettings settings) {
  auto& channel = supervised.channel;
  if (supervised.settings.dial->client == ipc::SshClient::Libssh2) {
    if (const auto done = sandbox::begin_dial(); !done) return complain(done.error());
  }
  Reporter reporter{channel};
  auto dialled = transport::dial(std::move(settings), reporter);
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
  auto further = session::take_over(supervised, options.site, std::move(*first));
  if (!further) return complain(further.error());
  if (!supervised.settings.dial) {
    return complain(make_error(std::errc::protocol_error, "this is no site to dial"));
  }
  auto wanted = dial_settings(*supervised.settings.dial);
  if (options.small_segments) wanted.segments = transport::Segments::Small;
  if (!further->empty()) {
    const auto taken = take_identity(std::move(further->front()), wanted);
    if (!taken) return complain(taken.error());
  }
  supervised.role = ipc::Role::Dial;
  further->clear();
  return dial_and_run(std::move(supervised), std::move(wanted));
}

}  // namespace tunnel::bridge
