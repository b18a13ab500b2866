// The tables of flows that `tunnelctl filter states` and `tunnelctl nat sessions` show.

#include "filter/ipmon/line.hpp"
#include "filter/model/protocols.hpp"
#include "filter/packet/protocol_word.hpp"
#include "tunneld/supervisor/clock.hpp"
#include "tunneld/supervisor/packet_log.hpp"

#include <fmt/format.h>

#include <chrono>

namespace tunnel::supervisor {

namespace json = boost::json;
using filter::flows::Counters;
using filter::flows::Flow;
using filter::flows::Session;

namespace {

void add_end(json::object& row, const std::string& name, const filter::HostAddress& host,
             std::uint16_t port, std::uint8_t protocol) {
  row[name] = host.str();
  row[name + "_port"] = filter::has_ports(protocol) ? json::value(port) : json::value();
}

json::value count_or_null(const std::optional<Counters>& counters,
                          std::uint64_t Counters::*member) {
  return counters ? json::value((*counters).*member) : json::value();
}

/// What every flow has.
void add_flow(json::object& row, const Flow& flow, audit::WallTime now) {
  row["protocol"] = filter::packet::protocol_word(flow.protocol);
  row["tcp_state"] = flow.tcp_state ? json::value(name(*flow.tcp_state)) : json::value();
  row["expires_seconds"] = flow.timeout.count();
  row["age_seconds"] = nullptr;
  if (flow.start) {
    row["age_seconds"] = std::max(0.0, std::chrono::duration<double>(now - *flow.start).count());
  }
  row["packets_forward"] = count_or_null(flow.forward, &Counters::packets);
  row["bytes_forward"] = count_or_null(flow.forward, &Counters::bytes);
  row["packets_backward"] = count_or_null(flow.backward, &Counters::packets);
  row["bytes_backward"] = count_or_null(flow.backward, &Counters::bytes);
}

const char* word(filter::NatRule::Kind kind) {
  switch (kind) {
    case filter::NatRule::Kind::Map:
      return "map";
    case filter::NatRule::Kind::MapBlock:
      return "map-block";
    case filter::NatRule::Kind::Rdr:
      return "rdr";
    case filter::NatRule::Kind::Bimap:
      return "bimap";
  }
  return "map";
}

json::object session_row(const Session& session) {
  json::object row;
  row["rule"] = fmt::format("@{}", session.rule);
  row["kind"] = word(session.kind);
  add_end(row, "inside", session.inside, session.inside_port, session.protocol);
  add_end(row, "outside", session.outside, session.outside_port, session.protocol);
  add_end(row, "destination", session.peer, session.peer_port, session.protocol);
  return row;
}

}  // namespace

Result<PacketLog::Table> PacketLog::states() {
  const auto all = filter::kernel::list_flows();
  if (!all) return all.error();
  const auto now = wall_now();
  Table table;
  for (const auto& flow : *all) {
    const auto number = flow.mark & settings_.mark_mask;
    if (number == 0) continue;
    if (++table.total > kMostRows) continue;
    const auto* rule = rules_.find(number);
    json::object row;
    row["rule"] = rule == nullptr ? json::value() : json::value(rule->id.str());
    row["direction"] = nullptr;
    if (rule != nullptr) {
      row["direction"] = rule->direction == filter::Direction::In ? "in" : "out";
    }
    add_end(row, "source", flow.original.source, flow.original.source_port, flow.protocol);
    add_end(row, "destination", flow.original.destination, flow.original.destination_port,
            flow.protocol);
    add_flow(row, flow, now);
    row["site"] = site_of({}, {flow.original.source, flow.original.destination});
    table.rows.push_back(std::move(row));
  }
  return table;
}

Result<PacketLog::Table> PacketLog::sessions() {
  const auto all = filter::kernel::list_flows();
  if (!all) return all.error();
  const auto now = wall_now();
  Table table;
  for (const auto& flow : *all) {
    for (const auto& session : sessions_.sessions_of(flow)) {
      if (++table.total > kMostRows) continue;
      auto row = session_row(session);
      add_flow(row, flow, now);
      row["site"] = site_of({}, {session.inside, session.peer});
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

}  // namespace tunnel::supervisor
