#pragma once

#include "filter/evaluator/flow_key.hpp"
#include "filter/evaluator/rule_entry.hpp"
#include "filter/evaluator/tcp_window.hpp"
#include "filter/packet/packet.hpp"
#include "tunneld/base/time.hpp"

#include <cstddef>
#include <optional>
#include <unordered_map>

namespace tunnel::filter::evaluator {

/// Why a packet makes no state.
enum class StateRefusal : std::uint8_t {
  None,
  Bad,            // short, bad, or not the first fragment
  Reset,          // TCP with RST
  NotABeginning,  // TCP with FIN, or SYN and ACK
  NotAQuery,      // ICMP that asks nothing
  Known,          // the flow has a state, which the packet did not match
  Discovery,      // the rule decides about each
  BlockedEach,    // likewise
  TableFull,
  LimitOfRule,
};

const char* words_for(StateRefusal refusal) noexcept;

/// Whether the rule that wanted the state has its say all the same.
constexpr bool lets_decide(StateRefusal refusal) noexcept {
  return refusal == StateRefusal::None || refusal == StateRefusal::Discovery ||
         refusal == StateRefusal::BlockedEach;
}

/// What the table says about a packet.
struct StateMatch {
  const RuleEntry* rule = nullptr;  // nullptr: no state
  bool out_of_window = false;       // there is one, which this TCP packet does not fit
  bool is_error = false;            // an ICMP error about the flow
};

/// The flows that rules have made states for: one table for both directions and all interfaces.
class StateTable {
 public:
  explicit StateTable(std::size_t most) : most_{most} {}

  /// The rule whose state the packet belongs to; the state goes on living.
  StateMatch match(const packet::Packet& packet, TimePoint now);

  /// Makes a state for the flow that this packet begins, with the rule's verdict for it.
  StateRefusal add(const packet::Packet& packet, const RuleEntry& rule, TimePoint now);

  std::size_t size() const noexcept { return states_.size(); }

  /// Without those that are over at this time.
  std::size_t size(TimePoint now);

 private:
  struct State {
    const RuleEntry* rule = nullptr;
    std::uint8_t icmp_type = 0;  // of the query
    std::optional<TcpWindow> window{};
    TimePoint expires{};
  };

  using States = std::unordered_map<FlowKey, State, FlowHash>;

  struct Found {
    States::iterator state;
    Way way = Way::Forward;
  };

  std::optional<Found> find(const FlowKey& key, TimePoint now);
  States::iterator living(States::iterator state, TimePoint now);
  void forget(States::iterator state);
  void forget_expired(TimePoint now);
  StateMatch match_error(const packet::Packet& packet, TimePoint now);
  static void prolong(State& state, const packet::Packet& packet, Way way, TimePoint now);

  std::size_t most_;
  States states_;
};

}  // namespace tunnel::filter::evaluator
