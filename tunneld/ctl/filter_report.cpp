#include "tunneld/ctl/filter_report.hpp"

#include "filter/language/printer.hpp"
#include "filter/language/words.hpp"
#include "tunneld/ctl/terminal.hpp"

#include <boost/json/value.hpp>

namespace tunnel::ctl {

namespace json = boost::json;

namespace {

using filter::evaluator::LogRecord;
using filter::evaluator::Outcome;
using filter::evaluator::Step;
using filter::evaluator::Trace;

/// The word for programs, and what is told to people.
struct StepWords {
  const char* name;
  const char* text;
};

StepWords words_for(Step::Kind kind) {
  switch (kind) {
    case Step::Kind::Translated:
      return {"translated", "is translated by"};
    case Step::Kind::NotTranslated:
      return {"not-translated", "is blocked: no address or port is left for"};
    case Step::Kind::Counted:
      return {"counted", "is counted by"};
    case Step::Kind::InFragments:
      return {"in-fragments", "is the rest of a packet that was decided by"};
    case Step::Kind::InState:
      return {"in-state", "belongs to the state made by"};
    case Step::Kind::OutOfWindow:
      return {"out-of-window", "has a state, but is outside its TCP windows: the rules are asked"};
    case Step::Kind::Matched:
      return {"matched", "matches"};
    case Step::Kind::GroupDecided:
      return {"group-decided", "a rule of the group takes the place of"};
    case Step::Kind::GroupHadNone:
      return {"group-had-none", "no rule of the group decides, which leaves"};
    case Step::Kind::TooDeep:
      return {"too-deep", "the group is too deep to be gone into, which leaves"};
    case Step::Kind::LogFailed:
      return {"log-failed", "cannot be logged, and so is blocked by"};
    case Step::Kind::StateMade:
      return {"state-made", "makes a state by"};
    case Step::Kind::StateRefused:
      return {"state-refused", "makes no state by"};
    case Step::Kind::FragmentsKept:
      return {"fragments-kept", "its later fragments are remembered by"};
    case Step::Kind::Decided:
      return {"decided", "is decided by"};
    case Step::Kind::DecidedByDefault:
      return {"decided-by-default", "no rule matches: the default decides"};
  }
  return {"", ""};
}

/// Why the rule that decided did, and not another.
std::string reason_of(const Trace& trace, std::size_t index) {
  const auto& rule = *trace[index].rule;
  const auto before = index == 0 ? Step::Kind::Matched : trace[index - 1].kind;
  if (before == Step::Kind::InState) return "by its state, and no rule is asked";
  if (before == Step::Kind::InFragments) return "as its first fragment was";
  if (before == Step::Kind::LogFailed) return "log or-block";
  return rule.quick ? "quick: no rule behind it is asked"
                    : "the last that matches, and none is quick";
}

/// Without a state, a quick rule is as if it had not matched, and another blocks.
std::string consequence(const Step& step) {
  return std::string{step.note} + (step.rule->quick ? ": the rule counts as not matching"
                                                    : ": the rule blocks what it would pass");
}

std::string note_of(const Trace& trace, std::size_t index) {
  const auto& step = trace[index];
  if (step.kind == Step::Kind::Decided) return reason_of(trace, index);
  if (step.kind == Step::Kind::StateRefused) return consequence(step);
  return step.note;
}

/// The first step that names a rule shows it; those after it say its number.
bool introduces(Step::Kind kind) {
  return kind == Step::Kind::Matched || kind == Step::Kind::Counted ||
         kind == Step::Kind::InState || kind == Step::Kind::InFragments;
}

const char* action_word(LogRecord::Action action) {
  switch (action) {
    case LogRecord::Action::Pass:
      return "p";
    case LogRecord::Action::Block:
      return "b";
    case LogRecord::Action::Log:
      return "L";
  }
  return "";
}

std::string level_text(const filter::LogLevel& level) {
  const auto facility =
      level.facility ? std::string{filter::language::facility_name(*level.facility)} : "local0";
  return facility + '.' + std::string{filter::language::severity_name(level.severity)};
}

std::string log_text(const LogRecord& record) {
  return "    is logged: " + record.rule.str() + ' ' + (record.is_short ? "S" : "") +
         action_word(record.action) + ", level " + level_text(record.level) +
         (record.body ? ", with its body" : "") + '\n';
}

}  // namespace

std::string FileNames::place_text(const filter::Place& place) const {
  return terminal_text(place.file == 0 ? rules : nat) + ':' + std::to_string(place.line);
}

std::string steps_text(const Trace& trace, const Outcome& outcome, const FileNames& files) {
  std::string out;
  for (std::size_t index = 0; index < trace.size(); ++index) {
    const auto& step = trace[index];
    out += std::string{"    "} + words_for(step.kind).text;
    if (step.rule != nullptr) out += ' ' + step.id.str();
    if (step.rule != nullptr && introduces(step.kind)) {
      out += ' ' + filter::language::print(*step.rule) + " (" + files.place_text(step.rule->place) +
             ')';
    }
    if (step.nat != nullptr) {
      out +=
          ' ' + filter::language::print(*step.nat) + " (" + files.place_text(step.nat->place) + ')';
    }
    if (const auto note = note_of(trace, index); !note.empty()) out += ": " + note;
    out += '\n';
  }
  for (const auto& record : outcome.log) out += log_text(record);
  return out;
}

json::array steps_json(const Trace& trace) {
  json::array steps;
  for (std::size_t index = 0; index < trace.size(); ++index) {
    const auto& step = trace[index];
    json::object entry{{"step", words_for(step.kind).name}};
    if (step.rule != nullptr) {
      entry["rule"] = step.id.str();
      entry["line"] = step.rule->place.line;
    }
    if (step.nat != nullptr) entry["nat_line"] = step.nat->place.line;
    if (const auto note = note_of(trace, index); !note.empty()) entry["note"] = note;
    steps.push_back(std::move(entry));
  }
  return steps;
}

json::array log_json(const Outcome& outcome) {
  json::array records;
  for (const auto& record : outcome.log) {
    records.push_back(json::object{{"rule", record.rule.str()},
                                   {"action", action_word(record.action)},
                                   {"level", level_text(record.level)},
                                   {"short", record.is_short},
                                   {"body", record.body},
                                   {"keep_state", record.keep_state},
                                   {"keep_frags", record.keep_frags}});
  }
  return records;
}

json::object rule_json(const filter::Rule& rule, const filter::RuleId& id, const FileNames& files) {
  return {{"rule", id.str()},
          {"file", files.rules},
          {"line", rule.place.line},
          {"text", filter::language::print(rule)}};
}

json::object rule_json(const filter::NatRule& rule, const FileNames& files) {
  return {{"file", files.nat}, {"line", rule.place.line}, {"text", filter::language::print(rule)}};
}

}  // namespace tunnel::ctl
