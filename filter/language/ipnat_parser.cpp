#include "filter/language/ipnat_parser.hpp"

#include "filter/language/nat_rule_parser.hpp"

#include <utility>

namespace tunnel::filter::language {

ParsedNatRules parse_ipnat_rules(const SourceFile& file, const Names& names,
                                 const Variables& variables) {
  ParsedNatRules parsed;
  RuleReader in{file, variables};
  while (in.next_rule()) {
    auto rule = NatRuleParser{in, names, file.number}.parse();
    if (!in.dead()) parsed.rules.push_back(std::move(rule));
  }
  parsed.mistakes = in.take_mistakes();
  return parsed;
}

}  // namespace tunnel::filter::language
