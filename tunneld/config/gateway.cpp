#include "tunneld/config/gateway.hpp"

#include "tunneld/config/document.hpp"
#include "tunneld/config/file_checks.hpp"
#include "tunneld/config/table_reader.hpp"
#include "tunneld/config/values.hpp"

#include <array>

namespace tunnel::config {

namespace {

constexpr std::array<KnownTable, 4> kTables{
    {{"gateway", false, ""}, {"pools", false, ""}, {"filter", false, ""}, {"metrics", false, ""}}};

std::optional<Filter> read_filter(const Table& root, const Facts& facts, Report& report) {
  auto in = open_table(root, "filter", report);
  if (root.find("filter") == nullptr) return std::nullopt;
  Filter filter;
  filter.rules = read_rule_file(in, "rules", facts, report);
  filter.nat = read_rule_file(in, "nat", facts, report);
  filter.by_default = in.value_or("default", filter_default, filter.by_default);
  filter.log_group = in.value_or("log_group", log_group, filter.log_group);
  filter.mark_mask = in.value_or("mark_mask", mark_mask, filter.mark_mask);
  filter.log_states = in.value_or("log_states", log_states, filter.log_states);
  in.finish();
  return filter;
}

std::optional<Metrics> read_metrics(const Table& root, Report& report) {
  auto in = open_table(root, "metrics", report);
  if (root.find("metrics") == nullptr) return std::nullopt;
  const auto file =
      in.required("file", metrics_file, "\"/var/lib/prometheus/node-exporter/tunneld.prom\"");
  Metrics metrics;
  if (file) metrics.file = file->value;
  metrics.interval = in.value_or("interval", metrics_interval, metrics.interval);
  in.finish();
  return metrics;
}

void read_gateway_table(const Table& root, Gateway& gateway, Report& report) {
  auto in = open_table(root, "gateway", report);
  gateway.name = in.value_or("name", gateway_name, gateway.name);
  gateway.runtime_dir = in.value_or("runtime_dir", socket_directory, gateway.runtime_dir);
  gateway.log_dir = in.value_or("log_dir", absolute_path, gateway.log_dir);
  gateway.state_dir = in.value_or("state_dir", absolute_path, gateway.state_dir);
  gateway.control_group = in.value_or("control_group", account_name, gateway.control_group);
  if (const auto read_group = in.optional("read_group", account_name)) {
    gateway.read_group = read_group->value;
    if (gateway.read_group == gateway.control_group) {
      report.error(read_group->where, "read_group is the same as control_group",
                   "members of control_group may read already: leave it out, or name another "
                   "group: read_group = \"tunneld-read\"");
    }
  }
  const auto bridge_user = in.optional("bridge_user", account_name);
  if (bridge_user) gateway.bridge_user = bridge_user->value;
  const auto user = in.optional("user", account_name);
  if (user) gateway.user = user->value;
  if (gateway.bridge_user == gateway.user || gateway.bridge_user == "root") {
    // It parses what comes from the network.
    report.error(bridge_user ? bridge_user->where : user->where,
                 "pppd-bridge must not have the account of tunneld or root",
                 "write an account without any rights of its own: bridge_user = \"pppossh\"");
  }
  gateway.bridge = in.value_or("bridge", absolute_path, gateway.bridge);
  gateway.forwarding = in.value_or("forwarding", forwarding, gateway.forwarding);
  in.finish();
}

}  // namespace

GatewayDraft read_gateway(const SourceFile& file, const Facts& facts, Report& report) {
  GatewayDraft draft{.gateway = {.name = facts.host_name}};
  if (!check_source(file, report)) return draft;
  const auto document = parse_document(file.text);
  if (document.error) {
    report.error(document.error->where, document.error->message, document.error->hint);
    return draft;
  }
  check_tables(document.root, kTables, report);
  read_gateway_table(document.root, draft.gateway, report);
  draft.pools = read_pools(document.root, report);
  draft.filter = read_filter(document.root, facts, report);
  draft.metrics = read_metrics(document.root, report);
  return draft;
}

bool looks_like_gateway(const SourceFile& file) {
  const auto document = parse_document(file.text);
  const auto has = [&](std::string_view table) { return document.root.find(table) != nullptr; };
  const bool of_gateway = has("gateway") || has("pools") || has("filter") || has("metrics");
  return of_gateway && !has("site");
}

}  // namespace tunnel::config
