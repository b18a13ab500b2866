// A daemon that makes room for the next one, and leaves its links to it: by executing it in its own
// place (tunnelctl restart-daemon), or by ending (SIGUSR1), for a service manager that starts it.

#include "tunneld/base/escape.hpp"
#include "tunneld/supervisor/child_process.hpp"
#include "tunneld/supervisor/daemon.hpp"
#include "tunneld/supervisor/privileges.hpp"
#include "tunneld/supervisor/processes.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace tunnel::supervisor {

namespace {

using namespace std::chrono_literals;

/// Names of hosts that nobody can look up take a second each.
constexpr auto kCheckPatience = 20s;
/// Of what the check has said; a thousand mistakes are not read by anybody.
constexpr std::size_t kMostSaid = 32 * 1024;

std::string read_from_start(int file) {
  std::string text(kMostSaid, '\0');
  const auto count = ::pread(file, text.data(), text.size(), 0);
  text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

RpcResult Daemon::restart_daemon(ClientId client) {
  const auto refuse = [](std::string why) { return RpcError{rpc_code::kRefused, std::move(why)}; };
  if (stopping_) return refuse("tunneld is ending");
  if (restart_ || departure_) return refuse("tunneld is being restarted already");
  if (const auto begun = begin_check(client); !begun) return refuse(begun.error().message());
  boost::json::object answer;
  answer["message"] = fmt::format("trying {}", program_.path.native());
  answer["started"] = audit::format_utc(started_);
  return boost::json::value(std::move(answer));
}

/// The program itself says whether it could run: with its libraries, and this configuration.
Result<void> Daemon::begin_check(ClientId client) {
  UniqueFd said{::memfd_create("check", MFD_CLOEXEC)};
  if (!said) return errno_error("make a file for what the check says");
  ChildSpec spec;
  spec.program = program_.path;
  spec.arguments = program_.arguments;
  spec.arguments.emplace_back("--check");
  spec.output = said.get();
  auto child = ChildProcess::start(io_, spec, [this](const ChildEnd& end) {
    boost::asio::post(io_, [this, end] { checked(end); });
  });
  if (!child) return child.error();
  auto patience = std::make_unique<boost::asio::steady_timer>(io_, kCheckPatience);
  patience->async_wait([this](const boost::system::error_code& error) {
    if (!error) refuse_restart("the new tunneld could not say in time whether it can run");
  });
  restart_ = Restart{client, std::move(said), std::move(*child), std::move(patience)};
  return {};
}

void Daemon::checked(const ChildEnd& end) {
  if (!restart_ || stopping_) return;
  if (!end.succeeded) return refuse_restart("the new tunneld would not start: it " + end.words);
  if (const auto kept = keep_powers_over_exec(); !kept) {
    return refuse_restart(kept.error().message());
  }
  say(audit::Priority::Notice,
      fmt::format("tunneld is replaced by {} (tunnelctl restart-daemon); bridges go on",
                  program_.path.native()));
  depart(Departure::Executes);
}

void Daemon::refuse_restart(const std::string& why) {
  const auto given_up = std::exchange(restart_, std::nullopt);
  if (!given_up) return;
  const auto said = read_from_start(given_up->said.get());
  say(audit::Priority::Error, fmt::format("restart: refused; {}: {}", why, escape_text(said)));
  boost::json::object refusal;
  refusal["message"] = why + "; nothing was changed";
  refusal["diagnostics"] = boost::json::array{boost::json::value(said)};
  control_->notify(given_up->client, "restart-daemon", refusal);
}

void Daemon::depart(Departure how) {
  departure_ = how;
  io_.stop();
}

std::vector<LeftBehind::Each> Daemon::what_is_kept() {
  std::vector<LeftBehind::Each> kept;
  for (const auto& [name, descriptor] : manager_.kept()) {
    UniqueFd copy{::fcntl(descriptor, F_DUPFD_CLOEXEC, 3)};
    if (copy) kept.push_back({name, std::move(copy)});
  }
  const auto add_child = [&](UniqueFd child) {
    if (child) kept.push_back({std::string{kKeptChild}, std::move(child)});
  };
  for (auto& child : children_) {
    add_child(UniqueFd{::fcntl(child.native_handle(), F_DUPFD_CLOEXEC, 3)});
  }
  for (const auto& [name, site] : sites_) {
    if (site->child() != 0) add_child(open_child(site->child()));
  }
  return kept;
}

/// Nothing is destroyed: the destructors would end the bridges.
void Daemon::go(Departure how) {
  for (const auto& [name, site] : sites_) site->leave();
  dismissals_.kill_all();
  if (how == Departure::Ends) {
    manager_.stopping();
    say(audit::Priority::Notice, "tunneld ends, and leaves its links to the next one");
    std::_Exit(0);
  }
  manager_.reloading();
  manager_.well();
  const auto why = execute(program_, what_is_kept());
  std::fprintf(stderr, "tunneld: %s\n", why.message().c_str());
  std::_Exit(1);
}

}  // namespace tunnel::supervisor
