#include "filter/evaluator/nat_choice.hpp"

#include "filter/model/protocols.hpp"

#include <algorithm>
#include <bit>

namespace tunnel::filter::evaluator {

namespace {

using packet::Ends;
using packet::Packet;

Ends with_source(Ends ends, Ipv4Address host) {
  ends.source = HostAddress{host};
  return ends;
}

std::uint32_t host_bits(std::uint32_t mask) noexcept {
  return ~mask;
}

}  // namespace

std::optional<Ipv4Address> NatChoice::own_address() const {
  const auto found = addresses_->find(rule_->interface.str());
  return found == addresses_->end() ? std::nullopt : std::optional{found->second};
}

/// Of a network, the first and the last address are no hosts (RFC 1122 §3.2.1.3).
std::optional<NatChoice::Pool> NatChoice::pool() const {
  if (const auto* network = std::get_if<MaskedIpv4>(&rule_->target)) {
    const auto hosts = host_bits(network->mask);
    if (hosts <= 1) return Pool{network->address.value, hosts + 1};
    return Pool{network->address.value + 1, hosts - 1};
  }
  if (const auto* range = std::get_if<AddressRange>(&rule_->target)) {
    return Pool{range->first.value, range->last.value - range->first.value + 1};
  }
  const auto own = own_address();
  return own ? std::optional{Pool{own->value, 1}} : std::nullopt;
}

std::optional<Ends> NatChoice::outbound(const Packet& packet, const IsFree& is_free) {
  if (rule_->kind == NatRule::Kind::MapBlock) return map_block(packet, is_free);
  if (rule_->kind == NatRule::Kind::Bimap) {
    const auto host = counterpart(packet.ends.source.v4(), true);
    if (!host) return std::nullopt;
    const auto ends = with_source(packet.ends, *host);
    return is_free(ends) ? std::optional{ends} : std::nullopt;
  }
  const auto* network = std::get_if<MaskedIpv4>(&rule_->target);
  // "-> 0/0": as it is, so that no other rule translates it.
  if (network != nullptr && network->mask == 0) {
    return is_free(packet.ends) ? std::optional{packet.ends} : std::nullopt;
  }
  return map(packet, is_free);
}

/// The same two hosts keep the address that they once got; others take the next one.
std::optional<Ends> NatChoice::map(const Packet& packet, const IsFree& is_free) {
  constexpr std::uint32_t kMostTries = 65'536;
  const auto known = pool();
  if (!known || known->count == 0) return std::nullopt;
  const std::pair hosts{packet.ends.source.v4().value, packet.ends.destination.v4().value};
  const auto before = mapped_.find(hosts);
  auto turn = before == mapped_.end() ? turn_ : before->second;
  for (std::uint32_t tries = 0; tries < std::min(known->count, kMostTries); ++tries, ++turn) {
    const auto address = known->first + turn % known->count;
    auto ends = std::optional{with_source(packet.ends, Ipv4Address{address})};
    if (rule_->portmap && packet.carries_ports()) {
      ends = with_port(*ends, is_free);
    } else if (!is_free(*ends)) {
      ends = std::nullopt;
    }
    if (!ends) continue;
    if (before == mapped_.end()) turn_ = turn + 1;
    mapped_.insert_or_assign(hosts, turn % known->count);
    return ends;
  }
  return std::nullopt;
}

/// From a port by chance, or from the one whose turn it is, the first that is free.
std::optional<Ends> NatChoice::with_port(Ends ends, const IsFree& is_free) {
  const auto& map = *rule_->portmap;
  const std::uint32_t count = map.last - map.first + 1U;
  const auto start = map.sequential ? next_port_ : random_->below(count);
  for (std::uint32_t tries = 0; tries < count; ++tries) {
    const auto offset = (start + tries) % count;
    ends.source_port = static_cast<std::uint16_t>(map.first + offset);
    if (!is_free(ends)) continue;
    if (map.sequential) next_port_ = (offset + 1) % count;
    return ends;
  }
  return std::nullopt;
}

/// Each host inside has its own address outside, or its own ports of one.
std::optional<Ends> NatChoice::map_block(const Packet& packet, const IsFree& is_free) const {
  constexpr std::uint32_t kLowestPort = 1024;
  constexpr std::uint32_t kPorts = 65'536 - kLowestPort;
  const auto inside = std::get<MaskedIpv4>(rule_->source.address.address);
  const auto outside = pool();
  const auto* network = std::get_if<MaskedIpv4>(&rule_->target);
  if (!outside) return std::nullopt;
  const auto first = network == nullptr ? outside->first : network->address.value;
  const std::uint64_t hosts = std::uint64_t{host_bits(inside.mask)} + 1;
  const std::uint64_t addresses =
      network == nullptr ? 1 : std::uint64_t{host_bits(network->mask)} + 1;
  const auto each = std::max<std::uint64_t>((hosts + addresses - 1) / addresses, 1);
  const auto sharing = rule_->ports_each
                           ? std::max(kPorts / std::max<std::uint32_t>(*rule_->ports_each, 1), 1U)
                           : static_cast<std::uint32_t>(std::min<std::uint64_t>(each, kPorts));
  const auto host = packet.ends.source.v4().value & host_bits(inside.mask);
  const auto address = host / sharing;
  if (address >= addresses) return std::nullopt;
  auto ends = with_source(packet.ends, Ipv4Address{first + address});
  if (!packet.carries_ports() || sharing == 1) {
    return is_free(ends) ? std::optional{ends} : std::nullopt;
  }
  const auto count = rule_->ports_each ? std::uint32_t{*rule_->ports_each} : kPorts / sharing;
  const auto block = kLowestPort + host % sharing * count;
  for (std::uint32_t tries = 0; tries < count; ++tries) {
    ends.source_port =
        static_cast<std::uint16_t>(block + (packet.ends.source_port + tries) % count);
    if (is_free(ends)) return ends;
  }
  return std::nullopt;
}

/// The other address of a bimap, which has one for each.
std::optional<Ipv4Address> NatChoice::counterpart(Ipv4Address host, bool outbound) const {
  const auto inside = std::get<MaskedIpv4>(rule_->source.address.address);
  const auto* network = std::get_if<MaskedIpv4>(&rule_->target);
  const auto own = network == nullptr ? own_address() : std::optional{network->address};
  if (!own) return std::nullopt;
  const auto base = outbound ? own->value : inside.address.value;
  return Ipv4Address{base | (host.value & host_bits(inside.mask))};
}

std::optional<Ends> NatChoice::inbound(const Packet& packet, const IsFree& is_free) {
  auto ends = packet.ends;
  if (rule_->kind == NatRule::Kind::Bimap) {
    const auto host = counterpart(packet.ends.destination.v4(), false);
    if (!host) return std::nullopt;
    ends.destination = HostAddress{*host};
  } else {
    const auto host = redirected(packet);
    if (!host) return std::nullopt;
    ends.destination = HostAddress{*host};
    if (packet.carries_ports()) ends.destination_port = redirected_port(ends.destination_port);
  }
  return is_free(ends) ? std::optional{ends} : std::nullopt;
}

/// Several hosts take turns; a client that is stuck to one keeps it.
std::optional<Ipv4Address> NatChoice::redirected(const Packet& packet) {
  if (std::holds_alternative<InterfaceAddress>(rule_->target)) return own_address();
  if (const auto* host = std::get_if<MaskedIpv4>(&rule_->target)) return host->address;
  const auto* hosts = std::get_if<std::vector<Ipv4Address>>(&rule_->target);
  if (hosts == nullptr || hosts->empty()) return std::nullopt;
  const auto client = packet.ends.source.v4().value;
  if (const auto stuck = stuck_.find(client); rule_->sticky && stuck != stuck_.end()) {
    return (*hosts)[stuck->second];
  }
  const auto index = turn_++ % hosts->size();
  if (rule_->sticky) stuck_.insert_or_assign(client, index);
  return (*hosts)[index];
}

std::uint16_t NatChoice::redirected_port(std::uint16_t port) const {
  if (!rule_->port_target) return port;
  const auto& ports = rule_->destination.port;
  const bool shifts = !rule_->port_target->single && ports.op == PortTest::Operator::Range;
  return static_cast<std::uint16_t>(rule_->port_target->port + (shifts ? port - ports.first : 0));
}

}  // namespace tunnel::filter::evaluator
