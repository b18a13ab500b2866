#pragma once

#include "tunneld/audit/log_line.hpp"
#include "tunneld/ipc/messages.hpp"
#include "tunneld/supervisor/site_table.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::supervisor {

/// What is told of one site.
struct SiteMetrics {
  std::string site{};
  std::string interface {};
  ipc::Role role = ipc::Role::Dial;
  State state = State::Down;
  bool wanted = false;
  unsigned established = 0;  // also by earlier daemons
  unsigned failures = 0;     // in a row
  std::optional<audit::WallTime> last_established{};
  bool has_link = false;  // what `total` has of one moment holds
  ipc::Statistics total{};
};

/// What is told of a gateway.
struct GatewayMetrics {
  std::string version{};
  audit::WallTime started{};
  std::uint64_t lost_log_lines = 0;
  std::uint64_t lost_packet_records = 0;
  std::uint64_t lost_flow_events = 0;
  std::uint64_t filter_repairs = 0;
  std::uint64_t conflicts = 0;
  std::vector<SiteMetrics> sites{};
};

/// All of it for Prometheus, in its text format: names begin with tunneld_, units are those of
/// Prometheus (bytes, seconds). docs/tunnelctl.8.scd lists them.
std::string metrics_text(const GatewayMetrics& gateway);

}  // namespace tunnel::supervisor
