#include "filter/evaluator/nat_table.hpp"

#include "filter/evaluator/match.hpp"
#include "filter/model/protocols.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::filter::evaluator {

namespace {

using packet::Packet;
using namespace std::chrono_literals;

constexpr std::chrono::seconds kEstablished = 5 * 24h;
constexpr std::chrono::seconds kOpening = 240s;
constexpr std::chrono::seconds kClosing = 240s;
constexpr std::chrono::seconds kIcmpPatience = 60s;
constexpr std::chrono::seconds kOtherPatience = 600s;

Direction opposite(Direction direction) noexcept {
  return direction == Direction::In ? Direction::Out : Direction::In;
}

/// A bimap is asked from inside about its source, from outside about what the source becomes.
bool matches_hosts(const NatRule& rule, const std::optional<Ipv4Address>& own,
                   const Packet& packet) {
  if (rule.kind != NatRule::Kind::Bimap || packet.direction == Direction::Out) {
    return matches(rule.source.address, packet.ends.source) &&
           matches(rule.destination.address, packet.ends.destination);
  }
  const auto* network = std::get_if<MaskedIpv4>(&rule.target);
  if (network == nullptr && !own) return false;
  const auto outside = network == nullptr ? MaskedIpv4{*own} : *network;
  return matches(AddressTest{false, outside}, packet.ends.destination) &&
         matches(rule.destination.address, packet.ends.source);
}

bool matches_rule(const NatRule& rule, const std::optional<Ipv4Address>& own,
                  const Packet& packet) {
  if (rule.interface != packet.interface) return false;
  if (!matches(rule.protocol, packet.protocol) || !matches_hosts(rule, own, packet)) return false;
  if (!matches_ports(rule.source, rule.destination, packet)) return false;
  if (rule.portmap && !packet.carries_ports()) return false;
  return !rule.ftp_port ||
         (packet.carries_ports() && packet.ends.destination_port == *rule.ftp_port);
}

bool ask_the_same(const NatRule& a, const NatRule& b) {
  return a.kind == b.kind && a.interface == b.interface && a.protocol == b.protocol &&
         a.source == b.source && a.destination == b.destination;
}

void clamp(const NatRule& rule, Packet& packet) {
  if (!rule.mss || packet.protocol != kTcp || (packet.tcp.flags & kSyn) == 0) return;
  auto& size = packet.tcp.segment_size;
  if (size) size = std::min(*size, *rule.mss);
}

}  // namespace

NatTable::NatTable(const NatLists& lists, const InterfaceAddresses& addresses, RandomSource& random,
                   std::size_t most)
    : outbound_{candidates(lists.outbound, addresses, random)},
      inbound_{candidates(lists.inbound, addresses, random)},
      most_{most} {}

std::vector<NatTable::Candidate> NatTable::candidates(const std::vector<NatRule>& rules,
                                                      const InterfaceAddresses& addresses,
                                                      RandomSource& random) {
  std::vector<Candidate> made;
  for (const auto& rule : rules) {
    const auto same = std::find_if(made.begin(), made.end(), [&rule](const Candidate& other) {
      return other.rule->round_robin && rule.round_robin && ask_the_same(*other.rule, rule);
    });
    const auto index = static_cast<std::size_t>(same - made.begin());
    made.push_back(Candidate{&rule, NatChoice{rule, addresses, random}, index, 0});
  }
  return made;
}

std::optional<NatTable::Found> NatTable::find(const Key& key, TimePoint now) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  const auto session = found->second;
  if (session->expires <= now) {
    forget(session);
    return std::nullopt;
  }
  return Found{session, key.direction != session->direction};
}

void NatTable::forget(Sessions::iterator session) {
  const auto& interface = session->rule->interface;
  by_key_.erase({session->before, session->direction, interface});
  by_key_.erase({session->after.reversed(), opposite(session->direction), interface});
  sessions_.erase(session);
}

void NatTable::forget_expired(TimePoint now) {
  for (auto session = sessions_.begin(); session != sessions_.end();) {
    const auto next = std::next(session);
    if (session->expires <= now) forget(session);
    session = next;
  }
}

std::size_t NatTable::sessions(TimePoint now) {
  forget_expired(now);
  return sessions_.size();
}

bool NatTable::is_free(const Key& back, TimePoint now) {
  return !find(back, now).has_value();
}

void NatTable::prolong(Session& session, const Packet& packet, bool back, TimePoint now) {
  session.ways = static_cast<std::uint8_t>(session.ways | (back ? 2 : 1));
  if (packet.protocol == kTcp && !packet.is_fragment_body()) {
    session.closing |= (packet.tcp.flags & (kFin | kRst)) != 0;
  }
  auto patience = kOtherPatience;
  if (session.rule->ages) {
    patience = back ? session.rule->ages->backward : session.rule->ages->forward;
  } else if (packet.protocol == kTcp) {
    patience = session.closing ? kClosing : session.ways == 3 ? kEstablished : kOpening;
  } else if (packet.protocol == kIcmp) {
    patience = kIcmpPatience;
  }
  session.expires = now + patience;
}

