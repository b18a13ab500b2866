#include "filter/evaluator/match.hpp"

#include "filter/model/protocols.hpp"

#include <algorithm>

namespace tunnel::filter::evaluator {

namespace {

using packet::Packet;

bool has_test(const PortTest& test) noexcept {
  return test.op != PortTest::Operator::Any;
}

bool is_of_family(const Rule& rule, const Packet& packet) noexcept {
  const auto fits = [&](const std::optional<Family>& family) {
    return !family || *family == packet.family;
  };
  return fits(rule.family) && fits(rule.source.address.family()) &&
         fits(rule.destination.address.family());
}

bool matches_flags(const FlagsTest& test, const Packet& packet) noexcept {
  return packet.protocol == kTcp && !packet.is_fragment_body() &&
         (packet.tcp.flags & test.mask) == test.value;
}

bool matches_icmp(const IcmpTest& test, const Packet& packet) noexcept {
  constexpr std::uint32_t kTypeAndCode = 2;
  return packet.is_icmp() && !packet.is_fragment_body() &&
         packet.size >= packet.header_size + kTypeAndCode && packet.icmp.type == test.type &&
         (!test.code || packet.icmp.code == *test.code);
}

bool is_broadcast(const HostAddress& address) noexcept {
  return address.family() == Family::Ipv4 && address.v4().value == 0xffff'ffff;
}

bool has(const Packet& packet, Quality quality) noexcept {
  constexpr std::uint8_t kLowTtl = 4;
  const auto& destination = packet.ends.destination;
  switch (quality) {
    case Quality::IpOptions:
      return packet.has_options;
    case Quality::Short:
      return packet.is_short;
    case Quality::Bad:
      return packet.is_bad;
    case Quality::Nat:
      return packet.is_translated;
    case Quality::Fragment:
      return packet.is_fragment();
    case Quality::FragmentBody:
      return packet.is_fragment_body();
    case Quality::LowTtl:
      return packet.direction == Direction::In && packet.ttl < kLowTtl;
    case Quality::Multicast:
      return destination.is_multicast();
    case Quality::Broadcast:
      return is_broadcast(destination);
    case Quality::MultiBroadcast:
      return destination.is_multicast() || is_broadcast(destination);
  }
  return false;
}

bool matches_with(const WithTest& test, const Packet& packet) noexcept {
  if (const auto* quality = std::get_if<Quality>(&test.what)) {
    return has(packet, *quality) != test.negated;
  }
  const auto& wanted = std::get<std::vector<std::uint8_t>>(test.what);
  const auto there = [&packet](std::uint8_t type) {
    return std::find(packet.options.begin(), packet.options.end(), type) != packet.options.end();
  };
  return test.negated ? std::none_of(wanted.begin(), wanted.end(), there)
                      : std::all_of(wanted.begin(), wanted.end(), there);
}

}  // namespace

bool matches(const AddressTest& test, const HostAddress& address) noexcept {
  bool inside = true;
  if (const auto* v4 = std::get_if<MaskedIpv4>(&test.address)) {
    if (address.family() != Family::Ipv4) return false;
    inside = (address.v4().value & v4->mask) == v4->address.value;
  } else if (const auto* v6 = std::get_if<Prefix>(&test.address)) {
    if (address.family() != Family::Ipv6) return false;
    inside = v6->contains(address.v6());
  }
  return inside != test.negated;
}

bool matches(const ProtocolTest& test, std::uint8_t protocol) noexcept {
  if (const auto* number = std::get_if<std::uint8_t>(&test)) return *number == protocol;
  return std::holds_alternative<std::monostate>(test) || has_ports(protocol);
}

bool matches_ports(const Endpoint& source, const Endpoint& destination,
                   const Packet& packet) noexcept {
  if (!has_test(source.port) && !has_test(destination.port)) return true;
  return packet.carries_ports() && source.port.matches(packet.ends.source_port) &&
         destination.port.matches(packet.ends.destination_port);
}

bool matches(const Rule& rule, const Packet& packet) noexcept {
  if (rule.interface && *rule.interface != packet.interface) return false;
  if (!matches(rule.protocol, packet.protocol) || !is_of_family(rule, packet)) return false;
  if (rule.tos && *rule.tos != packet.tos) return false;
  if (rule.ttl && *rule.ttl != packet.ttl) return false;
  if (!matches_ports(rule.source, rule.destination, packet)) return false;
  if (!matches(rule.source.address, packet.ends.source)) return false;
  if (!matches(rule.destination.address, packet.ends.destination)) return false;
  if (rule.flags && !matches_flags(*rule.flags, packet)) return false;
  if (rule.icmp && !matches_icmp(*rule.icmp, packet)) return false;
  return std::all_of(rule.with.begin(), rule.with.end(),
                     [&packet](const WithTest& test) { return matches_with(test, packet); });
}

}  // namespace tunnel::filter::evaluator
