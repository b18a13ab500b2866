#pragma once

#include "filter/model/rule.hpp"
#include "filter/packet/packet.hpp"

namespace tunnel::filter::evaluator {

/// Whether a packet has all that a rule asks for, its interface included. The direction is that of
/// the list that the rule is in.
///
/// A fragment that is not the first has no ports, flags or types, and matches no rule that asks for
/// them; a rule that only names its protocol it does match.
bool matches(const Rule& rule, const packet::Packet& packet) noexcept;

/// Parts of it, which translation rules ask for as well.
bool matches(const AddressTest& test, const HostAddress& address) noexcept;
bool matches(const ProtocolTest& test, std::uint8_t protocol) noexcept;
/// Both ports, of a packet that may have none.
bool matches_ports(const Endpoint& source, const Endpoint& destination,
                   const packet::Packet& packet) noexcept;

}  // namespace tunnel::filter::evaluator
