#pragma once

#include "filter/language/names.hpp"
#include "filter/language/rule_reader.hpp"
#include "filter/model/nat_rule.hpp"

#include <vector>

namespace tunnel::filter::language {

struct ParsedNatRules {
  std::vector<NatRule> rules{};  // in the order of the file, those without a mistake
  std::vector<Diagnostic> mistakes{};
};

/// A file in the language of ipnat(5) (docs/filter.md): every rule, and every mistake.
ParsedNatRules parse_ipnat_rules(const SourceFile& file, const Names& names,
                                 const Variables& variables = {});

}  // namespace tunnel::filter::language
