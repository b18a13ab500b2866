#include "tunneld/supervisor/status.hpp"

#include "tunneld/audit/log_line.hpp"
#include "tunneld/supervisor/clock.hpp"

#include <boost/json/array.hpp>

#include <chrono>
#include <optional>

namespace tunnel::supervisor {

namespace {

namespace json = boost::json;

json::value time_or_null(const std::optional<audit::WallTime>& time) {
  if (!time) return nullptr;
  return json::value(audit::format_utc(*time));
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

json::value next_attempt(const SiteMachine& machine, TimePoint now) {
  if (machine.state() != State::Waiting || !machine.deadline()) return nullptr;
  return std::max(0.0, seconds(*machine.deadline() - now));
}

void add_state(json::object& out, const Site& site) {
  const auto& machine = site.machine();
  const auto now = steady_now();
  out["wanted"] = machine.wanted();
  out["state"] = name(machine.state());
  out["since"] = audit::format_utc(site.history().since);
  out["state_seconds"] =
      machine.since() == TimePoint{} ? json::value() : json::value(seconds(now - machine.since()));
  out["reason"] = machine.state() == State::Up ? std::string{} : machine.last_error();
  out["next_attempt_seconds"] = next_attempt(machine, now);
  out["failures"] = machine.failures();
  out["last_error"] = site.last_error();
  out["last_error_at"] = time_or_null(site.history().last_error_at);
}

json::array list(const std::vector<Ipv4Address>& addresses) {
  json::array out;
  for (const auto address : addresses) out.emplace_back(address.str());
  return out;
}

/// Those of the link, where it has that family; or what the profile wants while there is no link.
void add_addresses(json::object& out, const Site& site) {
  const auto& link = site.link();
  const auto& ppp = site.profile().ppp;
  if (link) {
    out["local"] = link->ipv4 ? json::value(link->ipv4->local.str()) : json::value();
    out["remote"] = link->ipv4 ? json::value(link->ipv4->remote.str()) : json::value();
  } else {
    out["local"] = ppp.local.str();
    out["remote"] = ppp.pool.empty() ? json::value(ppp.remote.str()) : json::value();
  }
  const bool ipv6 = link && link->ipv6;
  out["local6"] = ipv6 ? json::value(link->ipv6->local.str()) : json::value();
  out["remote6"] = ipv6 ? json::value(link->ipv6->remote.str()) : json::value();
  out["dns"] = link && link->ipv4 ? list(link->ipv4->dns) : json::array();
  out["nbns"] = link && link->ipv4 ? list(link->ipv4->nbns) : json::array();
}

/// null: none.
json::value compression(Compression used) {
  return used == Compression::Deflate ? json::value("deflate") : json::value();
}

void add_link(json::object& out, const Site& site) {
  const auto& link = site.link();
  out["peer"] = site.peer();
  out["key"] = site.key();
  const auto name = site.proven_name();
  out["ppp_name"] = name.empty() ? json::value() : json::value(name);
  out["transport"] = link ? link->transport : std::string{};
  add_addresses(out, site);
  out["receive_mru"] = link ? json::value(link->receive_mru.bytes) : json::value();
  out["transmit_mru"] = link ? json::value(link->transmit_mru.bytes) : json::value();
  out["receive_compression"] = link ? compression(link->receive_compression) : json::value();
  out["transmit_compression"] = link ? compression(link->transmit_compression) : json::value();
  json::array networks;
  for (const auto& network : site.profile().routes.remote) networks.emplace_back(network.str());
  out["networks"] = std::move(networks);
}

json::object drops(const ipc::Statistics& total) {
  return {{"source", total.dropped_source},    {"malformed", total.dropped_malformed},
          {"too_big", total.dropped_too_big},  {"down", total.dropped_down},
          {"tun", total.dropped_tun},          {"control", total.dropped_control},
          {"queue", total.dropped_queue},      {"full", total.dropped_full},
          {"metadata", total.dropped_metadata}};
}

/// What is of one moment is null while there is no link.
json::object fast_path(const ipc::Statistics& total, const Site& site) {
  const auto now = [&](std::uint32_t value) {
    return site.link() ? json::value(value) : json::value();
  };
  return {{"super_packets_in", total.super_packets_in},
          {"super_packets_out", total.super_packets_out},
          {"splits", total.splits},
          {"segments", total.segments},
          {"joins", total.joins},
          {"mss_clamped", total.mss_clamped},
          {"ecn_marked", total.ecn_marked},
          {"queue_packets", now(total.queue_packets)},
          {"queue_bytes", now(total.queue_bytes)},
          {"queue_delay_us", now(total.queue_delay_us)},
          {"queue_delay_max_us", now(total.queue_delay_max_us)}};
}

void add_counters(json::object& out, const Site& site) {
  const auto total = site.history().total();
  out["round_trip_us"] =
      total.round_trip_us == 0 || !site.link() ? json::value() : json::value(total.round_trip_us);
  out["packets_in"] = total.packets_in;
  out["bytes_in"] = total.bytes_in;
  out["packets_out"] = total.packets_out;
  out["bytes_out"] = total.bytes_out;
  out["drops"] = drops(total);
  out["bad_frames"] = total.bad_frames;
  out["wire_bytes_in"] = total.wire_bytes_in;
  out["wire_bytes_out"] = total.wire_bytes_out;
  out["fast_path"] = fast_path(total, site);
}

}  // namespace

json::object site_status(const Site& site) {
  json::object out;
  const auto& profile = site.profile();
  out["site"] = profile.name.str();
  out["description"] = profile.description;
  out["role"] = profile.role() == config::Role::Dial ? "dial" : "answer";
  out["interface"] = profile.ppp.interface.str();
  add_state(out, site);
  const auto& history = site.history();
  out["established"] = history.established;
  out["first_established"] = time_or_null(history.first_established);
  out["current_established"] = time_or_null(history.current_established);
  add_link(out, site);
  add_counters(out, site);
  out["bridge_pid"] = site.bridge_pid() == 0 ? json::value() : json::value(site.bridge_pid());
  return out;
}

bool is_as_wanted(const Site& site) {
  return site.machine().state() == State::Up || !site.machine().wanted();
}

}  // namespace tunnel::supervisor
