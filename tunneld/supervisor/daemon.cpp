// The supervisor's start, its sites and its end; control.cpp has what tunnelctl asks of it, and
// reload.cpp what becomes of a changed configuration.

#include "tunneld/supervisor/daemon.hpp"

#include "tunneld/base/check.hpp"
#include "tunneld/base/diagnostic.hpp"
#include "tunneld/base/escape.hpp"
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

/// How long a bridge of an earlier daemon has to come forward; it tries every 100 ms.
constexpr auto kAdoptionPatience = 3s;
/// Longer than a site with the default timers takes to close its link, or to kill a bridge that
/// does not; shorter than systemd waits. A site that would take longer is cut short.
constexpr auto kStopPatience = 9s;

std::uint64_t random_below(std::uint64_t bound) {
  std::uint64_t value = 0;
  TUNNEL_CHECK(::getrandom(&value, sizeof value, 0) == sizeof value);
  return value % bound;
}

routes::Forwarding forwarding_of(const config::Gateway& gateway) {
  return gateway.forwarding == config::Forwarding::Enable ? routes::Forwarding::On
                                                          : routes::Forwarding::LeaveAlone;
}

Result<gid_t> find_group(const std::string& name) {
  const group* entry = ::getgrnam(name.c_str());
  if (entry == nullptr) {
    return make_error(std::errc::invalid_argument,
                      fmt::format("there is no group \"{}\" on this machine; create it with "
                                  "`groupadd --system {}`, or name another as control_group in "
                                  "tunneld.toml",
                                  name, name));
  }
  return entry->gr_gid;
}

}  // namespace

Daemon::Daemon(boost::asio::io_context& context, Start start)
    : io_{context},
      config_dir_{std::move(start.config_dir)},
      gateway_{start.configuration.gateway},
      audit_{audit::Writer{gateway_.name, ::getpid()}, gateway_.log_dir, wall_now},
      manager_{context},
      history_{gateway_.state_dir / "links.json"},
      leases_{gateway_.state_dir / "leases.json",
              [this](const Error& error) { say(audit::Priority::Warning, error.message()); }},
      secrets_{std::move(start.secrets)},
      site_context_{
          context,
          audit_,
          nullptr,
          history_,
          leases_,
          secrets_,
          std::move(start.bridge_program),
          gateway_.runtime_dir / "bridge.sock",
          std::nullopt,
          0,
          random_below,
          [this](const SiteName& name, const ipc::TracedFrame& frame) { traced(name, frame); },
          [this](const SiteName& name, const Transition& transition) {
            changed(name, transition);
          }},
      signals_{context, SIGTERM, SIGINT, SIGHUP},
      metrics_wanted_{start.configuration.metrics},
      metrics_export_{
          context, [this] { return metrics(); },
          [this](audit::Priority priority, std::string text) { say(priority, std::move(text)); }},
      started_{wall_now()} {}

Result<std::unique_ptr<Daemon>> Daemon::create(boost::asio::io_context& context, Start start) {
  const auto sites = start.configuration.sites;
  auto pools = start.configuration.pools;
  auto policy = std::move(start.policy);
  std::unique_ptr<Daemon> daemon{new Daemon{context, std::move(start)}};
  // The sockets first: a second daemon ends here, before it has touched anything.
  if (auto opened = daemon->open_sockets(); !opened) return opened.error();
  if (auto opened = daemon->open_filter(std::move(policy)); !opened) return opened.error();
  auto network = Network::open(context, forwarding_of(daemon->gateway_), daemon->audit_);
  if (!network) return network.error();
  daemon->network_ = std::move(*network);
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
  const auto group = find_group(gateway_.control_group);
  if (!group) return group.error();

  const auto control_path = gateway_.runtime_dir / "control.sock";
  auto control = listen_unix(control_path, SocketKind::Stream, 0660);
  if (!control) return control.error();
  if (::chown(control_path.c_str(), static_cast<uid_t>(-1), *group) < 0) {
    return errno_error(fmt::format("give {} to the group {} (the user {} must be a member of it)",
                                   control_path.native(), gateway_.control_group, gateway_.user));
  }
  // Open to all, as connecting is writing; who comes is checked by SO_PEERCRED.
  auto bridges = listen_unix(site_context_.bridge_socket, SocketKind::SeqPacket, 0666);
  if (!bridges) return bridges.error();
  bridges_ = std::make_unique<BridgeListener>(
      io_, std::move(*bridges), account->uid,
      [this](Caller who, ipc::FromBridge first, std::vector<UniqueFd> descriptors) {
        caller(std::move(who), std::move(first), std::move(descriptors));
      });
  control_ =
      std::make_unique<ControlServer>(io_, std::move(*control), static_cast<ControlApi&>(*this),
                                      Access{::geteuid(), *group, gateway_.control_group});
  return {};
}

