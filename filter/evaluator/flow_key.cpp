#include "filter/evaluator/flow_key.hpp"

#include "filter/model/protocols.hpp"

#include <array>

namespace tunnel::filter::evaluator {

namespace {

/// A type of ICMP that asks, and the one that answers.
struct Exchange {
  Family family;
  std::uint8_t query;
  std::uint8_t reply;
};

/// RFC 792, RFC 950; RFC 4443, RFC 4620.
constexpr std::array<Exchange, 6> kExchanges{{{Family::Ipv4, 8, 0},
                                              {Family::Ipv4, 13, 14},
                                              {Family::Ipv4, 15, 16},
                                              {Family::Ipv4, 17, 18},
                                              {Family::Ipv6, 128, 129},
                                              {Family::Ipv6, 139, 140}}};

/// The type that asks, of either; 0: it is neither.
std::uint8_t query_of(Family family, std::uint8_t protocol, std::uint8_t type) noexcept {
  if (protocol != (family == Family::Ipv4 ? kIcmp : kIcmp6)) return 0;
  for (const auto& each : kExchanges) {
    if (each.family == family && (each.query == type || each.reply == type)) return each.query;
  }
  return 0;
}

}  // namespace

FlowKey flow_of(const packet::Packet& packet) noexcept {
  return {packet.ends, packet.protocol, query_of(packet.family, packet.protocol, packet.icmp.type)};
}

FlowKey flow_of(const packet::Quoted& quoted, Family family) noexcept {
  return {quoted.ends, quoted.protocol, query_of(family, quoted.protocol, quoted.icmp_type)};
}

bool asks(Family family, std::uint8_t type) noexcept {
  for (const auto& each : kExchanges) {
    if (each.family == family && each.query == type) return true;
  }
  return false;
}

bool is_discovery(const packet::Packet& packet) noexcept {
  const auto type = packet.icmp.type;
  return packet.family == Family::Ipv6 && packet.is_icmp() && !packet.is_fragment_body() &&
         (type == 130 || type == 133 || type == 135);
}

}  // namespace tunnel::filter::evaluator
