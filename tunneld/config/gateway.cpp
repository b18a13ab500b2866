#include "tunneld/config/gateway.hpp"

#include "tunneld/config/document.hpp"
#include "tunneld/config/file_checks.hpp"
#include "tunneld/config/table_reader.hpp"
#include "tunneld/config/values.hpp"

#include <array>

namespace tunnel::config {

namespace {

constexpr std::array<KnownTable, 2> kTables{{{"gateway", false, ""}, {"pools", false, ""}}};

/// [filter] is known by name, so that nobody believes to be protected by rules that are not read.
Table without_filter(Table root, Report& report) {
  const auto* filter = root.find("filter");
  if (filter == nullptr) return root;
  report.error(filter->key_where, "this version has no packet filter: [filter] would do nothing",
               "remove [filter], and filter the tunnels' interfaces with nftables");
  std::erase_if(root.entries, [](const Entry& entry) { return entry.key == "filter"; });
  return root;
}

void read_gateway_table(const Table& root, Gateway& gateway, Report& report) {
  auto in = open_table(root, "gateway", report);
  gateway.name = in.value_or("name", gateway_name, gateway.name);
  gateway.runtime_dir = in.value_or("runtime_dir", socket_directory, gateway.runtime_dir);
  gateway.log_dir = in.value_or("log_dir", absolute_path, gateway.log_dir);
  gateway.state_dir = in.value_or("state_dir", absolute_path, gateway.state_dir);
  gateway.control_group = in.value_or("control_group", account_name, gateway.control_group);
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
  auto document = parse_document(file.text);
  if (document.error) {
    report.error(document.error->where, document.error->message, document.error->hint);
    return draft;
  }
  const auto root = without_filter(std::move(document.root), report);
  check_tables(root, kTables, report);
  read_gateway_table(root, draft.gateway, report);
  draft.pools = read_pools(root, report);
  return draft;
}

bool looks_like_gateway(const SourceFile& file) {
  const auto document = parse_document(file.text);
  const auto has = [&](std::string_view table) { return document.root.find(table) != nullptr; };
  return (has("gateway") || has("pools") || has("filter")) && !has("site");
}

}  // namespace tunnel::config
