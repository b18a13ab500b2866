#include "filter/model/rule_lists.hpp"

#include <algorithm>
#include <cstddef>
#include <map>

namespace tunnel::filter {

namespace {

ListKind kind_of(const Rule& rule) {
  return rule.action == Action::Count ? ListKind::Count : ListKind::Filter;
}

std::string_view word(Direction direction) {
  return direction == Direction::In ? "in" : "out";
}

/// The rules of one group that have been seen, which must all have one direction.
class GroupDirections {
 public:
  /// Whether `rule`, a member or the head of that group, goes the way the group does.
  bool admits(const std::string& group, const Rule& rule, std::vector<Misplaced>& misplaced) {
    const auto [known, fresh] = known_.try_emplace({kind_of(rule), group}, &rule);
    const auto& first = *known->second;
    if (fresh || first.direction == rule.direction) return true;
    misplaced.push_back({rule.place,
                         "the group " + group + " is of \"" + std::string{word(first.direction)} +
                             "\" rules since line " + std::to_string(first.place.line) +
                             ", and this is an \"" + std::string{word(rule.direction)} + "\" rule",
                         "a group has one direction: give the other one a number of its own"});
    return false;
  }

 private:
  std::map<std::pair<ListKind, std::string>, const Rule*> known_;
};

}  // namespace

std::string RuleId::str() const {
  return '@' + (group.empty() ? "0" : group) + ':' + std::to_string(number);
}

const RuleList* RuleLists::find(ListKind kind, Direction direction, std::string_view group) const {
  const auto found = std::find_if(lists_.begin(), lists_.end(), [&](const RuleList& list) {
    return list.kind == kind && list.direction == direction && list.group == group;
  });
  return found == lists_.end() ? nullptr : &*found;
}

RuleList& RuleLists::list_of(const Rule& rule) {
  for (auto& list : lists_) {
    if (list.kind == kind_of(rule) && list.direction == rule.direction &&
        list.group == rule.group) {
      return list;
    }
  }
  return lists_.emplace_back(RuleList{kind_of(rule), rule.direction, rule.group, {}});
}

RuleLists RuleLists::of(const std::vector<Rule>& rules, std::vector<Misplaced>& misplaced) {
  RuleLists lists;
  GroupDirections directions;
  for (const auto& rule : rules) {
    if (!rule.group.empty() && !directions.admits(rule.group, rule, misplaced)) continue;
    if (!rule.head.empty() && !directions.admits(rule.head, rule, misplaced)) continue;
    auto& list = lists.list_of(rule).rules;
    const auto position = std::min<std::size_t>(rule.position.value_or(list.size()), list.size());
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(position), rule);
  }
  return lists;
}

void inherit(Rule& member, const Rule& head) {
  if (!member.family) member.family = head.family;
  if (std::holds_alternative<std::monostate>(member.protocol)) member.protocol = head.protocol;
}

}  // namespace tunnel::filter
