#include "filter/language/ipf_parser.hpp"

#include "filter/language/rule_parser.hpp"

#include <utility>

namespace tunnel::filter::language {

namespace {

/// Notes of the model about rules of this file, as messages.
std::vector<Diagnostic> explained(const std::vector<Misplaced>& misplaced, const SourceFile& file) {
  std::vector<Diagnostic> mistakes;
  for (const auto& each : misplaced) {
    mistakes.push_back(mistake_in_line(file, each.place.line, each.message, each.hint));
  }
  return mistakes;
}

}  // namespace

ParsedRules parse_ipf_rules(const SourceFile& file, const Names& names,
                            const Variables& variables) {
  ParsedRules parsed;
  Heads heads;
  RuleReader in{file, variables};
  while (in.next_rule()) {
    auto rule = RuleParser{in, names, heads, file.number}.parse();
    if (in.dead()) continue;
    if (!rule.head.empty()) heads.insert_or_assign(rule.head, rule);
    parsed.rules.push_back(std::move(rule));
  }
  parsed.mistakes = in.take_mistakes();
  std::vector<Misplaced> misplaced;
  RuleLists::of(parsed.rules, misplaced);
  for (auto& mistake : explained(misplaced, file)) parsed.mistakes.push_back(std::move(mistake));
  sort_by_line(parsed.mistakes);
  return parsed;
}

}  // namespace tunnel::filter::language