Translation NatTable::follow(Packet& packet, const Found& found, TimePoint now) {
  auto& session = *found.session;
  const auto before = packet;
  packet.ends = found.back ? session.before.ends.reversed() : session.after.ends;
  clamp(*session.rule, packet);
  prolong(session, packet, found.back, now);
  // The rest of the packet has no ports to be known by.
  if (before.is_fragment()) {
    fragments_.remember(before, {packet.ends.source, packet.ends.destination, session.rule}, now);
  }
  return {Translation::Kind::Known, session.rule};
}

/// An error goes the way of the answers to what it quotes, and is about what was sent on the other
/// side of this hook.
Translation NatTable::translate_error(Packet& packet, TimePoint now) {
  const auto& quoted = *packet.quoted;
  const auto answer = flow_of(quoted, packet.family).reversed();
  const auto found = find({answer, packet.direction, packet.interface}, now);
  if (!found) return {};
  const auto& session = *found->session;
  const auto ends = found->back ? session.before.ends : session.after.ends.reversed();
  // The one who complains may be the host that was meant, which is then hidden as well.
  if (packet.ends.source == quoted.ends.destination) packet.ends.source = ends.destination;
  packet.ends.destination = ends.source;
  packet.quoted->ends = ends;
  return {Translation::Kind::Known, session.rule};
}

Translation NatTable::translate_fragment(Packet& packet, TimePoint now) {
  const auto* known = fragments_.find(packet, now);
  if (known == nullptr) return {};
  packet.ends.source = known->source;
  packet.ends.destination = known->destination;
  return {Translation::Kind::Known, known->rule};
}

/// The first that matches; of several with round-robin that ask for the same, the one that was used
/// least.
NatTable::Candidate* NatTable::rule_for(std::vector<Candidate>& rules, const Packet& packet) {
  const auto first = std::find_if(rules.begin(), rules.end(), [&packet](const Candidate& each) {
    return matches_rule(*each.rule, each.choice.own_address(), packet);
  });
  if (first == rules.end()) return nullptr;
  auto* chosen = &*first;
  if (!first->rule->round_robin) return chosen;
  for (auto& other : rules) {
    const bool same = other.rule->round_robin && other.same_match == first->same_match;
    if (same && other.used < chosen->used) chosen = &other;
  }
  return chosen;
}

Translation NatTable::begin(Packet& packet, TimePoint now) {
  const bool out = packet.direction == Direction::Out;
  auto* candidate = rule_for(out ? outbound_ : inbound_, packet);
  if (candidate == nullptr) return {};
  const auto& rule = *candidate->rule;
  const auto back_of = [&](const packet::Ends& ends) {
    auto after = flow_of(packet);
    after.ends = ends;
    return Key{after.reversed(), opposite(packet.direction), rule.interface};
  };
  const auto is_free_now = [&](const packet::Ends& ends) { return is_free(back_of(ends), now); };
  if (sessions_.size() >= most_) forget_expired(now);
  const auto ends = sessions_.size() >= most_ ? std::nullopt
                    : out                     ? candidate->choice.outbound(packet, is_free_now)
                                              : candidate->choice.inbound(packet, is_free_now);
  if (!ends) return {Translation::Kind::Failed, &rule};
  ++candidate->used;
  const auto before = flow_of(packet);
  auto after = before;
  after.ends = *ends;
  sessions_.push_front({&rule, packet.direction, before, after});
  by_key_.emplace(Key{before, packet.direction, rule.interface}, sessions_.begin());
  by_key_.emplace(back_of(*ends), sessions_.begin());
  follow(packet, {sessions_.begin(), false}, now);
  return {Translation::Kind::Made, &rule};
}

Translation NatTable::translate(Packet& packet, TimePoint now) {
  if (packet.family != Family::Ipv4 || (outbound_.empty() && inbound_.empty())) return {};
  if (packet.is_fragment_body()) {
    const auto known = translate_fragment(packet, now);
    if (known.kind != Translation::Kind::None) return known;
  }
  if (packet.quoted && !packet.is_bad) {
    const auto known = translate_error(packet, now);
    if (known.kind != Translation::Kind::None) return known;
  }
  if (const auto found = find({flow_of(packet), packet.direction, packet.interface}, now)) {
    return follow(packet, *found, now);
  }
  return begin(packet, now);
}

}  // namespace tunnel::filter::evaluator
