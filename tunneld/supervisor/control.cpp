// What tunnelctl asks of the daemon: the methods of the control socket.

#include "routes/conflicts.hpp"
#include "routes/model.hpp"
#include "tunneld/base/text.hpp"
#include "tunneld/base/version.hpp"
#include "tunneld/supervisor/clock.hpp"
#include "tunneld/supervisor/daemon.hpp"
#include "tunneld/supervisor/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace tunnel::supervisor {

namespace {

namespace json = boost::json;

constexpr std::int64_t kMostLines = 10'000;

RpcError bad_parameter(std::string what) {
  return RpcError{rpc_code::kInvalidParams, std::move(what), {}};
}

json::object message(std::string text) {
  return {{"message", std::move(text)}};
}

/// A parameter that is a text, if it is there.
std::optional<std::string> text_parameter(const json::object& params, std::string_view name) {
  const auto* value = params.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string{value->get_string()};
}

bool flag_parameter(const json::object& params, std::string_view name) {
  const auto* value = params.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

json::array texts(const std::vector<std::string>& lines) {
  json::array array;
  for (const auto& line : lines) array.emplace_back(line);
  return array;
}

std::string joined(const std::vector<Prefix>& networks) {
  std::string text;
  for (const auto& network : networks) text += (text.empty() ? "" : ", ") + network.str();
  return text;
}

/// That log, or all; none where there is no such log.
std::vector<audit::LogType> log_types(const std::optional<std::string>& name) {
  std::vector<audit::LogType> types;
  for (const auto each : {audit::LogType::Auth, audit::LogType::Console, audit::LogType::Ppp,
                          audit::LogType::Filter, audit::LogType::Nat}) {
    if (!name || audit::name(each) == *name) types.push_back(each);
  }
  return types;
}

json::object route(const SiteName& site, const Prefix& network, const char* kind,
                   std::uint32_t metric) {
  json::object row;
  row["network"] = network.str();
  row["interface"] = nullptr;
  row["kind"] = kind;
  row["site"] = site.str();
  row["metric"] = metric;
  return row;
}

}  // namespace

RpcResult Daemon::call(std::string_view method, const json::object& params, ClientId client) {
  if (method == "status") return status(params);
  if (method == "up" || method == "down" || method == "restart" || method == "retry") {
    auto answer = site_verb(method, params);
    keep_wishes();
    return answer;
  }
  if (method == "reload") return reload_verb();
  if (method == "log") return log(params);
  if (method == "routes") return routes();
  if (method == "leases") return leases();
  if (method == "trace") return trace(params, client);
  if (method == "filter.stats") return filter_stats();
  if (method == "filter.flush") return filter_flush();
  if (method == "filter.states") return filter_states();
  if (method == "nat.rules") return nat_rules();
  if (method == "nat.sessions") return nat_sessions();
  if (method == "restart-daemon") return restart_daemon(client);
  if (method == "metrics") return json::value(json::object{{"text", metrics()}});
  if (method == "version") return json::value(json::object{{"version", kVersion}});
  return RpcError{rpc_code::kMethodNotFound, fmt::format("there is no method \"{}\"", method), {}};
}

std::variant<Site*, RpcError> Daemon::site_from(const json::object& params) {
  const auto text = text_parameter(params, "site");
  if (!text) return bad_parameter("the parameter \"site\" is missing");
  const auto name = SiteName::parse(*text);
  if (auto* site = name ? find(*name) : nullptr; site != nullptr) return site;
  std::string known;
  for (const auto& [other, site] : sites_) known += (known.empty() ? "" : ", ") + other.str();
  return RpcError{rpc_code::kNoSuchSite,
                  fmt::format("there is no site {}; this gateway has: {}", in_quotes(*text),
                              known.empty() ? "none" : known),
                  {}};
}

RpcResult Daemon::status(const json::object& params) {
  json::array sites;
  bool all_up = true;
  if (params.contains("site")) {
    const auto found = site_from(params);
    if (const auto* error = std::get_if<RpcError>(&found)) return *error;
    const auto& site = *std::get<Site*>(found);
    all_up = is_as_wanted(site);
    sites.push_back(site_status(site));
  } else {
    for (const auto& [name, site] : sites_) {
      all_up = all_up && is_as_wanted(*site);
      sites.push_back(site_status(*site));
    }
  }
  json::object result;
  result["gateway"] = gateway_.name;
  result["version"] = kVersion;
  result["pid"] = ::getpid();
  result["started"] = audit::format_utc(started_);
  result["config"] = config_dir_.native();
  result["log_dir"] = gateway_.log_dir.native();
  result["all_up"] = all_up;
  result["awaited_bridges"] = awaited_bridges();
  result["lost_log_lines"] = audit_.lost_lines();
  result["lost_packet_records"] = lost_records().packets;
  result["lost_flow_events"] = lost_records().events;
  result["filter_repairs"] = filter_->repairs();
  result["conflicts"] = texts(conflicts());
  result["sites"] = std::move(sites);
  return json::value(std::move(result));
}

/// Links of an earlier daemon that are up, and whose bridges have not come forward yet.
std::int64_t Daemon::awaited_bridges() const {
  return std::count_if(sites_.begin(), sites_.end(),
                       [&](const auto& entry) { return adoptions_->awaits(entry.first); });
}

std::vector<std::string> Daemon::conflicts() const {
  auto found = network_->conflicts();
  for (const auto& each : filter_->policy().taken) {
    found.push_back(routes::taken_text(each) + ": give its site another one");
  }
  if (filter_->flushed()) {
    found.emplace_back("the packet filter was flushed, and everything passes");
  }
  return found;
}

RpcResult Daemon::site_verb(std::string_view verb, const json::object& params) {
  const auto found = site_from(params);
  if (const auto* error = std::get_if<RpcError>(&found)) return *error;
  auto& site = *std::get<Site*>(found);
  const auto name = site.profile().name.str();
  const auto before = site.machine().state();
  if (stopping_) return RpcError{rpc_code::kRefused, "tunneld is ending", {}};
  if (const auto successor = successors_.find(site.profile().name);
      successor != successors_.end()) {
    return to_successor(successor->second, verb, name);
  }
  if (verb == "down") return down(site, flag_parameter(params, "withdraw"));
  if (verb == "up" && before == State::Up) return message(fmt::format("{} is up already", name));
  if (verb == "retry" && before == State::Up) {
    return message(fmt::format("{} is up: nothing to retry", name));
  }
  if (verb == "retry" && before == State::Down) {
    const auto* why = site.machine().wanted() ? "all its attempts are spent" : "nobody wants it up";
    return RpcError{rpc_code::kRefused,
                    fmt::format("{} is down because {}: `tunnelctl up {}`", name, why, name),
                    {}};
  }
  site.guard(true);
  if (verb == "up") {
    site.start();
  } else if (verb == "restart") {
    site.restart("tunnelctl restart");
  } else {
    site.retry("tunnelctl retry");
  }
  return message(fmt::format("{}: {}", name, supervisor::name(site.machine().state())));
}

/// The site's profile was changed or removed a moment ago, and its old link is being closed.
RpcResult Daemon::to_successor(Successor& successor, std::string_view verb,
                               const std::string& name) {
  if (!successor.profile) {
    return RpcError{
        rpc_code::kNoSuchSite,
        fmt::format("the profile of {} was removed, and its link is being closed", name),
        {}};
  }
  successor.begin = verb == "down" ? Begin::WhenAsked : Begin::Now;
  return message(fmt::format("{}: {} with its new profile, when the old link is closed", name,
                             verb == "down" ? "stays down" : "goes up"));
}

RpcResult Daemon::down(Site& site, bool withdraw) {
  const auto name = site.profile().name.str();
  site.stop("tunnelctl down");
  site.guard(!withdraw);  // also after an earlier one that withdrew
  if (site.profile().routes.on_down == config::OnDown::Withdraw || withdraw) {
    return message(fmt::format("{}: down; {} may leave by other routes now", name,
                               joined(site.profile().routes.remote)));
  }
  const auto& networks = site.profile().routes.remote;
  const bool one = networks.size() == 1;
  return message(
      fmt::format("{}: down; {} {} refused at this gateway (`tunnelctl down "
                  "--withdraw {}` lets {} go)",
                  name, joined(networks), one ? "stays" : "stay", name, one ? "it" : "them"));
}

RpcResult Daemon::reload_verb() {
  const auto result = reload();
  if (const auto* refused = std::get_if<ReloadRefused>(&result)) {
    return RpcError{rpc_code::kReloadRefused, "nothing was changed: " + refused->why,
                    json::value(json::object{{"diagnostics", texts(refused->diagnostics)}})};
  }
  const auto& report = std::get<ReloadReport>(result);
  json::object answer = message("reloaded: " + summary(report));
  answer["added"] = texts(report.added);
  answer["removed"] = texts(report.removed);
  answer["changed"] = texts(report.changed);
  answer["unchanged"] = texts(report.unchanged);
  answer["retried"] = texts(report.retried);
  answer["rules"] = nullptr;
  if (report.rules) {
    answer["rules"] = json::object{{"all", report.rules->all},
                                   {"added", report.rules->added},
                                   {"removed", report.rules->removed},
                                   {"nat", report.rules->nat}};
  }
  return json::value(std::move(answer));
}

std::string Daemon::site_of(const audit::Record& record) const {
  if (!record.site.empty()) return record.site;
  for (const auto& [name, site] : sites_) {
    if (site->profile().ppp.interface.str() == record.interface) return name.str();
  }
  return {};
}

json::object Daemon::log_record(const audit::Record& record, const std::string& line) const {
  json::object object;
  object["time"] = audit::format_utc(record.time);
  object["type"] = audit::name(record.type);
  object["site"] = site_of(record);
  object["interface"] = record.interface;
  object["layer"] = record.layer;
  object["priority"] = audit::name(record.priority);
  object["text"] = record.text;
  object["line"] = line;
  return object;
}

RpcResult Daemon::log(const json::object& params) const {
  const auto type = text_parameter(params, "type");
  const auto types = log_types(type);
  if (types.empty()) {
    return bad_parameter(fmt::format(
        "there is no log {}: ppp, auth, console, filter and nat are there", in_quotes(*type)));
  }
  const auto* lines = params.if_contains("lines");
  if (lines == nullptr || !lines->is_int64() || lines->get_int64() < 0) {
    return bad_parameter("the parameter \"lines\" must be a number, 0 or more");
  }
  const auto read = TrafficSelection::read(params);
  if (const auto* why = std::get_if<std::string>(&read)) return bad_parameter(*why);
  const auto& selection = std::get<TrafficSelection>(read);
  if (type && !audit::is_of_traffic(types.front()) && !selection.empty()) {
    return bad_parameter(fmt::format(
        "rules, addresses and verdicts are of the logs filter and nat, not of {}", *type));
  }
  const auto most = static_cast<std::size_t>(std::min(lines->get_int64(), kMostLines));
  const auto site = text_parameter(params, "site");
  std::vector<LogEntry> entries;
  for (const auto each : types) {
    // Of traffic there may be so much that nobody finds the rest: it is for those who ask.
    const bool traffic = audit::is_of_traffic(each);
    if (traffic ? !type && selection.empty() : !selection.empty()) continue;
    if (each == audit::LogType::Ppp && !type && !flag_parameter(params, "all")) continue;
    auto some = traffic ? traffic_entries(each, selection, site) : log_entries(each, site);
    std::move(some.begin(), some.end(), std::back_inserter(entries));
  }
  return last_of(std::move(entries), most);
}

/// In the order of their times.
RpcResult Daemon::last_of(std::vector<LogEntry> entries, std::size_t most) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.time < b.time; });
  if (entries.size() > most) {
    entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(most));
  }
  json::array records;
  for (auto& entry : entries) records.push_back(std::move(entry.record));
  return json::value(json::object{{"records", std::move(records)}});
}

