#include "filter/evaluator/state_table.hpp"

#include "filter/model/protocols.hpp"

#include <array>

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

/// A type of ICMP that asks, and the one that answers.
struct Exchange {
  Family family;
  std::uint8_t query;
  std::uint8_t reply;
};

/// RFC 792, RFC 950; RFC 4443, RFC 2710, RFC 4861, RFC 4620.
constexpr std::array<Exchange, 9> kExchanges{{{Family::Ipv4, 8, 0},
                                              {Family::Ipv4, 13, 14},
                                              {Family::Ipv4, 15, 16},
                                              {Family::Ipv4, 17, 18},
                                              {Family::Ipv6, 128, 129},
                                              {Family::Ipv6, 130, 131},
                                              {Family::Ipv6, 133, 134},
                                              {Family::Ipv6, 135, 136},
                                              {Family::Ipv6, 139, 140}}};

const Exchange* exchange_of(Family family, std::uint8_t query) noexcept {
  for (const auto& each : kExchanges) {
    if (each.family == family && each.query == query) return &each;
  }
  return nullptr;
}

/// Whether a packet of the flow of a query is the query again, or its answer.
bool continues(const Packet& packet, std::uint8_t query, Way way) noexcept {
  if (way == Way::Forward) return packet.icmp.type == query;
  const auto* exchange = exchange_of(packet.family, query);
  return exchange != nullptr && packet.icmp.type == exchange->reply;
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
  const auto found = find({packet.quoted->ends, packet.quoted->protocol}, now);
  if (!found) return {};
  const auto* rule = found->state->second.rule;
  if (rule->rule->keep_state && rule->rule->keep_state->no_icmp_errors) return {};
  return {rule, false, true};
}

StateMatch StateTable::match(const Packet& packet, TimePoint now) {
  if (has_no_state(packet)) return {};
  if (packet.quoted) return match_error(packet, now);
  const auto found = find({packet.ends, packet.protocol}, now);
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
  if (keep && keep->ages) {
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
  if (packet.is_icmp() && exchange_of(packet.family, packet.icmp.type) == nullptr) {
    return StateRefusal::NotAQuery;
  }
  const FlowKey key{packet.ends, packet.protocol};
  if (find(key, now)) return StateRefusal::Known;
  const auto limit = rule.rule->keep_state ? rule.rule->keep_state->limit : std::nullopt;
  const auto rule_full = [&] { return limit && rule.states >= *limit; };
  if (states_.size() >= most_ || rule_full()) forget_expired(now);
  if (rule_full()) return StateRefusal::LimitOfRule;
  if (states_.size() >= most_) return StateRefusal::TableFull;
  State state{&rule, packet.icmp.type, std::nullopt, now};
  if (packet.protocol == kTcp) state.window.emplace(packet.tcp);
  prolong(state, packet, Way::Forward, now);
  states_.emplace(key, state);
  ++rule.states;
  return StateRefusal::None;
}

}  // namespace tunnel::filter::evaluator
