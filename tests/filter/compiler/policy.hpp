#pragma once

#include "filter/compiler/compiler.hpp"
#include "filter/language/ipf_parser.hpp"
#include "filter/language/ipnat_parser.hpp"
#include "filter/model/nat_lists.hpp"
#include "filter/model/rule_lists.hpp"
#include "tests/filter/fake_names.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace tunnel::filter::test {

inline RuleLists lists_of(const std::string& text) {
  const FakeNames names;
  const auto parsed = language::parse_ipf_rules({"ipf.rules", text}, names);
  EXPECT_TRUE(parsed.mistakes.empty()) << text;
  std::vector<Misplaced> misplaced;
  return RuleLists::of(parsed.rules, misplaced);
}

inline NatLists nat_of(const std::string& text) {
  const FakeNames names;
  const auto parsed = language::parse_ipnat_rules({"ipnat.rules", text}, names);
  EXPECT_TRUE(parsed.mistakes.empty()) << text;
  return NatLists::of(parsed.rules);
}

inline compiler::Compiled compiled(const std::string& rules, const std::string& nat = "") {
  return compiler::compile(lists_of(rules), nat_of(nat), {});
}

inline const nft::Chain* chain(const nft::Table& table, const std::string& name) {
  const auto found = std::find_if(table.chains.begin(), table.chains.end(),
                                  [&](const nft::Chain& each) { return each.name == name; });
  return found == table.chains.end() ? nullptr : &*found;
}

/// The rules of a chain as JSON, a line each.
inline std::string rules_of(const nft::Table& table, const std::string& name) {
  std::string out;
  const auto* found = chain(table, name);
  if (found == nullptr) return out;
  for (const auto& rule : found->rules) {
    for (const auto& expression : rule) out += boost::json::serialize(expression);
    out += '\n';
  }
  return out;
}

}  // namespace tunnel::filter::test
