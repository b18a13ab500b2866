#pragma once

#include "filter/evaluator/random_source.hpp"
#include "filter/model/nat_rule.hpp"
#include "filter/packet/packet.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace tunnel::filter::evaluator {

/// The addresses that interfaces have, for rules that say "0/32".
using InterfaceAddresses = std::map<std::string, Ipv4Address, std::less<>>;

/// Whether a flow may have these ends on the outside: no other flow has them.
using IsFree = std::function<bool(const packet::Ends&)>;

/// What becomes of the ends of a new flow by one rule. Keeps what the rule remembers between flows:
/// whose turn it is, and who has had which address.
class NatChoice {
 public:
  NatChoice(const NatRule& rule, const InterfaceAddresses& addresses, RandomSource& random)
      : rule_{&rule}, addresses_{&addresses}, random_{&random} {}

  /// Of an outbound packet (map, map-block, bimap): with another source. nullopt: there is nothing
  /// left to choose.
  std::optional<packet::Ends> outbound(const packet::Packet& packet, const IsFree& is_free);

  /// Of an inbound packet (rdr, bimap): with another destination.
  std::optional<packet::Ends> inbound(const packet::Packet& packet, const IsFree& is_free);

  /// What "0/32" is at the time; nullopt: the interface has no address that is known.
  std::optional<Ipv4Address> own_address() const;

 private:
  /// So many addresses from this one on.
  struct Pool {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };

  std::optional<Pool> pool() const;
  std::optional<packet::Ends> map(const packet::Packet& packet, const IsFree& is_free);
  std::optional<packet::Ends> map_block(const packet::Packet& packet, const IsFree& is_free) const;
  std::optional<packet::Ends> with_port(packet::Ends ends, const IsFree& is_free);
  std::optional<Ipv4Address> redirected(const packet::Packet& packet);
  std::uint16_t redirected_port(std::uint16_t port) const;
  std::optional<Ipv4Address> counterpart(Ipv4Address host, bool outbound) const;

  const NatRule* rule_;
  const InterfaceAddresses* addresses_;
  RandomSource* random_;
  std::uint32_t turn_ = 0;       // of the addresses of a pool, or the hosts of a rdr
  std::uint32_t next_port_ = 0;  // of portmap sequential
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> mapped_;  // both hosts: address
  std::map<std::uint32_t, std::size_t> stuck_;                               // sticky: host
};

}  // namespace tunnel::filter::evaluator
