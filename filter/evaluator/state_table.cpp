#include "filter/evaluator/state_table.hpp"

#include "filter/model/protocols.hpp"

namespace tunnel::filter::evaluator {

namespace {

using packet::Packet;
using namespace std::chrono_literals;

/// How long a flow may be silent, behind a packet of each way (ipf(5)).
struct Patience {
  std::chrono::seconds forward;
  std::chrono::seconds backward;
};

constexpr Patience kUdpPatience{120s, 12s};
constexpr Patience kIcmpPatience{60s, 6s};
constexpr Patience kOtherPatience{60s, 60s};

/// A blocked flow is one that nobody answers: both ways count the same.
constexpr std::chrono::seconds kBlockedTcpPatience{240};

/// Whether a packet of the flow of a query is the query again, or its answer.
bool continues(const Packet& packet, std::uint8_t query, Way way) noexcept {
  return (way == Way::Forward) == (packet.icmp.type == query);
}

/// Linux' conntrack takes a flow up from a SYN, or in the middle, but not from its answer or its
/// end. IPFilter does that as well.
bool may_begin(std::uint8_t flags) noexcept {
  return (flags & kFin) == 0 && (flags & (kSyn | kAck)) != (kSyn | kAck);
}

bool has_no_state(const Packet& packet) noexcept {
  return packet.is_short || packet.is_bad || packet.is_fragment_body();
}

}  // namespace

const char* words_for(StateRefusal refusal) noexcept {
  switch (refusal) {
    case StateRefusal::None:
      return "";
    case StateRefusal::Bad:
      return "the packet is short, bad or not the first fragment";
    case StateRefusal::Reset:
      return "the packet resets its connection";
    case StateRefusal::NotABeginning:
      return "the packet answers or ends a connection that was never seen";
    case StateRefusal::NotAQuery:
      return "the packet is of ICMP and asks nothing";
    case StateRefusal::Known:
      return "the flow has a state, which the packet does not fit";
    case StateRefusal::Discovery:
      return "of neighbours and groups no states are kept: each packet is the rule's";
    case StateRefusal::BlockedEach:
      return "of blocked flows only those of TCP and UDP are kept: each packet is the rule's";
    case StateRefusal::TableFull:
      return "the table of states is full";
    case StateRefusal::LimitOfRule:
      return "the rule has as many states as it may";
  }
  return "";
}

StateTable::States::iterator StateTable::living(States::iterator state, TimePoint now) {
  if (state == states_.end() || state->second.expires > now) return state;
  forget(state);
  return states_.end();
}

std::optional<StateTable::Found> StateTable::find(const FlowKey& key, TimePoint now) {
  if (states_.empty()) return std::nullopt;
  if (const auto state = living(states_.find(key), now); state != states_.end()) {
    return Found{state, Way::Forward};
  }
  if (const auto state = living(states_.find(key.reversed()), now); state != states_.end()) {
    return Found{state, Way::Backward};
  }
  return std::nullopt;
}

void StateTable::forget(States::iterator state) {
  --state->second.rule->states;
  states_.erase(state);
}

void StateTable::forget_expired(TimePoint now) {
  for (auto state = states_.begin(); state != states_.end();) {
    const auto next = std::next(state);
    if (state->second.expires <= now) forget(state);
    state = next;
  }
}

std::size_t StateTable::size(TimePoint now) {
  forget_expired(now);
  return states_.size();
}

StateMatch StateTable::match_error(const Packet& packet, TimePoint now) {
  const auto found = find(flow_of(*packet.quoted, packet.family), now);
  if (!found) return {};
  const auto* rule = found->state->second.rule;
  if (rule->rule->action == Action::Block) return {};
  if (rule->rule->keep_state && rule->rule->keep_state->no_icmp_errors) return {};
  return {rule, false, true};
}

StateMatch StateTable::match(const Packet& packet, TimePoint now) {
  if (has_no_state(packet)) return {};
  if (packet.quoted) return match_error(packet, now);
  const auto found = find(flow_of(packet), now);
  if (!found) return {};
  auto& state = found->state->second;
  if (packet.is_icmp() && !continues(packet, state.icmp_type, found->way)) return {};
  if (state.window) {
    const bool opens = (packet.tcp.flags & (kSyn | kAck)) == kSyn;
    if (opens && state.window->over()) {
      // The same ports, a new connection: it is for the rules.
      forget(found->state);
      return {};
    }
    if (!state.window->accept(found->way, packet.tcp)) return {nullptr, true, false};
  }
  prolong(state, packet, found->way, now);
  return {state.rule, false, false};
}

void StateTable::prolong(State& state, const Packet& packet, Way way, TimePoint now) {
  const auto of = [way](const auto& ages) {
    return way == Way::Forward ? ages.forward : ages.backward;
  };
  const auto& keep = state.rule->rule->keep_state;
  if (state.rule->rule->action == Action::Block) {
    const auto usual = packet.protocol == kTcp ? kBlockedTcpPatience : kUdpPatience.forward;
    state.expires = now + (keep && keep->ages ? keep->ages->forward : usual);
  } else if (keep && keep->ages) {
    state.expires = now + of(*keep->ages);
  } else if (state.window) {
    state.expires = now + state.window->patience();
  } else {
    state.expires = now + of(packet.protocol == kUdp ? kUdpPatience
                             : packet.is_icmp()      ? kIcmpPatience
                                                     : kOtherPatience);
  }
}

StateRefusal StateTable::add(const Packet& packet, const RuleEntry& rule, TimePoint now) {
  if (has_no_state(packet)) return StateRefusal::Bad;
  if (packet.protocol == kTcp && (packet.tcp.flags & kRst) != 0) return StateRefusal::Reset;
  if (packet.protocol == kTcp && !may_begin(packet.tcp.flags)) return StateRefusal::NotABeginning;
  if (is_discovery(packet)) return StateRefusal::Discovery;
  if (packet.is_icmp() && !asks(packet.family, packet.icmp.type)) return StateRefusal::NotAQuery;
  const bool blocks = rule.rule->action == Action::Block;
  if (blocks && !has_ports(packet.protocol)) return StateRefusal::BlockedEach;
  const auto key = flow_of(packet);
  if (find(key, now)) return StateRefusal::Known;
  const auto limit = rule.rule->keep_state ? rule.rule->keep_state->limit : std::nullopt;
  const auto rule_full = [&] { return limit && rule.states >= *limit; };
  if (states_.size() >= most_ || rule_full()) forget_expired(now);
  if (rule_full()) return StateRefusal::LimitOfRule;
  if (states_.size() >= most_) return StateRefusal::TableFull;
  State state{&rule, packet.icmp.type, std::nullopt, now};
  if (packet.protocol == kTcp && !blocks) state.window.emplace(packet.tcp);
  prolong(state, packet, Way::Forward, now);
  states_.emplace(key, state);
  ++rule.states;
  return StateRefusal::None;
}

}  // namespace tunnel::filter::evaluator
