#pragma once

#include "filter/language/names.hpp"
#include "filter/language/rule_parser.hpp"
#include "filter/language/rule_reader.hpp"
#include "filter/model/rule_lists.hpp"

#include <vector>

namespace tunnel::filter::language {

struct ParsedRules {
  std::vector<Rule> rules{};  // in the order of the file, those without a mistake
  std::vector<Diagnostic> mistakes{};
};

/// A file in the language of ipf(5) (docs/filter.md): every rule, and every mistake.
/// RuleLists::of() the rules has no complaints when there is no mistake.
ParsedRules parse_ipf_rules(const SourceFile& file, const Names& names,
                            const Variables& variables = {});

/// The same as one of several files: `heads` are those of the files before, and become those of the
/// files behind. Whether rules stand where they may is for RuleLists::of() all of them.
ParsedRules read_ipf_rules(const SourceFile& file, const Names& names, const Variables& variables,
                           Heads& heads);

}  // namespace tunnel::filter::language
