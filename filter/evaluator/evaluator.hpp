#pragma once

#include "filter/evaluator/fragment_cache.hpp"
#include "filter/evaluator/nat_table.hpp"
#include "filter/evaluator/outcome.hpp"
#include "filter/evaluator/random_source.hpp"
#include "filter/evaluator/rule_entry.hpp"
#include "filter/evaluator/state_table.hpp"
#include "filter/model/nat_lists.hpp"
#include "filter/model/rule_lists.hpp"
#include "filter/packet/packet.hpp"
#include "tunneld/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tunnel::filter::evaluator {

/// A policy: all rules of a gateway.
struct Policy {
  RuleLists rules{};
  NatLists nat{};
};

struct Settings {
  enum class Default : std::uint8_t { Pass, Block };
  Default by_default = Default::Pass;  // of packets that no rule matches
  enum class Log : std::uint8_t { Works, Fails };
  Log log = Log::Works;                // Fails: for log or-block
  std::size_t most_states = 4013;      // IPFilter's
  std::size_t most_sessions = 30'000;  // of translation
  InterfaceAddresses addresses{};      // for 0/32
};

/// How often a rule has matched.
struct RuleCount {
  const Rule* rule = nullptr;
  RuleId id{};
  std::uint64_t packets = 0;
  std::uint64_t octets = 0;
};

/// What a policy does to packets, as a pure function of the packets so far and their times: no
/// kernel, no clock. docs/filter.md has what the rules mean; in short:
///
///     in:   translation (rdr, and back), count rules, fragments, states, rules
///     out:  fragments, states, rules; of what passes: count rules, translation (map, and back)
class Evaluator {
 public:
  /// `random` must outlive it.
  Evaluator(Policy policy, Settings settings, RandomSource& random);
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;
  ~Evaluator() = default;

  /// Times must not go backwards. With `trace`, what happened is appended to it.
  Outcome evaluate(const packet::Packet& packet, TimePoint now, Trace* trace = nullptr);

  /// Of all rules, list by list.
  std::vector<RuleCount> counts() const;

  std::size_t states(TimePoint now) { return states_.size(now); }

  std::size_t sessions(TimePoint now) { return nat_.sessions(now); }

 private:
  /// One packet on its way.
  struct Walk {
    Outcome& outcome;
    TimePoint now;
    Trace* trace;
    bool state_made = false;                // by a quick rule, while the rules were gone through
    const RuleEntry* log_failed = nullptr;  // of log or-block: the packet is blocked

    void note(Step::Kind kind, const RuleEntry& entry, const char* why = "") const;
    void note(Step::Kind kind, const NatRule& rule, const char* why = "") const;
  };

  /// What goes through a list ends with.
  struct Scan {
    const RuleEntry* decides = nullptr;  // so far; nullptr: no rule has matched
    bool matched = false;                // some rule of this list has taken a decision
  };

  void inbound(Walk& walk);
  void outbound(Walk& walk);
  bool translate(Walk& walk);
  void filter(Walk& walk);
  bool by_table(Walk& walk);
  void by_rules(Walk& walk);
  Scan scan(Walk& walk, const EntryList& list, const RuleEntry* so_far, unsigned depth);
  Scan scan_group(Walk& walk, const RuleEntry& head, const RuleEntry* so_far, unsigned depth);
  bool keep_state(Walk& walk, const RuleEntry& entry);
  void count(Walk& walk);
  void decide(Walk& walk, const RuleEntry& entry);
  bool log(Walk& walk, const RuleEntry& entry, LogRecord::Action action) const;
  void log_decision(Walk& walk, const RuleEntry& entry, bool by_table);

  Policy policy_;
  Settings settings_;
  RuleEntries entries_;
  StateTable states_;
  FragmentCache<const RuleEntry*> fragments_;
  NatTable nat_;
};

}  // namespace tunnel::filter::evaluator
