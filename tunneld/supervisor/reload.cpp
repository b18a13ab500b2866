// A changed configuration: all of it, or nothing. Sites whose profile is the same are not touched;
// one that changed is closed, and begun anew with its new profile when its old link is down.

#include "tunneld/base/diagnostic.hpp"
#include "tunneld/supervisor/daemon.hpp"
#include "tunneld/supervisor/name_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tunnel::supervisor {

std::string summary(const ReloadReport& report) {
  auto text = fmt::format("{} added, {} removed, {} changed, {} unchanged", report.added.size(),
                          report.removed.size(), report.changed.size(), report.unchanged.size());
  if (!report.retried.empty()) {
    text += fmt::format(" ({} retried with another secret)", report.retried.size());
  }
  if (!report.rules) return text;
  const auto& rules = *report.rules;
  return text + fmt::format("; packet filter: {} rules ({} added, {} removed), {} of translation",
                            rules.all, rules.added, rules.removed, rules.nat);
}

Daemon::ReloadResult Daemon::reload() {
  if (stopping_) return ReloadRefused{{}, "tunneld is ending"};
  manager_.reloading();
  auto loaded = config::load(config_dir_, config::SecretsWanted::Yes, taken());
  auto wrong = said(loaded.diagnostics);
  ReloadRefused refused;
  if (wrong.empty() && loaded.configuration) {
    wrong = needs_restart(*loaded.configuration);
    if (!wrong.empty()) refused.why = "this needs a restart";
  }
  if (wrong.empty() && loaded.configuration) wrong = renew_filter(*loaded.configuration);
  if (!wrong.empty() || !loaded.configuration) {
    say(audit::Priority::Error, "reload: refused; the running configuration stays as it is");
    manager_.ready();
    refused.diagnostics = std::move(wrong);
    return refused;
  }
  const auto secrets_before = std::exchange(secrets_, std::move(loaded.secrets));
  auto report = apply(std::move(*loaded.configuration));
  report.retried = retry_with_other_secrets(secrets_before);
  if (filter_->policy().filters) report.rules = filter_->changes();
  say(audit::Priority::Notice, "reload: " + summary(report));
  manager_.ready();
  return report;
}

/// Whether an interface of the new configuration is somebody else's already.
std::function<bool(const InterfaceName&)> Daemon::taken() const {
  return [this](const InterfaceName& interface) {
    const auto found = network_->taken({interface});
    return found && !found->empty();
  };
}

/// Mistakes as a reload's answer has them; each is in the log as well.
std::vector<std::string> Daemon::said(const std::vector<Diagnostic>& diagnostics) {
  std::vector<std::string> texts;
  for (const auto& diagnostic : diagnostics) {
    texts.push_back(explain(diagnostic));
    say(audit::Priority::Error,
        fmt::format("reload: {}:{}:{}: {}", diagnostic.file, diagnostic.line,
                    diagnostic.first_column, diagnostic.message));
  }
  return texts;
}

std::vector<std::string> Daemon::needs_restart(const config::Configuration& wanted) {
  std::string table;
  if (wanted.gateway != gateway_) table = "[gateway]";
  // Under another mask, flows would belong to other rules.
  const auto& options = filter_->policy().options;
  if (wanted.filter && filter_->policy().filters &&
      (wanted.filter->mark_mask != options.mark_mask ||
       wanted.filter->log_group != options.log_group)) {
    table = "mark_mask or log_group of [filter]";
  }
  if (table.empty()) return {};
  auto text = table +
              " in tunneld.toml has changed: `systemctl restart tunneld` (or the init "
              "script) makes that take effect";
  say(audit::Priority::Error, "reload: " + text);
  return {std::move(text)};
}

/// First of all: a new site's packets must never meet the old rules.
std::vector<std::string> Daemon::renew_filter(const config::Configuration& wanted) {
  auto loaded = load_policy(wanted);
  if (!loaded.diagnostics.empty()) return said(loaded.diagnostics);
  for (const auto& [name, site] : sites_) {
    const auto& interface = site->profile().ppp.interface;
    const auto uses = [&](const config::Site& other) { return other.ppp.interface == interface; };
    if (std::any_of(wanted.sites.begin(), wanted.sites.end(), uses)) continue;
    loaded.policy.closing.push_back(interface);
  }
  auto taken = network_->taken(names_of_tunnels(loaded.policy));
  if (!taken) return {taken.error().message()};
  loaded.policy.taken = std::move(*taken);
  open_packet_log(loaded.policy);
  auto wrong = said(filter_->put(std::move(loaded.policy)));
  if (!wrong.empty() && !filter_->policy().filters) close_packet_log();
  return wrong;
}

