#pragma once

#include "filter/language/policy_parser.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/ctl/options.hpp"

#include <filesystem>
#include <string>

namespace tunnel::ctl {

/// The whole of a file; "-" is standard input. The error is a sentence.
Result<std::string> read_file(const std::filesystem::path& path);

/// Both files as one policy. The error is about a file that cannot be
/// read at all, or a variable without a value.
Result<filter::language::ParsedPolicy> read_rule_files(const RuleSource& source);

}  // namespace tunnel::ctl
