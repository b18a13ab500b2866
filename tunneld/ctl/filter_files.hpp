#pragma once

#include "filter/language/ipf_parser.hpp"
#include "filter/language/ipnat_parser.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/ctl/options.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tunnel::ctl {

/// Rule files as they are written. With mistakes, the rules are those without one.
struct RuleFiles {
  std::vector<filter::Rule> rules{};
  std::vector<filter::NatRule> nat{};
  std::vector<Diagnostic> mistakes{};
};

/// The whole of a file; "-" is standard input. The error is a sentence.
Result<std::string> read_file(const std::filesystem::path& path);

/// Either path may be empty: then there are no such rules. The error is about a file that cannot be
/// read at all, or a variable without a value.
Result<RuleFiles> read_rule_files(const RuleSource& source);

}  // namespace tunnel::ctl
