#pragma once

#include "filter/model/rule.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// The rules of a policy as they are gone through. What they mean (ipf(5), docs/filter.md):
//
// - The main list of a packet's direction is gone through from its first rule to its last. The last
//   rule that matches decides, and a quick one that matches ends it.
// - A rule with a head decides like another; then the list of its group is gone through, on the
//   spot. A match in there takes the place of the head's in every respect: action, quick, log,
//   keep, reply. Without one the head's stands.
// - Count rules are lists of their own, and decide nothing.

namespace tunnel::filter {

enum class ListKind : std::uint8_t { Filter, Count };

/// The name of a rule in the logs: its list, and where it stands there.
struct RuleId {
  std::string group{};  // empty: the main list
  unsigned number = 0;  // from 1

  std::string str() const;  // "@300:2", "@0:1"
  bool operator==(const RuleId&) const = default;
};

/// One list, in its order.
struct RuleList {
  ListKind kind = ListKind::Filter;
  Direction direction = Direction::In;
  std::string group{};  // empty: the main list
  std::vector<Rule> rules{};

  bool operator==(const RuleList&) const = default;
};

/// Groups deeper than this are not gone into.
inline constexpr unsigned kMaxGroupDepth = 16;

/// A rule that cannot stand where it does.
struct Misplaced {
  Place place{};
  std::string message{};
  std::string hint{};
};

/// All lists of a policy.
class RuleLists {
 public:
  RuleLists() = default;

  /// Sorts rules, in the order in which they were read, into their lists: "@N" goes before what
  /// stands there already. Rules with a group of the other direction are left out, and noted; so
  /// are circles of groups, which are not left out.
  static RuleLists of(const std::vector<Rule>& rules, std::vector<Misplaced>& misplaced);

  /// The lists that have rules, in the order of their first one.
  const std::vector<RuleList>& all() const noexcept { return lists_; }

  /// nullptr: there is none.
  const RuleList* find(ListKind kind, Direction direction, std::string_view group = {}) const;

  bool operator==(const RuleLists&) const = default;

 private:
  RuleList& list_of(const Rule& rule);

  std::vector<RuleList> lists_;
};

/// What a member of a group takes over from the head: a family and a protocol that it does not name
/// itself.
void inherit(Rule& member, const Rule& head);

}  // namespace tunnel::filter
