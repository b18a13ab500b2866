#include "tunneld/supervisor/network.hpp"

#include "routes/change.hpp"
#include "tunneld/supervisor/clock.hpp"

#include <fmt/format.h>

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace tunnel::supervisor {

namespace {

using namespace std::chrono_literals;

/// Link-down deletes routes without a word, and changes come in bursts.
constexpr auto kDebounce = 50ms;
constexpr auto kAuditInterval = 30s;

}  // namespace

Result<std::unique_ptr<Network>> Network::open(boost::asio::io_context& context,
                                               routes::Forwarding forwarding, audit::Audit& audit) {
  auto kernel = routes::Kernel::open();
  if (!kernel) return kernel.error();
  std::unique_ptr<Network> network{new Network{context, std::move(*kernel), forwarding, audit}};
  network->watch();
  network->arm_audit();
  return network;
}

Network::Network(boost::asio::io_context& context, routes::Kernel kernel,
                 routes::Forwarding forwarding, audit::Audit& audit)
    : notifications_{context, ::fcntl(kernel.notification_fd(), F_DUPFD_CLOEXEC, 0)},
      debounce_{context},
      audit_timer_{context},
      kernel_{std::move(kernel)},
      forwarding_{forwarding},
      audit_{audit} {}

void Network::say(audit::Priority priority, std::string text) {
  audit::Record record;
  record.priority = priority;
  record.text = "layer=net " + std::move(text);
  audit_.write(std::move(record));
}

routes::Wanted Network::everything() const {
  routes::Wanted all;
  all.forwarding = forwarding_;
  for (const auto& [site, network] : wanted_) {
    if (network.interface) all.interfaces.push_back(*network.interface);
    all.guarded.insert(all.guarded.end(), network.guarded.begin(), network.guarded.end());
  }
  std::sort(all.guarded.begin(), all.guarded.end());
  all.guarded.erase(std::unique(all.guarded.begin(), all.guarded.end()), all.guarded.end());
  return all;
}

Result<void> Network::set(const SiteName& site, SiteNetwork wanted) {
  const auto interface = wanted.interface ? wanted.interface->name.str() : std::string{};
  wanted_[site] = std::move(wanted);
  const auto outcome = reconcile(Cause::OurOwn);
  if (!outcome) return outcome.error();
  for (const auto& failure : outcome->failed) {
    if (failure.interface.empty() || failure.interface == interface) return failure.error;
  }
  for (const auto& conflict : outcome->conflicts) {
    // Without the others, the rest of the site works.
    const bool fatal = conflict.kind == routes::Conflict::Kind::InterfaceTaken ||
                       conflict.kind == routes::Conflict::Kind::AddressTaken;
    if (!fatal || interface.empty() || conflict.interface != interface) continue;
    return make_error(std::errc::address_in_use, conflict.text);
  }
  return {};
}

void Network::remove(const SiteName& site) {
  wanted_.erase(site);
  static_cast<void>(reconcile(Cause::OurOwn));
}

void Network::set_all(std::map<SiteName, SiteNetwork> wanted) {
  wanted_ = std::move(wanted);
  static_cast<void>(reconcile(Cause::OurOwn));
}

void Network::look_again() {
  brake_.release();
  static_cast<void>(reconcile(Cause::Noticed));
}

Result<routes::Outcome> Network::reconcile(Cause cause) {
  const auto now = steady_now();
  const auto admit = [&](const routes::Change& change) {
    return cause == Cause::OurOwn || brake_.admit(change, now);
  };
  const auto wanted = everything();
  const auto prepare = [&](const routes::Actual& actual) {
    return on_look_ ? on_look_(wanted, actual) : Result<void>{};
  };
  auto outcome = routes::reconcile(kernel_, wanted, admit, prepare);
  if (!outcome) {
    say(audit::Priority::Error, outcome.error().message());
    return outcome.error();
  }
  for (const auto& line : outcome->done) {
    say(cause == Cause::OurOwn ? audit::Priority::Info : audit::Priority::Warning,
        cause == Cause::OurOwn ? line : "put back: " + line);
  }
  std::vector<std::string> failures;
  for (const auto& failure : outcome->failed) failures.push_back(failure.error.message());
  report_new(failures, "", failures_);
  std::vector<std::string> conflicts;
  for (const auto& conflict : outcome->conflicts) conflicts.push_back(conflict.text);
  for (const auto& change : brake_.contested(now)) {
    conflicts.push_back(
        fmt::format("somebody undoes \"{}\" again and again: it is made {} times a minute and no "
                    "more; find out "
                    "who it is, and then `tunnelctl reload`",
                    change, routes::RepairBrake::kMost));
  }
  report_new(conflicts, "conflict: ", conflicts_);
  const auto missing = outcome->missing;
  if (on_missing_) {
    for (const auto& interface : missing) on_missing_(interface);
  }
  look_outside(*outcome);
  return outcome;
}

void Network::look_outside(const routes::Outcome& outcome) {
  const bool changed = outside_ && *outside_ != outcome.outside;
  outside_ = outcome.outside;
  if (changed && on_path_changed_) on_path_changed_();
}

/// Once, and not at every look: what stays as it was has been said.
void Network::report_new(const std::vector<std::string>& found, const std::string& prefix,
                         std::vector<std::string>& known) {
  for (const auto& text : found) {
    if (std::find(known.begin(), known.end(), text) == known.end()) {
      say(audit::Priority::Error, prefix + text);
    }
  }
  known = found;
}

void Network::watch() {
  notifications_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                            [this](const boost::system::error_code& error) {
                              if (!error) noticed();
                            });
}

void Network::noticed() {
  const auto seen = kernel_.drain();
  watch();
  if (seen && *seen == routes::Noticed::Nothing) return;
  // The first one starts the clock: a stream of them must not put the repair off for ever.
  if (std::exchange(debouncing_, true)) return;
  debounce_.expires_after(kDebounce);
  debounce_.async_wait([this](const boost::system::error_code& error) {
    debouncing_ = false;
    if (!error) static_cast<void>(reconcile(Cause::Noticed));
  });
}

void Network::arm_audit() {
  audit_timer_.expires_after(kAuditInterval);
  audit_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    static_cast<void>(reconcile(Cause::Noticed));
    arm_audit();
  });
}

Result<std::vector<InterfaceName>> Network::taken(std::vector<InterfaceName> names) const {
  const auto links = routes::read_links();
  if (!links) return links.error();
  return routes::taken(std::move(names), everything(), *links);
}

std::optional<Mtu> Network::left_behind(const InterfaceName& interface, const SiteName& site) {
  const auto actual = kernel_.read(everything());
  if (!actual) return std::nullopt;
  const auto* link = actual->link(interface.str());
  const bool ours = link != nullptr && link->ours() &&
                    link->alias == fmt::format("{}{}", routes::kAliasPrefix, site.str());
  if (!ours) return std::nullopt;
  return link->mtu;
}

void Network::remove_left_behind(const InterfaceName& interface) {
  const auto actual = kernel_.read(everything());
  const auto* link = actual ? actual->link(interface.str()) : nullptr;
  if (link == nullptr || !link->ours()) return;
  const routes::Change change = routes::DeleteLink{routes::Device{link->index, link->name}};
  if (const auto done = kernel_.apply(change); !done) {
    say(audit::Priority::Error, done.error().message());
  } else {
    say(audit::Priority::Warning, routes::describe(change));
  }
}

}  // namespace tunnel::supervisor
