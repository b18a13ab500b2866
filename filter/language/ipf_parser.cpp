#include "filter/language/ipf_parser.hpp"

#include <utility>

namespace tunnel::filter::language {

ParsedRules read_ipf_rules(const SourceFile& file, const Names& names, const Variables& variables,
                           Heads& heads) {
  ParsedRules parsed;
  RuleReader in{file, variables};
  while (in.next_rule()) {
    auto rule = RuleParser{in, names, heads, file.number}.parse();
    if (in.dead()) continue;
    if (!rule.head.empty()) heads.insert_or_assign(rule.head, rule);
    parsed.rules.push_back(std::move(rule));
  }
  parsed.mistakes = in.take_mistakes();
  return parsed;
}

ParsedRules parse_ipf_rules(const SourceFile& file, const Names& names,
                            const Variables& variables) {
  Heads heads;
  auto parsed = read_ipf_rules(file, names, variables, heads);
  std::vector<Misplaced> misplaced;
  RuleLists::of(parsed.rules, misplaced);
  for (const auto& each : misplaced) {
    parsed.mistakes.push_back(mistake_in_line(file, each.place.line, each.message, each.hint));
  }
  sort_by_line(parsed.mistakes);
  return parsed;
}

}  // namespace tunnel::filter::language