void Daemon::run() {
  say(audit::Priority::Notice, fmt::format("tunneld {} starts: {} sites from {}", kVersion,
                                           sites_.size(), config_dir_.native()));
  audit_.follow(
      [this](const audit::Record& record, const std::string& line) { publish_log(record, line); });
  network_->on_missing([this](const InterfaceName& interface) {
    boost::asio::post(io_, [this, interface] {
      for (const auto& [name, site] : sites_) {
        if (site->profile().ppp.interface == interface) site->device_lost();
      }
    });
  });
  arm_signals();
  start_sites();
  metrics_export_.set(metrics_wanted_);
  manager_.ready();
  update_service_status();
  io_.run();
  metrics_export_.set(std::nullopt);
  packet_log_.reset();
  say(audit::Priority::Notice, "tunneld ends; the networks of its sites stay refused");
}

void Daemon::start_sites() {
  std::map<SiteName, SiteNetwork> wanted;
  for (const auto& [name, site] : sites_) {
    const auto left = network_->left_behind(site->profile().ppp.interface, name);
    if (left) awaiting_adoption_.insert(name);
    wanted.emplace(name,
                   left ? site->network_left_behind(*left) : site->network(Site::Device::Absent));
  }
  network_->set_all(std::move(wanted));
  // Of an earlier daemon's links, only those whose device is left can still be up.
  for (const auto& [name, lease] : std::map{leases_.table().leases()}) {
    if (!awaiting_adoption_.contains(name)) release_lease(name);
  }
  for (const auto& [name, site] : sites_) {
    const bool wanted_up = site->profile().autostart == config::Autostart::Yes;
    if (!wanted_up) continue;
    if (awaiting_adoption_.contains(name)) {
      site->await_adoption();
    } else {
      site->start();
    }
  }
  if (awaiting_adoption_.empty()) return;
  adoption_timer_ = std::make_unique<boost::asio::steady_timer>(io_, kAdoptionPatience);
  adoption_timer_->async_wait([this](const boost::system::error_code& error) {
    if (!error) give_up_adoption();
  });
}

void Daemon::give_up_adoption() {
  for (const auto& name : std::exchange(awaiting_adoption_, {})) {
    auto* site = find(name);
    if (site == nullptr) continue;
    release_lease(name);
    say(audit::Priority::Warning,
        fmt::format("tunnel={} no bridge came forward for {}: it is made anew", name.str(),
                    site->profile().ppp.interface.str()));
    network_->remove_left_behind(site->profile().ppp.interface);
    if (site->profile().autostart == config::Autostart::Yes) site->start();
  }
}

void Daemon::release_lease(const SiteName& site) {
  leases_.release(site, wall_now());
}

void Daemon::caller(Caller who, ipc::FromBridge first, std::vector<UniqueFd> descriptors) {
  if (const auto* claim = std::get_if<ipc::Claim>(&first)) {
    return claimed(std::move(who), *claim);
  }
  if (const auto* adopt = std::get_if<ipc::Adopt>(&first)) {
    return adopted(std::move(who), *adopt, std::move(descriptors));
  }
  say(audit::Priority::Warning, fmt::format("bridge {} came without saying for whom", who.pid));
  who.channel->close();
}

void Daemon::claimed(Caller who, const ipc::Claim& claim) {
  auto* site = claim.version == ipc::kVersion ? find(claim.site) : nullptr;
  const bool awaiting = site != nullptr && awaiting_adoption_.contains(claim.site);
  if (site != nullptr && !awaiting) return site->claim(std::move(who), claim);
  const auto reason =
      awaiting ? fmt::format(
                     "tunneld has just started, and waits for an earlier link of site {}: "
                     "try again",
                     claim.site.str())
      : claim.version == ipc::kVersion
          ? fmt::format("there is no site {} on this gateway ({})", claim.site.str(), gateway_.name)
          : std::string{
                "this pppd-bridge and the running tunneld are of different versions: "
                "restart tunneld"};
  audit::Record record;
  record.type = audit::LogType::Auth;
  record.priority = audit::Priority::Warning;
  record.site = claim.site.str();
  record.text = fmt::format("refused from {}: {}", escape_text(claim.peer), reason);
  audit_.write(std::move(record));
  who.channel->send(ipc::Refused{reason});
  who.channel->close();
}

void Daemon::adopted(Caller who, const ipc::Adopt& adopt, std::vector<UniqueFd> descriptors) {
  auto* site = adopt.version == ipc::kVersion ? find(adopt.site) : nullptr;
  if (site == nullptr || descriptors.size() != 1) {
    who.channel->send(ipc::Shutdown{"the restarted tunneld has no such site"});
    return who.channel->close();
  }
  awaiting_adoption_.erase(adopt.site);
  site->adopt(std::move(who), adopt, std::move(descriptors.front()));
  if (site->machine().state() != State::Down) return;
  release_lease(adopt.site);  // it was not adopted after all
  if (site->profile().autostart == config::Autostart::Yes) site->start();
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
  adoption_timer_ = std::make_unique<boost::asio::steady_timer>(io_, kStopPatience);
  adoption_timer_->async_wait([this](const boost::system::error_code& error) {
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

void Daemon::update_service_status() {
  const auto up = std::count_if(sites_.begin(), sites_.end(), [](const auto& entry) {
    return entry.second->machine().state() == State::Up;
  });
  manager_.status(fmt::format("{} of {} links are up", up, sites_.size()));
}

}  // namespace tunnel::supervisor
