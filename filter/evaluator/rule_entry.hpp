#pragma once

#include "filter/model/rule_lists.hpp"

#include <cstdint>
#include <deque>
#include <vector>

namespace tunnel::filter::evaluator {

struct EntryList;

/// A rule where it stands, and what has happened to it.
struct RuleEntry {
  const Rule* rule = nullptr;
  RuleId id{};
  const EntryList* group = nullptr;  // that it opens; none where that has no rules

  // Counters go on while the rules stay: a rule is told by reference to const.
  mutable std::uint64_t packets = 0;
  mutable std::uint64_t octets = 0;
  mutable unsigned states = 0;  // that it has made, and which are alive
};

struct EntryList {
  const RuleList* list = nullptr;
  std::vector<RuleEntry> entries{};
};

/// All lists, with their heads tied to their groups. Refers to the lists, which must outlive it.
class RuleEntries {
 public:
  explicit RuleEntries(const RuleLists& lists);

  /// nullptr: there are no rules.
  const EntryList* main_list(ListKind kind, Direction direction) const noexcept {
    return main_[kind == ListKind::Count ? 1 : 0][direction == Direction::In ? 0 : 1];
  }

  const std::deque<EntryList>& all() const noexcept { return lists_; }

 private:
  std::deque<EntryList> lists_;  // whose members stay where they are
  const EntryList* main_[2][2]{};
};

}  // namespace tunnel::filter::evaluator
