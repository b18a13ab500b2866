// The verbs `filter show` and `filter test`: rule files as they are understood, and what they do to
// packets. Neither asks the daemon, nor needs any right.

#include "filter/evaluator/evaluator.hpp"
#include "filter/language/printer.hpp"
#include "filter/model/interface_word.hpp"
#include "filter/packet/packet_text.hpp"
#include "tunneld/ctl/diagnostics.hpp"
#include "tunneld/ctl/document.hpp"
#include "tunneld/ctl/filter_files.hpp"
#include "tunneld/ctl/filter_packets.hpp"
#include "tunneld/ctl/filter_report.hpp"
#include "tunneld/ctl/verbs.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace tunnel::ctl {

namespace json = boost::json;

namespace {

using filter::RuleLists;
using filter::evaluator::Evaluator;
using filter::evaluator::Outcome;
using filter::evaluator::Settings;
using filter::evaluator::Trace;
using filter::language::ParsedPolicy;

FileNames names_of(const RuleSource& source) {
  return {source.rules.native(), source.nat.native()};
}

/// All mistakes; as JSON they are a document as `check` has it.
ExitCode refuse(const Context& context, const std::vector<Diagnostic>& mistakes, Format format) {
  if (format == Format::Json) {
    context.out.line(
        json_line(json::object{{"ok", false}, {"diagnostics", mistakes_json(mistakes)}}));
  } else {
    context.err.print(mistakes_text(mistakes));
  }
  return ExitCode::Failed;
}

/// A rule's name in the logs, by where it stands.
filter::RuleId id_of(const RuleLists& lists, const filter::Rule& rule) {
  const auto kind =
      rule.action == filter::Action::Count ? filter::ListKind::Count : filter::ListKind::Filter;
  const auto* list = lists.find(kind, rule.direction, rule.group);
  if (list == nullptr) return {};
  const auto found = std::find(list->rules.begin(), list->rules.end(), rule);
  return {rule.group, static_cast<unsigned>(found - list->rules.begin()) + 1};
}

std::string rules_text(const ParsedPolicy& files, const RuleSource& source) {
  std::string out;
  const bool both = !source.rules.empty() && !source.nat.empty();
  if (both) out += "# " + terminal_text(source.rules.native()) + '\n';
  for (const auto& rule : files.rules) out += filter::language::print(rule) + '\n';
  if (both) out += "\n# " + terminal_text(source.nat.native()) + '\n';
  for (const auto& rule : files.nat) out += filter::language::print(rule) + '\n';
  return out;
}

json::object rules_json(const ParsedPolicy& files, const RuleSource& source) {
  const auto names = names_of(source);
  const auto& lists = files.rule_lists;
  json::array rules;
  for (const auto& rule : files.rules) rules.push_back(rule_json(rule, id_of(lists, rule), names));
  json::array nat;
  for (const auto& rule : files.nat) nat.push_back(rule_json(rule, names));
  return {{"ok", true}, {"rules", std::move(rules)}, {"nat", std::move(nat)}};
}

/// Words without a blank in any of them are one packet that was not put in quotes.
std::vector<std::string> packets_in(const std::vector<std::string>& words) {
  const bool quoted = std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word.find(' ') != std::string::npos;
  });
  if (quoted) return words;
  std::string whole;
  for (const auto& word : words) whole += word + ' ';
  return {whole};
}

TestPackets parsed_packets(const FilterTestCommand& command, const std::string& name,
                           const std::string& text) {
  return command.hex ? packets_of_hex(name, text) : packets_of_text(name, text);
}

Result<TestPackets> packets_of(const FilterTestCommand& command) {
  if (!command.packets_file.empty()) {
    const auto text = read_file(command.packets_file);
    if (!text) return text.error();
    return parsed_packets(command, command.packets_file.native(), *text);
  }
  TestPackets all;
  for (const auto& text : packets_in(command.packets)) {
    const auto name = "packet " + std::to_string(all.packets.size() + all.mistakes.size() + 1);
    auto some = parsed_packets(command, name, text);
    std::move(some.packets.begin(), some.packets.end(), std::back_inserter(all.packets));
    std::move(some.mistakes.begin(), some.mistakes.end(), std::back_inserter(all.mistakes));
  }
  return all;
}

/// "em0=192.0.2.1"
std::optional<Settings> settings_of(const FilterTestCommand& command) {
  Settings settings;
  if (command.block_by_default) settings.by_default = Settings::Default::Block;
  for (const auto& text : command.addresses) {
    const auto equals = std::min(text.find('='), text.size());
    const auto name = filter::interface_called(text.substr(0, equals));
    const auto address = Ipv4Address::parse(text.substr(std::min(equals + 1, text.size())));
    if (!name || !address) return std::nullopt;
    settings.addresses.insert_or_assign(name->str(), *address);
  }
  return settings;
}

