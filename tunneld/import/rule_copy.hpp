#pragma once

#include "filter/language/names.hpp"
#include "filter/language/policy_parser.hpp"
#include "tunneld/import/findings.hpp"
#include "tunneld/import/tree.hpp"

#include <map>
#include <string>
#include <vector>

namespace tunnel::importer {

/// A file of rules as it goes into the configuration: its own text, in which rules that cannot be
/// are remarks, with the reason above each.
struct RuleCopy {
  std::string text{};
  std::size_t rules = 0;                                      // that are in force
  std::size_t left_out = 0;                                   // lines
  std::map<std::string, std::vector<unsigned>> interfaces{};  // and the lines of the old file
};

/// Copies ipf.rules and ipnat.rules. Each is one of the gateway's own, so that no variable means
/// anything in it. The copy, read again, has no mistake.
RuleCopy copy_rules(filter::language::PolicySource::Language language, const OldFile& file,
                    const filter::language::Names& names, Findings& findings);

}  // namespace tunnel::importer
