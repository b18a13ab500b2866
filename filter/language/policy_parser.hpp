#pragma once

#include "filter/language/names.hpp"
#include "filter/language/rule_reader.hpp"
#include "filter/model/nat_lists.hpp"
#include "filter/model/rule_lists.hpp"

#include <string>
#include <vector>

namespace tunnel::filter::language {

/// One file of a policy: the gateway's own, or a site's, in which variables have values.
struct PolicySource {
  enum class Language : std::uint8_t { Ipf, Ipnat };

  Language language = Language::Ipf;
  std::string name{};  // for messages
  std::string text{};
  Variables variables{};
};

/// All rules of a gateway.
struct ParsedPolicy {
  std::vector<Rule> rules{};  // in the order of the sources, those without a mistake
  std::vector<NatRule> nat{};
  RuleLists rule_lists{};  // of those rules; only without mistakes do they mean the policy
  NatLists nat_lists{};
  std::vector<Diagnostic> mistakes{};  // of all files, in their order
};

/// Files in the order in which their rules are asked. The rules of a later file may be in groups of
/// an earlier one. Place::file of a rule is the index of its source.
ParsedPolicy parse_policy(const std::vector<PolicySource>& sources, const Names& names);

}  // namespace tunnel::filter::language
