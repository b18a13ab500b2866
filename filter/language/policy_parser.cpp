#include "filter/language/policy_parser.hpp"

#include "filter/language/ipf_parser.hpp"
#include "filter/language/ipnat_parser.hpp"

#include <utility>

namespace tunnel::filter::language {

namespace {

template <typename Value>
void append(std::vector<Value>& all, std::vector<Value> some) {
  for (auto& each : some) all.push_back(std::move(each));
}

/// What is wrong about where rules stand, put among the other mistakes of their files.
void explain_misplaced(const std::vector<Misplaced>& misplaced,
                       const std::vector<SourceFile>& files,
                       std::vector<std::vector<Diagnostic>>& mistakes) {
  for (const auto& each : misplaced) {
    const auto& file = files[each.place.file];
    mistakes[each.place.file].push_back(
        mistake_in_line(file, each.place.line, each.message, each.hint));
    sort_by_line(mistakes[each.place.file]);
  }
}

}  // namespace

ParsedPolicy parse_policy(const std::vector<PolicySource>& sources, const Names& names) {
  ParsedPolicy policy;
  Heads heads;
  std::vector<SourceFile> files;
  std::vector<std::vector<Diagnostic>> mistakes;
  for (const auto& source : sources) {
    const auto number = static_cast<unsigned>(files.size());
    const auto& file = files.emplace_back(SourceFile{source.name, source.text, number});
    if (source.language == PolicySource::Language::Ipf) {
      auto parsed = read_ipf_rules(file, names, source.variables, heads);
      append(policy.rules, std::move(parsed.rules));
      mistakes.push_back(std::move(parsed.mistakes));
    } else {
      auto parsed = parse_ipnat_rules(file, names, source.variables);
      append(policy.nat, std::move(parsed.rules));
      mistakes.push_back(std::move(parsed.mistakes));
    }
  }
  std::vector<Misplaced> misplaced;
  policy.rule_lists = RuleLists::of(policy.rules, misplaced);
  policy.nat_lists = NatLists::of(policy.nat);
  explain_misplaced(misplaced, files, mistakes);
  for (auto& each : mistakes) append(policy.mistakes, std::move(each));
  return policy;
}

}  // namespace tunnel::filter::language
