// What Prometheus is told of the daemon and its sites.

#include "tunneld/base/version.hpp"
#include "tunneld/supervisor/daemon.hpp"
#include "tunneld/supervisor/metrics.hpp"

#include <utility>

namespace tunnel::supervisor {

namespace {

SiteMetrics site_metrics(const Site& site) {
  const auto& profile = site.profile();
  const auto& history = site.history();
  const auto& machine = site.machine();
  return {.site = profile.name.str(),
          .interface = profile.ppp.interface.str(),
          .role = profile.role() == config::Role::Dial ? ipc::Role::Dial : ipc::Role::Answer,
          .state = machine.state(),
          .wanted = machine.wanted(),
          .established = history.established,
          .failures = machine.failures(),
          .last_established = history.last_established,
          .has_link = site.link().has_value(),
          .total = history.total()};
}

}  // namespace

std::string Daemon::metrics() const {
  GatewayMetrics gateway{.version = std::string{kVersion},
                         .started = started_,
                         .lost_log_lines = audit_.lost_lines(),
                         .lost_packet_records = lost_records().packets,
                         .lost_flow_events = lost_records().events,
                         .filter_repairs = filter_->repairs(),
                         .conflicts = conflicts().size()};
  for (const auto& [name, site] : sites_) gateway.sites.push_back(site_metrics(*site));
  return metrics_text(gateway);
}

}  // namespace tunnel::supervisor
