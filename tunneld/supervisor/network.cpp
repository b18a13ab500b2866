#include "tunneld/supervisor/network.hpp"

#include "routes/change.hpp"

#include <fmt/format.h>

#include <unistd.h>

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
    : notifications_{context, ::dup(kernel.notification_fd())},
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
  wanted_[site] = std::move(wanted);
  return reconcile(Cause::OurOwn);
}

Result<void> Network::remove(const SiteName& site) {
  wanted_.erase(site);
  return reconcile(Cause::OurOwn);
}

Result<void> Network::set_all(std::map<SiteName, SiteNetwork> wanted) {
  wanted_ = std::move(wanted);
  return reconcile(Cause::OurOwn);
}

Result<void> Network::reconcile(Cause cause) {
  auto outcome = routes::reconcile(kernel_, everything());
  if (!outcome) {
    say(audit::Priority::Error, outcome.error().message());
    return outcome.error();
  }
  for (const auto& line : outcome->done) {
    say(cause == Cause::OurOwn ? audit::Priority::Info : audit::Priority::Warning,
        cause == Cause::OurOwn ? line : "put back: " + line);
  }
  for (const auto& failure : outcome->failed) say(audit::Priority::Error, failure.message());
  report_conflicts(outcome->conflicts);
  const auto missing = outcome->missing;
  if (on_missing_) {
    for (const auto& interface : missing) on_missing_(interface);
  }
  if (!outcome->failed.empty()) return outcome->failed.front();
  return {};
}

void Network::report_conflicts(const std::vector<routes::Conflict>& found) {
  std::vector<std::string> now;
  for (const auto& conflict : found) {
    const bool known =
        std::find(conflicts_.begin(), conflicts_.end(), conflict.text) != conflicts_.end();
    if (!known) say(audit::Priority::Error, "conflict: " + conflict.text);
    now.push_back(conflict.text);
  }
  conflicts_ = std::move(now);
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
  debounce_.expires_after(kDebounce);
  debounce_.async_wait([this](const boost::system::error_code& error) {
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

bool Network::left_behind(const InterfaceName& interface, const SiteName& site) {
  const auto actual = kernel_.read(everything());
  if (!actual) return false;
  const auto* link = actual->link(interface.str());
  return link != nullptr && link->ours() &&
         link->alias == fmt::format("{}{}", routes::kAliasPrefix, site.str());
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
