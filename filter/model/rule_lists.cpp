#include "filter/model/rule_lists.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

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

/// Which groups each group opens, to find those that would be opened inside themselves.
class GroupTree {
 public:
  explicit GroupTree(const std::vector<RuleList>& lists) {
    for (const auto& list : lists) {
      for (const auto& rule : list.rules) {
        if (!rule.head.empty()) opened_[{list.kind, list.group}].push_back(&rule);
      }
    }
  }

  void find_circles(std::vector<Misplaced>& misplaced) {
    for (const auto& [key, heads] : opened_) {
      for (const auto* head : heads) {
        std::set<std::string> seen;
        if (!key.second.empty() && leads_to(key.first, head->head, key.second, seen)) {
          misplaced.push_back({head->place,
                               "the group " + head->head + " opens the group " + key.second +
                                   ", and is opened inside it",
                               "open it from the main list, or from another group"});
        }
      }
    }
  }

 private:
  using Key = std::pair<ListKind, std::string>;

  bool leads_to(ListKind kind, const std::string& from, const std::string& to,
                std::set<std::string>& seen) const {
    if (from == to) return true;
    const auto found = opened_.find({kind, from});
    if (found == opened_.end() || !seen.insert(from).second) return false;
    return std::any_of(found->second.begin(), found->second.end(),
                       [&](const Rule* head) { return leads_to(kind, head->head, to, seen); });
  }

  std::map<Key, std::vector<const Rule*>> opened_;
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
  GroupTree{lists.lists_}.find_circles(misplaced);
  return lists;
}

void inherit(Rule& member, const Rule& head) {
  if (!member.family) member.family = head.family;
  if (std::holds_alternative<std::monostate>(member.protocol)) member.protocol = head.protocol;
}

}  // namespace tunnel::filter
