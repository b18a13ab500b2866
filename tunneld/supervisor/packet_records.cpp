#include "tunneld/supervisor/packet_records.hpp"

#include "filter/compiler/outcomes.hpp"
#include "filter/ipmon/session_lines.hpp"
#include "filter/model/protocols.hpp"
#include "filter/packet/packet_parser.hpp"
#include "filter/packet/protocol_word.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace tunnel::supervisor {

namespace ipmon = filter::ipmon;
using filter::compiler::NumberedRule;

namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kLocal0 = 16;

/// A record of a packet that left comes with that of its way in, or soon after.
constexpr auto kSameMoment = 20ms;

/// "L17": a log rule, which has no say, has its number behind the prefix.
struct Meaning {
  ipmon::Record::Action action = ipmon::Record::Action::Unmatched;
  std::uint32_t number = 0;
};

Meaning meaning_of(const filter::kernel::LoggedPacket& logged) {
  using Action = ipmon::Record::Action;
  const std::string_view prefix{logged.prefix};
  if (prefix == filter::compiler::kPassed || prefix == filter::compiler::kPassedByState) {
    return {Action::Passed, logged.mark};
  }
  if (prefix == filter::compiler::kBlocked || prefix == filter::compiler::kBlockedByState) {
    return {Action::Blocked, logged.mark};
  }
  Meaning meaning{Action::Logged, 0};
  if (prefix.starts_with(filter::compiler::kLogged)) {
    std::from_chars(prefix.data() + 1, prefix.data() + prefix.size(), meaning.number);
  }
  return meaning;
}

const char* word(ipmon::Record::Action action) {
  switch (action) {
    case ipmon::Record::Action::Passed:
    case ipmon::Record::Action::PassedByDefault:
      return "pass";
    case ipmon::Record::Action::Blocked:
    case ipmon::Record::Action::BlockedByDefault:
      return "block";
    case ipmon::Record::Action::Logged:
      return "log";
    case ipmon::Record::Action::Unmatched:
      return "nomatch";
  }
  return "nomatch";
}

const char* word(filter::Direction direction) {
  return direction == filter::Direction::In ? "in" : "out";
}

}  // namespace

void RuleBook::learn(const std::vector<NumberedRule>& rules) {
  for (const auto& rule : rules) known_.insert_or_assign(rule.number, rule);
}

const NumberedRule* RuleBook::find(std::uint32_t number) const {
  const auto found = known_.find(number);
  return found == known_.end() ? nullptr : &found->second;
}

audit::WallTime PacketRecords::time_of(const filter::kernel::LoggedPacket& logged,
                                       audit::WallTime now) {
  const audit::WallTime told{logged.time};
  auto time = now;
  if (logged.time.count() != 0) {
    time = told;
  } else if (last_ <= now && now - last_ < kSameMoment) {
    time = last_;
  }
  last_ = time;
  return time;
}

std::optional<ipmon::Record> PacketRecords::record_of(const filter::kernel::LoggedPacket& logged,
                                                      audit::WallTime now) {
  auto packet = filter::packet::parse_beginning(logged.packet);
  if (!packet) return std::nullopt;
  packet->direction = logged.direction;
  packet->interface = name_of_(logged.interface);
  ipmon::Record record;
  record.time = time_of(logged, now);
  const auto meaning = meaning_of(logged);
  record.action = meaning.action;
  record.packet = std::move(*packet);
  const auto* rule = rules_.find(meaning.number);
  if (rule == nullptr) return record;
  record.rule = rule->id;
  record.keeps_state = rule->rule.keep_state.has_value();
  record.keeps_frags = rule->rule.keep_frags;
  if (!rule->rule.log) return record;
  record.level = rule->rule.log->level;
  if (rule->rule.log->body) {
    const auto body = ipmon::body_of(record.packet, logged.packet);
    record.body.assign(body.begin(), body.end());
  }
  return record;
}

audit::Record log_record(const ipmon::Written& written) {
  const auto& from = written.record;
  const auto& packet = from.packet;
  audit::Record record;
  record.time = from.time;
  record.type = audit::LogType::Filter;
  record.priority = static_cast<audit::Priority>(ipmon::severity_of(from));
  record.facility = ipmon::facility_of(from);
  record.interface = packet.interface.str();
  record.text = written.line();
  record.fields = {{"TUNNELD_RULE", from.rule.str()},
                   {"TUNNELD_ACTION", word(from.action)},
                   {"TUNNELD_DIRECTION", word(packet.direction)},
                   {"TUNNELD_PROTO", filter::packet::protocol_word(packet.protocol)},
                   {"TUNNELD_SRC", packet.ends.source.str()},
                   {"TUNNELD_DST", packet.ends.destination.str()}};
  if (packet.carries_ports()) {
    record.fields.push_back({"TUNNELD_SRC_PORT", std::to_string(packet.ends.source_port)});
    record.fields.push_back({"TUNNELD_DST_PORT", std::to_string(packet.ends.destination_port)});
  }
  if (from.count > 1) record.fields.push_back({"TUNNELD_COUNT", std::to_string(from.count)});
  return record;
}

audit::Record log_record(const filter::flows::SessionEvent& event, audit::WallTime now) {
  const auto& session = event.session;
  audit::Record record;
  record.time = event.time.value_or(now);
  record.type = audit::LogType::Nat;
  record.facility = kLocal0;
  record.text = ipmon::line_of(event, now);
  record.fields = {{"TUNNELD_RULE", fmt::format("@{}", session.rule)},
                   {"TUNNELD_EVENT", ipmon::event_word(event)},
                   {"TUNNELD_PROTO", filter::packet::protocol_word(session.protocol)},
                   {"TUNNELD_SRC", session.inside.str()},
                   {"TUNNELD_OUTSIDE", session.outside.str()},
                   {"TUNNELD_DST", session.peer.str()}};
  if (filter::has_ports(session.protocol)) {
    record.fields.push_back({"TUNNELD_SRC_PORT", std::to_string(session.inside_port)});
    record.fields.push_back({"TUNNELD_OUTSIDE_PORT", std::to_string(session.outside_port)});
    record.fields.push_back({"TUNNELD_DST_PORT", std::to_string(session.peer_port)});
  }
  return record;
}

audit::Record log_record(const filter::flows::FlowEvent& event, const NumberedRule* rule,
                         audit::WallTime now) {
  const auto& flow = event.flow;
  const bool is_new = event.kind == filter::flows::FlowEvent::Kind::New;
  audit::Record record;
  record.time = (is_new ? flow.start : flow.stop).value_or(now);
  record.type = audit::LogType::Filter;
  record.facility = kLocal0;
  record.text = ipmon::state_line_of(event, now);
  if (rule != nullptr) {
    record.fields = {{"TUNNELD_RULE", rule->id.str()},
                     {"TUNNELD_DIRECTION", word(rule->direction)}};
  }
  record.fields.push_back({"TUNNELD_EVENT", ipmon::event_word(event)});
  record.fields.push_back({"TUNNELD_PROTO", filter::packet::protocol_word(flow.protocol)});
  record.fields.push_back({"TUNNELD_SRC", flow.original.source.str()});
  record.fields.push_back({"TUNNELD_DST", flow.original.destination.str()});
  if (!filter::has_ports(flow.protocol)) return record;
  record.fields.push_back({"TUNNELD_SRC_PORT", std::to_string(flow.original.source_port)});
  record.fields.push_back({"TUNNELD_DST_PORT", std::to_string(flow.original.destination_port)});
  return record;
}

}  // namespace tunnel::supervisor
