// The audit trail of the packet filter: what becomes of it, and what tunnelctl asks of it.

#include "filter/ipmon/dump.hpp"
#include "filter/ipmon/line_parser.hpp"
#include "tunneld/supervisor/daemon.hpp"
#include "tunneld/supervisor/traffic_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tunnel::supervisor {

namespace json = boost::json;
namespace ipmon = filter::ipmon;

namespace {

/// How far back a log is looked through for what is selected: some 70,000 packets, which takes less
/// time than the kernel keeps records for us.
constexpr std::size_t kSearched = std::size_t{8} << 20;
constexpr std::size_t kMostLines = 100'000;

bool contains(const Prefix& network, const filter::HostAddress& host) {
  return host.family() == Family::Ipv4 ? network.contains(host.v4()) : network.contains(host.v6());
}

/// Records of a log: a line, and those of its dump.
std::vector<std::string> with_dumps(std::vector<std::string> lines) {
  std::vector<std::string> records;
  for (auto& line : lines) {
    if (!ipmon::is_dump(line)) {
      records.push_back(std::move(line));
    } else if (!records.empty()) {
      (records.back() += '\n') += line;
    }
  }
  return records;
}

RpcResult table_of(const Result<PacketLog::Table>& table, const char* name) {
  if (!table) return RpcError{rpc_code::kRefused, table.error().message(), {}};
  return json::value(json::object{{name, table->rows}, {"total", table->total}});
}

RpcError no_packet_log() {
  return RpcError{
      rpc_code::kRefused, "this gateway has no packet filter: no file has a [filter]", {}};
}

json::object traffic_record(const ipmon::Fields& fields, audit::LogType type,
                            const std::string& site, const std::string& line) {
  json::object object;
  object["time"] = audit::format_utc(fields.time);
  object["type"] = audit::name(type);
  object["site"] = site;
  object["interface"] = fields.interface;
  object["text"] = fields.text;
  object["line"] = line;
  add_fields(object, fields);
  return object;
}

}  // namespace

void Daemon::open_packet_log(const policy::FilterPolicy& policy) {
  if (!policy.filters || packet_log_) return;
  packet_log_ = PacketLog::open(
      io_, audit_, {.group = policy.options.log_group, .mark_mask = policy.options.mark_mask});
  packet_log_->set_sites([this](const std::string& interface, const auto& hosts) {
    return site_of_traffic(interface, hosts);
  });
}

Daemon::LostRecords Daemon::lost_records() const {
  if (!packet_log_) return lost_before_;
  return {lost_before_.packets + packet_log_->lost_packets(),
          lost_before_.events + packet_log_->lost_events()};
}

/// What it has lost stays counted: those who watch would take a lower number for a restart.
void Daemon::close_packet_log() {
  lost_before_ = lost_records();
  packet_log_.reset();
}

void Daemon::policy_in_force(const policy::FilterPolicy& policy,
                             const std::vector<filter::compiler::NumberedRule>& rules) {
  if (!policy.filters) close_packet_log();
  if (!packet_log_) return;
  packet_log_->set_policy(rules, policy.rules.nat_lists);
  packet_log_->log_states(policy.log_states == config::LogStates::Yes
                              ? PacketLog::States::Logged
                              : PacketLog::States::Unlogged);
}

std::string Daemon::site_of_traffic(const std::string& interface,
                                    const std::vector<filter::HostAddress>& hosts) const {
  for (const auto& [name, site] : sites_) {
    if (site->profile().ppp.interface.str() == interface) return name.str();
  }
  for (const auto& [name, site] : sites_) {
    for (const auto& network : site->profile().routes.remote) {
      const auto lies_in = [&](const filter::HostAddress& host) { return contains(network, host); };
      if (std::any_of(hosts.begin(), hosts.end(), lies_in)) return name.str();
    }
  }
  return {};
}

void Daemon::publish_log(const audit::Record& record, const std::string& line) {
  if (!control_->has_subscriber("log")) return;
  Subject subject{"log", record.site, audit::name(record.type)};
  if (!audit::is_of_traffic(record.type)) {
    if (control_->anyone_hears(subject)) control_->publish(subject, log_record(record, line));
    return;
  }
  const auto fields = ipmon::parse_line(line);
  if (!fields) return;
  const auto traffic = traffic_of(*fields);
  subject.traffic = &traffic;
  if (!control_->anyone_hears(subject)) return;
  auto object = traffic_record(*fields, record.type, record.site, line);
  object["priority"] = audit::name(record.priority);
  control_->publish(subject, object);
}

std::vector<Daemon::LogEntry> Daemon::traffic_entries(
    audit::LogType type, const TrafficSelection& selection,
    const std::optional<std::string>& site) const {
  std::vector<LogEntry> entries;
  const auto octets = selection.empty() && !site ? audit::Audit::kTailOctets : kSearched;
  for (const auto& line : with_dumps(audit_.tail(type, kMostLines, octets))) {
    const auto fields = ipmon::parse_line(line);
    if (!fields || (!selection.empty() && !selection.takes(traffic_of(*fields)))) continue;
    const auto of = site_of_traffic(fields->interface, hosts_of(*fields));
    if (site && of != *site) continue;
    entries.push_back({fields->time, traffic_record(*fields, type, of, line)});
  }
  return entries;
}

RpcResult Daemon::filter_states() {
  return packet_log_ ? table_of(packet_log_->states(), "states") : no_packet_log();
}

RpcResult Daemon::nat_sessions() {
  return packet_log_ ? table_of(packet_log_->sessions(), "sessions") : no_packet_log();
}

}  // namespace tunnel::supervisor
