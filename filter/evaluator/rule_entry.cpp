#include "filter/evaluator/rule_entry.hpp"

#include <algorithm>

namespace tunnel::filter::evaluator {

RuleEntries::RuleEntries(const RuleLists& lists) {
  for (const auto& list : lists.all()) {
    auto& added = lists_.emplace_back(EntryList{&list, {}});
    for (const auto& rule : list.rules) {
      const auto number = static_cast<unsigned>(added.entries.size()) + 1;
      added.entries.push_back(RuleEntry{&rule, RuleId{list.group, number}});
    }
    if (list.group.empty()) {
      main_[list.kind == ListKind::Count ? 1 : 0][list.direction == Direction::In ? 0 : 1] = &added;
    }
  }
  for (auto& list : lists_) {
    for (auto& entry : list.entries) {
      if (entry.rule->head.empty()) continue;
      const auto group = std::find_if(lists_.begin(), lists_.end(), [&](const EntryList& other) {
        return other.list->kind == list.list->kind &&
               other.list->direction == list.list->direction &&
               other.list->group == entry.rule->head;
      });
      if (group != lists_.end()) entry.group = &*group;
    }
  }
}

}  // namespace tunnel::filter::evaluator
