#include "filter/flows/session.hpp"

#include "filter/evaluator/match.hpp"

#include <algorithm>
#include <tuple>

namespace tunnel::filter::flows {

namespace {

using packet::Ends;

/// The places of all rules in their order; a bimap is in both lists, and one rule.
std::vector<Place> places_of(const NatLists& lists) {
  std::vector<Place> places;
  for (const auto* list : {&lists.outbound, &lists.inbound}) {
    for (const auto& rule : *list) places.push_back(rule.place);
  }
  const auto order = [](const Place& place) { return std::tuple{place.file, place.line}; };
  std::sort(places.begin(), places.end(),
            [&](const Place& a, const Place& b) { return order(a) < order(b); });
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

std::vector<NumberedNatRule> numbered(const std::vector<NatRule>& rules,
                                      const std::vector<Place>& places) {
  std::vector<NumberedNatRule> out;
  for (const auto& rule : rules) {
    const auto found = std::find(places.begin(), places.end(), rule.place);
    out.push_back({static_cast<unsigned>(found - places.begin()) + 1, rule});
  }
  return out;
}

packet::Packet packet_with(const Ends& ends, std::uint8_t protocol) {
  packet::Packet packet;
  packet.family = ends.source.family();
  packet.protocol = protocol;
  packet.ends = ends;
  return packet;
}

/// Whether a rule asks for packets with these ends.
bool asks_for(const NatRule& rule, const Ends& ends, std::uint8_t protocol) {
  return evaluator::matches(rule.protocol, protocol) &&
         evaluator::matches(rule.source.address, ends.source) &&
         evaluator::matches(rule.destination.address, ends.destination) &&
         evaluator::matches_ports(rule.source, rule.destination, packet_with(ends, protocol));
}

/// Whether the target of a rule has that address.
bool leads_to(const NatRule& rule, const HostAddress& address, const HasAddress& has_address) {
  if (address.family() != Family::Ipv4) return false;
  const auto v4 = address.v4();
  if (std::holds_alternative<InterfaceAddress>(rule.target)) {
    return has_address && has_address(rule.interface, v4);
  }
  if (const auto* network = std::get_if<MaskedIpv4>(&rule.target)) {
    return (v4.value & network->mask) == network->address.value;
  }
  if (const auto* range = std::get_if<AddressRange>(&rule.target)) {
    return range->first <= v4 && v4 <= range->last;
  }
  const auto& several = std::get<std::vector<Ipv4Address>>(rule.target);
  return std::find(several.begin(), several.end(), v4) != several.end();
}

/// The same host of the other network.
bool is_counterpart(const NatRule& rule, const HostAddress& inside, const HostAddress& outside) {
  const auto* to = std::get_if<MaskedIpv4>(&rule.target);
  if (to == nullptr || inside.family() != Family::Ipv4 || outside.family() != Family::Ipv4) {
    return false;
  }
  return ((inside.v4().value ^ outside.v4().value) & ~to->mask) == 0;
}

/// A flow from `ends` that leaves as from `source`, `port`.
bool could_map(const NatRule& rule, const Ends& ends, const Ends& outside, std::uint8_t protocol,
               const HasAddress& has_address) {
  if (!asks_for(rule, ends, protocol) || !leads_to(rule, outside.source, has_address)) return false;
  if (rule.ftp_port && ends.destination_port != *rule.ftp_port) return false;
  if (rule.kind == NatRule::Kind::Bimap) {
    return is_counterpart(rule, ends.source, outside.source);
  }
  if (!rule.portmap) return true;
  const auto& ports = *rule.portmap;
  return evaluator::matches(ports.protocol, protocol) && ports.first <= outside.source_port &&
         outside.source_port <= ports.last;
}

bool is_redirected_port(const NatRule& rule, std::uint16_t from, std::uint16_t to) {
  if (!rule.port_target) return from == to;
  const auto& asked = rule.destination.port;
  const bool shifts = !rule.port_target->single && asked.op == PortTest::Operator::Range;
  return to == rule.port_target->port + (shifts ? from - asked.first : 0);
}

/// A flow to `ends` that is led to another destination.
bool could_redirect(const NatRule& rule, const Ends& ends, const Ends& inside,
                    std::uint8_t protocol, const HasAddress& has_address) {
  if (rule.kind == NatRule::Kind::Bimap) {
    return evaluator::matches(rule.protocol, protocol) &&
           leads_to(rule, ends.destination, has_address) &&
           evaluator::matches(rule.source.address, inside.destination) &&
           is_counterpart(rule, inside.destination, ends.destination);
  }
  return asks_for(rule, ends, protocol) && leads_to(rule, inside.destination, has_address) &&
         is_redirected_port(rule, ends.destination_port, inside.destination_port);
}

template <typename Fits>
void name_rule(Session& session, const std::vector<NumberedNatRule>& rules, const Fits& fits) {
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&](const NumberedNatRule& each) { return fits(each.rule); });
  if (found == rules.end()) return;
  session.rule = found->number;
  session.kind = found->rule.kind;
}

}  // namespace

NatRules::NatRules(const NatLists& lists)
    : outbound_{numbered(lists.outbound, places_of(lists))},
      inbound_{numbered(lists.inbound, places_of(lists))} {}

std::vector<Session> sessions_of(const Flow& flow, const NatRules& rules,
                                 const HasAddress& has_address) {
  std::vector<Session> sessions;
  const auto& before = flow.original;
  const auto after = flow.reply.reversed();  // as the first packet left
  // Rules of the way out see the destination that those of the way in have made.
  auto between = before;
  between.destination = after.destination;
  between.destination_port = after.destination_port;
  if (flow.is(kDestinationTranslated)) {
    Session session{NatRule::Kind::Rdr,      0,
                    flow.protocol,           after.destination,
                    after.destination_port,  before.destination,
                    before.destination_port, before.source,
                    before.source_port};
    name_rule(session, rules.inbound(), [&](const NatRule& rule) {
      return could_redirect(rule, before, between, flow.protocol, has_address);
    });
    sessions.push_back(session);
  }
  if (flow.is(kSourceTranslated)) {
    Session session{NatRule::Kind::Map,      0,
                    flow.protocol,           before.source,
                    before.source_port,      after.source,
                    after.source_port,       between.destination,
                    between.destination_port};
    name_rule(session, rules.outbound(), [&](const NatRule& rule) {
      return could_map(rule, between, after, flow.protocol, has_address);
    });
    sessions.push_back(session);
  }
  return sessions;
}

}  // namespace tunnel::filter::flows