/// The link of a site that is gone is closed by now.
void Daemon::let_go(const InterfaceName& interface) {
  auto policy = filter_->policy();
  if (std::erase(policy.closing, interface) > 0) {
    static_cast<void>(said(filter_->put(std::move(policy))));
  }
}

Daemon::Begin Daemon::begin_of(const config::Site& profile) {
  return profile.autostart == config::Autostart::Yes ? Begin::Now : Begin::WhenAsked;
}

ReloadReport Daemon::apply(config::Configuration wanted) {
  ReloadReport report;
  leases_.set_pools(std::move(wanted.pools));
  std::vector<SiteName> gone;
  for (const auto& [name, site] : sites_) {
    const auto same = [&](const config::Site& profile) { return profile.name == name; };
    if (std::none_of(wanted.sites.begin(), wanted.sites.end(), same)) gone.push_back(name);
  }
  for (const auto& name : gone) {
    report.removed.push_back(name.str());
    replace(name, std::nullopt, "its profile was removed");
  }
  for (auto& profile : wanted.sites) {
    const auto name = profile.name;
    const auto* site = find(name);
    if (site == nullptr) {
      report.added.push_back(name.str());
      add(profile, begin_of(profile), {});
    } else if (site->profile() == profile && !successors_.contains(name)) {
      report.unchanged.push_back(name.str());
    } else {
      const auto closing = successors_.find(name);
      const bool was_removed = closing != successors_.end() && !closing->second.profile;
      (was_removed ? report.added : report.changed).push_back(name.str());
      replace(name, std::move(profile), "its profile changed");
    }
  }
  network_->look_again();
  metrics_export_.set(wanted.metrics);
  return report;
}

std::vector<std::string> Daemon::retry_with_other_secrets(const config::Secrets& before) {
  std::vector<std::string> retried;
  for (const auto& [name, site] : sites_) {
    const auto& auth = site->profile().ppp.auth;
    const bool same =
        secrets_.same_in(before, name, auth.name) && secrets_.same_in(before, name, auth.peer);
    if (same || site->machine().state() != State::Waiting) continue;
    site->retry("its secret changed");
    retried.push_back(name.str());
  }
  return retried;
}

void Daemon::add(const config::Site& profile, Begin begin, const SiteHistory& earlier) {
  auto& site = *sites_.emplace(profile.name, make_site(profile)).first->second;
  site.go_on_counting(earlier);
  static_cast<void>(network_->set(profile.name, site.network(Site::Device::Absent)));
  renew_trace(profile.name);
  if (begin == Begin::Now) site.start();
}

void Daemon::replace(const SiteName& name, std::optional<config::Site> successor,
                     const std::string& why) {
  auto& site = *sites_.at(name);
  // A link that somebody has started by hand is started again, and one that was taken down stays
  // down, whatever autostart says, if it says what it said before; also by the second reload while
  // the link closes.
  const auto earlier = successors_.find(name);
  const bool replaced = earlier != successors_.end();
  const auto& before =
      replaced && earlier->second.profile ? *earlier->second.profile : site.profile();
  const bool wanted = replaced ? earlier->second.begin == Begin::Now : site.machine().wanted();
  const bool turned_on =
      successor && successor->autostart == config::Autostart::Yes &&
      (before.autostart == config::Autostart::No || (replaced && !earlier->second.profile));
  const auto begin = wanted || turned_on ? Begin::Now : Begin::WhenAsked;
  successors_[name] = {std::move(successor), begin};
  site.stop(why);
  settle(name);
}

void Daemon::settle(const SiteName& name) {
  if (stopping_) return finish_if_stopped();
  const auto found = successors_.find(name);
  const auto* site = find(name);
  if (found == successors_.end() || site == nullptr || site->machine().state() != State::Down) {
    return;
  }
  const auto successor = std::move(found->second);
  const auto history = site->history();
  const auto interface = site->profile().ppp.interface;
  successors_.erase(found);
  sites_.erase(name);
  let_go(interface);
  if (!successor.profile) return network_->remove(name);
  // The old networks are refused until the new ones are in place.
  add(*successor.profile, successor.begin, history);
}

}  // namespace tunnel::supervisor
