// A rule from its beginning to "on", and from "keep" to its end; rule_tests_parser.cpp has what
// lies between, the tests of the packet.

#include "filter/language/rule_parser.hpp"

#include "filter/language/endpoint_parser.hpp"
#include "filter/language/words.hpp"
#include "filter/model/interface_word.hpp"
#include "filter/model/rule_lists.hpp"

#include <utility>

namespace tunnel::filter::language {

namespace {

constexpr std::string_view kOrder =
    "the order is: ACTION in|out [log] [quick] [on IFACE] [family F] [proto P] all | from X to Y "
    "[flags F] [icmp-type T] [with …] [keep …] [head N] [group M]";

const Rule* head_of(std::string_view group, const Heads& heads) {
  const auto found = heads.find(group);
  return found == heads.end() ? nullptr : &found->second;
}

}  // namespace

RuleParser::RuleParser(RuleReader& in, const Names& names, const Heads& heads, unsigned file)
    : in_{in}, names_{names}, head_{head_of(in.word_behind("group"), heads)}, start_{in.peek()} {
  rule_.place = {file, start_.line};
}

Rule RuleParser::parse() {
  parse_position();
  parse_action();
  parse_direction();
  parse_options();
  parse_header_tests();
  parse_endpoints();
  parse_flags();
  parse_icmp();
  parse_with();
  parse_keep();
  parse_groups();
  expect_end();
  if (head_ != nullptr) inherit(rule_, *head_);
  check_whole();
  return std::move(rule_);
}

void RuleParser::expect_end() {
  if (in_.at_end()) return;
  const auto token = in_.peek();
  if (const auto alternative = alternative_to(token.text); !alternative.empty()) {
    in_.mistake(token, shown(token) + " is not supported", std::string{alternative});
  } else {
    in_.mistake(token, shown(token) + " is not expected here",
                suggestion(token.text, WordKind::Keyword).value_or(std::string{kOrder}));
  }
}

void RuleParser::parse_position() {
  if (in_.accept("@")) rule_.position = in_.expect_number("a rule number", 1'000'000);
}

void RuleParser::parse_action() {
  const auto token = in_.peek();
  if (in_.accept("block")) {
    rule_.action = Action::Block;
    parse_reply();
  } else if (in_.accept("pass")) {
    rule_.action = Action::Pass;
  } else if (in_.accept("count")) {
    rule_.action = Action::Count;
  } else if (in_.accept("log")) {
    rule_.action = Action::Log;
    parse_log_options();
  } else if (const auto alternative = alternative_to(token.text); !alternative.empty()) {
    in_.mistake(token, shown(token) + " is not supported", std::string{alternative});
  } else if (parse_number(token.text)) {
    in_.mistake(token, "collections of rules are not supported",
                "rules are asked in the order of the file; @N inserts one before the others");
  } else {
    in_.mistake(token, shown(token) + " is not an action",
                suggestion(token.text, WordKind::Action)
                    .value_or("a rule begins with block, pass, log or count"));
  }
}

void RuleParser::parse_reply() {
  if (in_.accept("return-rst")) {
    rule_.reply = Reply::Rst;
    return;
  }
  if (in_.accept("return-icmp")) {
    rule_.reply = Reply::Icmp;
  } else if (in_.accept("return-icmp-as-dest")) {
    rule_.reply = Reply::IcmpAsDestination;
  } else {
    return;
  }
  if (!in_.accept("(")) return;
  rule_.reply_code = parse_code(in_.expect_word("a code of Destination Unreachable"));
  in_.expect(")");
}

std::uint8_t RuleParser::parse_code(const Token& token) {
  if (in_.dead()) return 0;
  if (const auto code = unreachable_code(token.text)) return *code;
  const auto number = parse_number(token.text);
  if (number && *number <= 0xff) return static_cast<std::uint8_t>(*number);
  in_.mistake(
      token, shown(token) + " is not a code of Destination Unreachable",
      suggestion(token.text, WordKind::UnreachableCode)
          .value_or("as port-unr, host-unr, net-unr, filter-prohib, or a number up to 255"));
  return 0;
}

void RuleParser::parse_log_options() {
  auto& log = rule_.log.emplace();
  for (bool more = true; more;) {
    if (in_.accept("body")) {
      log.body = true;
    } else if (in_.accept("first")) {
      log.first = true;
    } else if (in_.accept("or-block")) {
      log.or_block = true;
    } else if (in_.accept("level")) {
      log.level = parse_level();
    } else {
      more = false;
    }
  }
}

LogLevel RuleParser::parse_level() {
  LogLevel level;
  const auto token = in_.expect_word("a level, as local0.info");
  const auto dot = token.text.find('.');
  auto word = token.text;
  if (dot != std::string_view::npos) {
    level.facility = facility(word.substr(0, dot));
    if (!level.facility) {
      in_.mistake(token, shown(token) + " names no facility of syslog",
                  "as local0 to local7, daemon, auth, kern");
    }
    word.remove_prefix(dot + 1);
  }
  const auto known = severity(word);
  if (!known) {
    in_.mistake(token, shown(token) + " names no severity of syslog",
                "emerg, alert, crit, err, warn, notice, info or debug, behind a facility and a "
                "dot if one is meant");
  }
  level.severity = known.value_or(Severity::Info);
  return level;
}

void RuleParser::parse_direction() {
  if (in_.accept("in")) {
    rule_.direction = Direction::In;
  } else if (in_.accept("out")) {
    rule_.direction = Direction::Out;
  } else {
    in_.mistake(in_.peek(), "expected \"in\" or \"out\" instead of " + shown(in_.peek()),
                std::string{kOrder});
  }
}

void RuleParser::parse_options() {
  for (bool more = true; more;) {
    const auto token = in_.peek();
    if (in_.accept("log")) {
      if (rule_.log) in_.mistake(token, "the rule says log twice");
      parse_log_options();
    } else if (in_.accept("quick")) {
      rule_.quick = true;
    } else if (in_.accept("on")) {
      parse_interface();
    } else {
      more = false;
    }
  }
}

void RuleParser::parse_interface() {
  const auto token =
      in_.next_is("(") || in_.next_is("!") ? in_.peek() : in_.expect_word("an interface name");
  rule_.interface = interface_called(token.text);
  if (!rule_.interface) {
    in_.mistake(token, shown(token) + " is not the name of an interface",
                "1 to 15 of A-Z a-z 0-9 _ . -, one interface in a rule");
  } else if (in_.next_is(",")) {
    in_.mistake(in_.peek(), "lists of interfaces are not supported", "write a rule for each");
  }
}

void RuleParser::parse_keep() {
  while (in_.accept("keep")) {
    const auto token = in_.peek();
    if (in_.accept("state")) {
      if (rule_.keep_state) in_.mistake(token, "the rule says keep state twice");
      parse_keep_state();
    } else if (in_.accept("frags") || in_.accept("frag")) {
      rule_.keep_frags = true;
      if (in_.next_is("(")) {
        in_.mistake(in_.peek(), "options of keep frags are not supported",
                    "write keep frags alone: fragments are put together before they are looked at");
      }
    } else {
      in_.mistake(token, "expected \"state\" or \"frags\" instead of " + shown(token));
    }
  }
}

void RuleParser::parse_keep_state() {
  auto& keep = rule_.keep_state.emplace();
  if (!in_.accept("(")) return;
  do {
    const auto token = in_.expect_word("an option of keep state");
    if (token.text == "limit") {
      keep.limit = in_.expect_number("a number of states", 10'000'000);
    } else if (token.text == "age") {
      keep.ages = parse_ages(in_);
    } else if (token.text == "no-icmp-err") {
      keep.no_icmp_errors = true;
    } else {
      const bool ipfilter = token.text == "strict" || token.text == "newisn" ||
                            token.text == "sync" || token.text == "loose";
      in_.mistake(token,
                  shown(token) + (ipfilter ? " is not supported" : " is no option of keep state"),
                  "limit N, age A[/B] or no-icmp-err; TCP's windows are always checked");
    }
    in_.accept(",");
  } while (!in_.dead() && !in_.next_is(")") && !in_.at_end());
  in_.expect(")");
}

void RuleParser::parse_groups() {
  if (in_.accept("head")) rule_.head = parse_group_name();
  if (in_.accept("group")) rule_.group = parse_group_name();
}

/// "0" is the main list, which is no group.
std::string RuleParser::parse_group_name() {
  constexpr std::size_t kMost = 16;
  const auto token = in_.expect_word("a group");
  if (token.text.size() > kMost) {
    in_.mistake(token, "the name of a group has at most " + std::to_string(kMost) + " characters");
  }
  return token.text == "0" ? std::string{} : std::string{token.text};
}

void RuleParser::check_whole() {
  const auto source = rule_.source.address.family();
  const auto destination = rule_.destination.address.family();
  const auto said = rule_.family ? rule_.family : source ? source : destination;
  if ((source && source != said) || (destination && destination != said)) {
    in_.mistake(start_, "the rule mixes IPv4 and IPv6, and so matches nothing",
                "write a rule for each family");
  }
  if (rule_.action == Action::Log && (rule_.keep_state || rule_.keep_frags)) {
    in_.mistake(start_, "a log rule decides nothing, and so keeps nothing",
                "write pass log … keep state");
  }
  if (rule_.action == Action::Count && (rule_.log || rule_.keep_state || rule_.keep_frags)) {
    in_.mistake(start_, "a count rule only counts: it neither logs nor keeps state");
  }
  if (!rule_.head.empty() && rule_.head == rule_.group) {
    in_.mistake(start_, "a rule cannot be in the group that it opens");
  }
}

}  // namespace tunnel::filter::language
