#pragma once

#include "filter/compiler/conditions.hpp"
#include "filter/model/nat_lists.hpp"
#include "filter/model/rule_lists.hpp"
#include "filter/nft/ruleset.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tunnel::filter::compiler {

/// A rule in force. Its number goes with packets as their mark, with flows as their conntrack mark,
/// and comes back with log records and counters.
struct NumberedRule {
  std::uint32_t number = 0;
  Direction direction = Direction::In;
  ListKind kind = ListKind::Filter;
  RuleId id{};
  Rule rule{};
};

struct Options {
  enum class Default : std::uint8_t { Pass, Block };

  std::string table = "tunneld";
  Default by_default = Default::Pass;     // of packets that no rule matches
  unsigned log_group = 5;                 // of NFLOG
  std::uint32_t mark_mask = 0x00ff'ffff;  // the bits of the conntrack mark that are ours
  /// The number of a rule; from 1, and within the mask. The same rule gets the same number again,
  /// so that flows which it has let in are known after a reload.
  std::function<std::uint32_t(const RuleList& list, const RuleId& id, const Rule& rule)> number{};
  /// Rules of earlier policies: what they have let in goes on as it did.
  std::vector<NumberedRule> retired{};
};

struct Compiled {
  nft::Table table{};
  std::vector<NumberedRule> rules{};
  std::vector<Unsupported> problems{};  // the table is whole only where there are none
};

// Where the kernel counts what rules do (stats.hpp).

/// The map of the numbers of flows; and the ends of the names of those of decisions, and of flows
/// that are kept blocked.
inline constexpr auto kStates = "states";
inline constexpr auto kFinal = "_final";
inline constexpr auto kBlockedFlows = "_blocked";

/// The name of the counter of a log or count rule.
std::string counter_name(std::uint32_t number);

/// What makes the kernel decide as the rules say (docs/filter.md has the exceptions).
///
///     prerouting  -450  in_raw       rules about fragments, before they are put together
///                 -100  nat_in       rdr, bimap
///                  -90  in           states, then the rules
///     postrouting   90  out          states, then the rules
///                  100  nat_out      map, map-block, bimap
///
/// A list is gone through in its order with the number of the rule that decides so far as the
/// packet's mark; a quick rule goes to the end at once. There the mark leads to what is to be done:
/// log, keep state (the number becomes the conntrack mark), accept, drop, reject. Packets of a flow
/// with a number are done with before the rules.
Compiled compile(const RuleLists& rules, const NatLists& nat, const Options& options);

}  // namespace tunnel::filter::compiler
