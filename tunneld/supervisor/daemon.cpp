// The supervisor's start and its end; daemon_bridges.cpp has the bridges that come to it,
// control.cpp what tunnelctl asks of it, and reload.cpp what becomes of a changed configuration.

#include "tunneld/supervisor/daemon.hpp"

#include "routes/conflicts.hpp"
#include "tunneld/base/check.hpp"
#include "tunneld/base/diagnostic.hpp"
#include "tunneld/base/unix_socket.hpp"
#include "tunneld/base/version.hpp"
#include "tunneld/supervisor/child_process.hpp"
#include "tunneld/supervisor/clock.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <grp.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

namespace tunnel::supervisor {

namespace {

using namespace std::chrono_literals;

/// Longer than a site with the default timers takes to close its link, or to kill a bridge that
/// does not; shorter than systemd waits. A site that would take longer is cut short.
constexpr auto kStopPatience = 9s;

std::uint64_t random_below(std::uint64_t bound) {
  std::uint64_t value = 0;
  TUNNEL_CHECK(::getrandom(&value, sizeof value, 0) == sizeof value);
  return value % bound;
}

void fill_random(MutableBytes octets) {
  TUNNEL_CHECK(::getrandom(octets.data(), octets.size(), 0) == static_cast<ssize_t>(octets.size()));
}

routes::Forwarding forwarding_of(const config::Gateway& gateway) {
  return gateway.forwarding == config::Forwarding::Enable ? routes::Forwarding::On
                                                          : routes::Forwarding::LeaveAlone;
}

Result<AccessGroup> find_group(const std::string& name, const char* key) {
  const group* entry = ::getgrnam(name.c_str());
  if (entry == nullptr) {
    return make_error(std::errc::invalid_argument,
                      fmt::format("there is no group \"{}\" on this machine; create it with "
                                  "`groupadd --system {}`, or name another as {} in tunneld.toml",
                                  name, name, key));
  }
  return AccessGroup{entry->gr_gid, name};
}

}  // namespace

Daemon::Daemon(boost::asio::io_context& context, Start start)
    : io_{context},
      config_dir_{std::move(start.config_dir)},
      gateway_{start.configuration.gateway},
      audit_{audit::Writer{gateway_.name, ::getpid()}, gateway_.log_dir, wall_now},
      manager_{context},
      dismissals_{context},
      history_{gateway_.state_dir / "links.json"},
      leases_{gateway_.state_dir / "leases.json",
              [this](const Error& error) { say(audit::Priority::Warning, error.message()); }},
      secrets_{std::move(start.secrets)},
      site_context_{
          context,
          audit_,
          manager_,
          dismissals_,
          nullptr,
          history_,
          leases_,
          secrets_,
          std::move(start.bridge_program),
          gateway_.runtime_dir,
          nullptr,
          std::nullopt,
          0,
          random_below,
          [this](const SiteName& name, const ipc::TracedFrame& frame) { traced(name, frame); },
          [this](const SiteName& name, const Transition& transition) {
            changed(name, transition);
          }},
      tickets_{fill_random, [](const ProcessMark& process) { return runs(process); }, {}},
      signals_{context, SIGTERM, SIGINT, SIGHUP},
      program_{std::move(start.program)},
      left_{std::move(start.left)},
      left_is_lost_{start.left_is_lost},
      metrics_wanted_{start.configuration.metrics},
      metrics_export_{
          context, [this] { return metrics(); },
          [this](audit::Priority priority, std::string text) { say(priority, std::move(text)); }},
      started_{wall_now()} {
  signals_.add(SIGUSR1);
  for (const auto& each : left_.all()) {
    if (each.name != kKeptChild) manager_.has(each.name, each.descriptor.get());
  }
}

Result<std::unique_ptr<Daemon>> Daemon::create(boost::asio::io_context& context, Start start) {
  const auto sites = start.configuration.sites;
  auto pools = start.configuration.pools;
  auto policy = std::move(start.policy);
  std::unique_ptr<Daemon> daemon{new Daemon{context, std::move(start)}};
  if (daemon->left_is_lost_) daemon->forget_what_was_left(sites);
  // The sockets first: a second daemon ends here, before it has touched anything.
  if (auto opened = daemon->open_sockets(); !opened) return opened.error();
  auto network = Network::open(context, forwarding_of(daemon->gateway_), daemon->audit_);
  if (!network) return network.error();
  daemon->network_ = std::move(*network);
  if (auto opened = daemon->open_filter(std::move(policy)); !opened) return opened.error();
  daemon->site_context_.network = daemon->network_.get();
  if (const auto read = daemon->history_.load(); !read) {
    daemon->say(audit::Priority::Warning, read.error().message());
  }
  daemon->leases_.set_pools(std::move(pools));
  if (const auto read = daemon->leases_.load(); !read) {
    daemon->say(audit::Priority::Warning, read.error().message());
  }
  for (const auto& profile : sites) {
    daemon->sites_.emplace(profile.name, daemon->make_site(profile));
  }
  return daemon;
}

std::unique_ptr<Site> Daemon::make_site(const config::Site& profile) {
  return std::make_unique<Site>(profile, site_context_);
}

/// Before there is any link.
Result<void> Daemon::open_filter(policy::FilterPolicy policy) {
  auto opened = PacketFilter::open(io_, audit_, gateway_.state_dir);
  if (!opened) return opened.error();
  filter_ = std::move(*opened);
  filter_->on_policy(
      [this](const auto& in_force, const auto& rules) { policy_in_force(in_force, rules); });
  auto taken = network_->taken(names_of_tunnels(policy));
  if (!taken) return taken.error();
  policy.taken = std::move(*taken);
  open_packet_log(policy);
  const auto wrong = filter_->put(std::move(policy));
  if (wrong.empty()) return {};
  std::string text;
  for (const auto& each : wrong) text += (text.empty() ? "" : "\n") + explain(each);
  return make_error(std::errc::invalid_argument, std::move(text));
}

Result<void> Daemon::open_sockets() {
  const auto account = find_account(gateway_.bridge_user);
  if (!account) return account.error();
  if (account->uid != ::geteuid()) site_context_.bridge_account = *account;
  site_context_.bridge_user = account->uid;
  if (auto opened = open_control_sockets(); !opened) return opened;
  return open_bridge_sockets(account->uid);
}

/// A control socket for the members of a group, to begin with by its file.
Result<UniqueFd> Daemon::listen_for(const AccessGroup& group, const std::string& name) {
  auto listening = listen_at(name, SocketKind::Stream, 0660);
  if (!listening) return listening;
  const auto path = gateway_.runtime_dir / name;
  if (::chown(path.c_str(), static_cast<uid_t>(-1), group.id) < 0) {
    return errno_error(fmt::format(
        "give {} to the group {} (the user {} must be a member of it: `usermod -aG {} {}`)",
        path.native(), group.name, gateway_.user, group.name, gateway_.user));
  }
  return listening;
}

Result<void> Daemon::open_control_sockets() {
  const auto group = find_group(gateway_.control_group, "control_group");
  if (!group) return group.error();
  Access access{::geteuid(), *group};
  auto control = listen_for(*group, "control.sock");
  if (!control) return control.error();
  UniqueFd read;
  if (!gateway_.read_group.empty()) {
    const auto readers = find_group(gateway_.read_group, "read_group");
    if (!readers) return readers.error();
    access.read = *readers;
    auto listening = listen_for(*readers, "read.sock");
    if (!listening) return listening.error();
    read = std::move(*listening);
  }
  control_ = std::make_unique<ControlServer>(
      io_, std::move(*control), static_cast<ControlApi&>(*this), std::move(access), steady_now);
  if (read) control_->listen_for_readers(std::move(read));
  return {};
}

void Daemon::run() {
  say(audit::Priority::Notice,
      fmt::format("tunneld {} starts: {} site{} from {}", kVersion, sites_.size(),
                  sites_.size() == 1 ? "" : "s", config_dir_.native()));
  audit_.follow(
      [this](const audit::Record& record, const std::string& line) { publish_log(record, line); });
  network_->on_missing([this](const InterfaceName& interface) {
    boost::asio::post(io_, [this, interface] {
      for (const auto& [name, site] : sites_) {
        if (site->profile().ppp.interface == interface) site->device_lost();
      }
    });
  });
  network_->on_look([this](const routes::Wanted& wanted, const routes::Actual& actual) {
    return filter_->spare(routes::taken(names_of_tunnels(filter_->policy()), wanted, actual.links));
  });
  network_->on_path_changed([this] {
    boost::asio::post(io_, [this] {
      for (const auto& [name, site] : sites_) site->path_changed();
    });
  });
  arm_signals();
  unblock_end_signals();
  take_children();
  take_wishes();
  start_sites();
  refuse_what_is_left();
  metrics_export_.set(metrics_wanted_);
  manager_.ready();
  update_service_status();
  io_.run();
  packet_log_.reset();
  if (departure_) go(*departure_);
  metrics_export_.set(std::nullopt);
  manager_.let_go_of_all();
  say(audit::Priority::Notice, "tunneld ends; the networks of its sites stay refused");
}

void Daemon::release_lease(const SiteName& site) {
  leases_.release(site, wall_now());
}

void Daemon::changed(const SiteName& name, const Transition& transition) {
  if (control_) {
    boost::json::object params;
    params["site"] = name.str();
    params["from"] = supervisor::name(transition.from);
    params["to"] = supervisor::name(transition.to);
    params["event"] = supervisor::name(transition.event);
    params["reason"] = transition.reason;
    params["pause_seconds"] = nullptr;
    if (transition.pause) {
      params["pause_seconds"] = std::chrono::duration<double>(*transition.pause).count();
    }
    control_->publish(Subject{"state", name.str(), {}}, params);
  }
  const bool no_link = transition.to == State::Down || transition.to == State::Waiting ||
                       transition.to == State::Listening;
  if (no_link) release_lease(name);
  if (transition.to == State::Down) {
    // Later: the site is still at it.
    boost::asio::post(io_, [this, name] { settle(name); });
  }
  boost::asio::post(io_, [this] { update_service_status(); });
}

void Daemon::arm_signals() {
  signals_.async_wait([this](const boost::system::error_code& error, int number) {
    if (error) return;
    if (number == SIGHUP) {
      static_cast<void>(reload());
    } else if (number == SIGUSR1) {
      depart(Departure::Ends);
    } else {
      stop();
    }
    arm_signals();
  });
}

void Daemon::stop() {
  if (std::exchange(stopping_, true)) return io_.stop();  // asked twice: at once
  manager_.stopping();
  say(audit::Priority::Notice, "tunneld was asked to end");
  successors_.clear();
  for (const auto& [name, site] : sites_) site->stop("tunneld ends");
  stop_timer_ = std::make_unique<boost::asio::steady_timer>(io_, kStopPatience);
  stop_timer_->async_wait([this](const boost::system::error_code& error) {
    if (!error) io_.stop();
  });
  finish_if_stopped();
}

void Daemon::finish_if_stopped() {
  const bool all_down = std::all_of(sites_.begin(), sites_.end(), [](const auto& entry) {
    return entry.second->machine().state() == State::Down;
  });
  if (stopping_ && all_down) io_.stop();
}

Site* Daemon::find(const SiteName& name) {
  const auto found = sites_.find(name);
  return found == sites_.end() ? nullptr : found->second.get();
}

void Daemon::say(audit::Priority priority, std::string text) {
  audit::Record record;
  record.priority = priority;
  record.text = std::move(text);
  audit_.write(std::move(record));
}

void Daemon::tell_refusal(ToldSparingly& sparingly, std::string site, std::string text) {
  const auto untold = sparingly.tell(steady_now());
  if (!untold) return;
  audit::Record record;
  record.type = audit::LogType::Auth;
  record.priority = audit::Priority::Warning;
  record.site = std::move(site);
  record.text = std::move(text);
  if (*untold > 0)
    record.text += fmt::format(" (and {} more refusals that were not told)", *untold);
  audit_.write(std::move(record));
}

void Daemon::update_service_status() {
  const auto up = std::count_if(sites_.begin(), sites_.end(), [](const auto& entry) {
    return entry.second->machine().state() == State::Up;
  });
  keep_wishes();
  manager_.status(fmt::format("{} of {} links are up", up, sites_.size()));
}

}  // namespace tunnel::supervisor