/// What is printed about each packet.
class Reporter {
 public:
  Reporter(const Context& context, const FilterTestCommand& command)
      : context_{context}, command_{command}, files_{names_of(command.source)} {}

  void bad_packet(const TestPacket& sent, const filter::packet::NotAPacket& why) const {
    const char* verdict = words_for(filter::evaluator::Verdict::BadPacket);
    if (command_.format == Format::Json) {
      context_.out.line(json_line(
          json::object{{"packet", nullptr},
                       {"direction", sent.direction == filter::Direction::In ? "in" : "out"},
                       {"verdict", verdict},
                       {"reason", why.reason}}));
      return;
    }
    if (command_.explain) context_.out.line(std::string{"    is dropped: "} + why.reason);
    context_.out.line(verdict);
  }

  void packet(const filter::packet::Packet& sent, const Outcome& outcome,
              const Trace& trace) const {
    if (command_.format == Format::Json) {
      context_.out.line(json_line(document(sent, outcome, trace)));
      return;
    }
    if (command_.explain) {
      context_.out.line(filter::packet::print(sent));
      context_.out.print(steps_text(trace, outcome, files_));
    }
    context_.out.line(words_for(outcome.verdict));
    if (shows_translation(outcome)) context_.out.line(filter::packet::print(outcome.packet));
  }

 private:
  bool shows_translation(const Outcome& outcome) const {
    return !command_.source.nat.empty() && passes(outcome.verdict);
  }

  json::object document(const filter::packet::Packet& sent, const Outcome& outcome,
                        const Trace& trace) const {
    json::object out{{"packet", filter::packet::print(sent)},
                     {"verdict", words_for(outcome.verdict)},
                     {"rule", nullptr},
                     {"translated", nullptr},
                     {"log", log_json(outcome)}};
    if (outcome.rule != nullptr) out["rule"] = rule_json(*outcome.rule, outcome.id, files_);
    if (shows_translation(outcome)) out["translated"] = filter::packet::print(outcome.packet);
    if (command_.explain) out["steps"] = steps_json(trace);
    return out;
  }

  const Context& context_;
  const FilterTestCommand& command_;
  FileNames files_;
};

void test_packets(const Context& context, const FilterTestCommand& command, Evaluator& evaluator,
                  const std::vector<TestPacket>& packets) {
  const Reporter reporter{context, command};
  TimePoint now{std::chrono::hours{1}};
  for (const auto& each : packets) {
    now += each.after;
    if (const auto* wrong = std::get_if<filter::packet::NotAPacket>(&each.packet)) {
      reporter.bad_packet(each, *wrong);
      continue;
    }
    Trace trace;
    const auto& packet = std::get<filter::packet::Packet>(each.packet);
    const auto outcome = evaluator.evaluate(packet, now, command.explain ? &trace : nullptr);
    reporter.packet(packet, outcome, trace);
  }
}

}  // namespace

ExitCode run(const Context& context, const FilterShowCommand& command) {
  const auto files = read_rule_files(command.source);
  if (!files) return context.fail(files.error().message());
  if (!files->mistakes.empty()) return refuse(context, files->mistakes, command.format);
  if (command.format == Format::Json) {
    context.out.line(json_line(rules_json(*files, command.source)));
  } else {
    context.out.print(rules_text(*files, command.source));
  }
  return ExitCode::Ok;
}

ExitCode run(const Context& context, const FilterTestCommand& command) {
  auto files = read_rule_files(command.source);
  if (!files) return context.fail(files.error().message());
  auto packets = packets_of(command);
  if (!packets) return context.fail(packets.error().message());
  auto mistakes = std::move(files->mistakes);
  std::move(packets->mistakes.begin(), packets->mistakes.end(), std::back_inserter(mistakes));
  if (!mistakes.empty()) return refuse(context, mistakes, command.format);
  auto settings = settings_of(command);
  if (!settings) {
    context.complain("--address takes an interface and its IPv4 address, as em0=192.0.2.1");
    return ExitCode::Usage;
  }
  filter::evaluator::SeededSource random{command.seed};
  Evaluator evaluator{{files->rule_lists, files->nat_lists}, std::move(*settings), random};
  test_packets(context, command, evaluator, packets->packets);
  return ExitCode::Ok;
}

}  // namespace tunnel::ctl
