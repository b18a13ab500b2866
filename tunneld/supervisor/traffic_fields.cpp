#include "tunneld/supervisor/traffic_fields.hpp"

#include <optional>

namespace tunnel::supervisor {

namespace json = boost::json;
using filter::HostAddress;
using filter::ipmon::Fields;
using Action = filter::ipmon::Record::Action;

namespace {

Prefix network_of(const HostAddress& host) {
  return host.family() == Family::Ipv4 ? Prefix::host(host.v4()) : Prefix::host(host.v6());
}

const char* word(const std::optional<Action>& action) {
  if (!action) return "";
  switch (*action) {
    case Action::Passed:
    case Action::PassedByDefault:
      return "pass";
    case Action::Blocked:
    case Action::BlockedByDefault:
      return "block";
    case Action::Logged:
      return "log";
    case Action::Unmatched:
      return "nomatch";
  }
  return "";
}

const char* word(Fields::Kind kind) {
  switch (kind) {
    case Fields::Kind::Packet:
      return "packet";
    case Fields::Kind::Translation:
      return "translation";
    case Fields::Kind::State:
      return "state";
    case Fields::Kind::Notice:
      return "notice";
  }
  return "";
}

void add_end(json::object& record, const std::string& name, const Fields::End& end) {
  record[name] = end.host.str();
  record[name + "_port"] = end.port ? json::value(*end.port) : json::value();
}

void add_packet(json::object& record, const Fields& fields) {
  record["verdict"] = word(fields.action);
  record["direction"] = fields.direction == filter::Direction::Out ? "out" : "in";
  record["count"] = fields.count;
  record["short"] = fields.is_short;
  record["header_size"] = fields.header_size;
  record["size"] = fields.size;
  record["tcp_flags"] = fields.tcp_flags;
  record["icmp"] = fields.icmp;
  record["keep_state"] = fields.keeps_state;
  record["keep_frags"] = fields.keeps_frags;
}

void add_counts(json::object& record, const std::string& name,
                const std::optional<Fields::Counts>& counts) {
  record[name + "_forward"] = counts ? json::value(counts->forward) : json::value();
  record[name + "_backward"] = counts ? json::value(counts->backward) : json::value();
}

}  // namespace

std::vector<HostAddress> hosts_of(const Fields& fields) {
  if (fields.kind == Fields::Kind::Notice) return {};
  return {fields.source.host, fields.destination.host};
}

Traffic traffic_of(const Fields& fields) {
  Traffic traffic;
  traffic.rule = fields.rule;
  traffic.verdict = word(fields.action);
  for (const auto& host : hosts_of(fields)) traffic.ends.push_back(network_of(host));
  if (fields.outside) traffic.ends.push_back(network_of(fields.outside->host));
  return traffic;
}

void add_fields(json::object& record, const Fields& fields) {
  record["kind"] = word(fields.kind);
  if (fields.kind == Fields::Kind::Notice) return;
  record["rule"] = fields.rule;
  record["protocol"] = fields.protocol;
  const bool translation = fields.kind == Fields::Kind::Translation;
  add_end(record, translation ? "inside" : "source", fields.source);
  add_end(record, "destination", fields.destination);
  if (fields.kind == Fields::Kind::Packet) return add_packet(record, fields);
  record["event"] = fields.event;
  if (translation && fields.outside) add_end(record, "outside", *fields.outside);
  add_counts(record, "packets", fields.packets);
  add_counts(record, "bytes", fields.bytes);
}

}  // namespace tunnel::supervisor