std::vector<Daemon::LogEntry> Daemon::log_entries(audit::LogType type,
                                                  const std::optional<std::string>& site) const {
  std::vector<LogEntry> entries;
  const auto now = wall_now();
  for (const auto& line : audit_.tail(type, static_cast<std::size_t>(kMostLines))) {
    const auto record = audit::parse_line(type, line, now);
    if (!record || (site && site_of(*record) != *site)) continue;
    entries.push_back({record->time, log_record(*record, line)});
  }
  return entries;
}

/// By pool, then by address.
RpcResult Daemon::leases() const {
  std::vector<std::pair<SiteName, Lease>> all{leases_.table().leases().begin(),
                                              leases_.table().leases().end()};
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tie(a.second.pool, a.second.address) < std::tie(b.second.pool, b.second.address);
  });
  json::array rows;
  for (const auto& [site, lease] : all) {
    json::object row;
    row["pool"] = lease.pool;
    row["address"] = lease.address.str();
    row["site"] = site.str();
    row["in_use"] = !lease.unused_since;
    row["unused_since"] = nullptr;
    if (lease.unused_since) row["unused_since"] = audit::format_utc(*lease.unused_since);
    row["first_given"] = audit::format_utc(lease.first_given);
    rows.push_back(std::move(row));
  }
  return json::value(json::object{{"leases", std::move(rows)}});
}

RpcResult Daemon::routes() const {
  json::array rows;
  for (const auto& [site, network] : network_->wanted()) {
    const auto found = sites_.find(site);
    const bool up = found != sites_.end() && found->second->machine().state() == State::Up;
    if (network.interface) {
      for (const auto& to : network.interface->networks) {
        if (!network.interface->carries(to.family())) continue;
        auto row = route(site, to, "tunnel", network.interface->metric);
        row["interface"] = network.interface->name.str();
        row["state"] = up ? "in use" : "held: the link is down";
        rows.push_back(std::move(row));
      }
    }
    for (const auto& to : network.guarded) {
      auto row = route(site, to, "guard", routes::kGuardMetric);
      const bool in_use = up && network.interface && network.interface->carries(to.family());
      row["state"] = in_use ? "standing by" : "refusing";
      rows.push_back(std::move(row));
    }
  }
  return json::value(json::object{{"routes", std::move(rows)}});
}

}  // namespace tunnel::supervisor
