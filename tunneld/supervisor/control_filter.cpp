// What tunnelctl asks about the packet filter.

#include "filter/compiler/stats.hpp"
#include "filter/flows/session.hpp"
#include "filter/language/printer.hpp"
#include "tunneld/supervisor/daemon.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace tunnel::supervisor {

namespace {

namespace json = boost::json;

constexpr auto kFlushed =
    "the packet filter was flushed: `tunnelctl reload` puts it in force again";

RpcError refused(std::string why) {
  return RpcError{rpc_code::kRefused, std::move(why), {}};
}

RpcError no_filter() {
  return refused("this gateway has no packet filter: there is no [filter] in tunneld.toml");
}

/// Where a rule stands.
void put_place(json::object& row, const policy::FilterPolicy& policy, const filter::Place& place) {
  row["file"] =
      place.file < policy.sources.size() ? policy.sources[place.file].name : std::string{};
  row["line"] = place.line;
}

const char* kind_of(const filter::compiler::NumberedRule& rule) {
  return rule.kind == filter::ListKind::Count ? "count" : "filter";
}

}  // namespace

RpcResult Daemon::filter_stats() {
  if (filter_->flushed()) return refused(kFlushed);
  if (!filter_->policy().filters) return no_filter();
  const auto listing = filter_->table();
  if (!listing) return refused(listing.error().message());
  const auto counts = filter::compiler::counts_in(*listing);
  // A head has met all that its group has decided about.
  std::map<std::pair<filter::Direction, std::string>, std::uint64_t> groups;
  for (const auto& each : filter_->in_force()->rules) {
    const auto found = counts.find(each.number);
    if (found != counts.end()) groups[{each.direction, each.id.group}] += found->second.packets;
  }
  json::array rows;
  for (const auto& each : filter_->in_force()->rules) {
    const auto found = counts.find(each.number);
    const auto count = found == counts.end() ? filter::compiler::RuleCount{} : found->second;
    json::object row;
    row["rule"] = each.id.str();
    row["direction"] = each.direction == filter::Direction::In ? "in" : "out";
    row["kind"] = kind_of(each);
    row["text"] = filter::language::print(each.rule);
    put_place(row, filter_->policy(), each.rule.place);
    row["packets"] = count.packets;
    row["bytes"] = count.bytes;
    row["group_packets"] = each.rule.head.empty() ? 0 : groups[{each.direction, each.rule.head}];
    row["state_packets"] = count.state_packets;
    row["state_bytes"] = count.state_bytes;
    rows.push_back(std::move(row));
  }
  return json::value(json::object{{"rules", std::move(rows)}});
}

RpcResult Daemon::filter_flush() {
  if (const auto done = filter_->flush(); !done) return refused(done.error().message());
  return json::value(
      json::object{{"message",
                    "the packet filter, NAPT and the tunnels' source checks are gone: everything "
                    "passes until `tunnelctl reload`, or until tunneld starts again"}});
}

/// In the order in which they are tried, by the names that nat.log has for them.
RpcResult Daemon::nat_rules() const {
  const auto& policy = filter_->policy();
  if (filter_->flushed()) return refused(kFlushed);
  if (!policy.filters) return no_filter();
  json::array rows;
  using filter::flows::NumberedNatRule;
  const auto add = [&](const std::vector<NumberedNatRule>& rules, const char* direction) {
    for (const auto& each : rules) {
      json::object row;
      row["rule"] = fmt::format("@{}", each.number);
      row["direction"] = direction;
      row["text"] = filter::language::print(each.rule);
      put_place(row, policy, each.rule.place);
      rows.push_back(std::move(row));
    }
  };
  const filter::flows::NatRules numbered{policy.rules.nat_lists};
  add(numbered.outbound(), "out");
  add(numbered.inbound(), "in");
  return json::value(json::object{{"rules", std::move(rows)}});
}

}  // namespace tunnel::supervisor
