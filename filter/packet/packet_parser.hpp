#pragma once

#include "filter/packet/packet.hpp"
#include "tunneld/base/bytes.hpp"

#include <optional>
#include <variant>

namespace tunnel::filter::packet {

/// What the checks of the headers find, before any rule is asked (RFC 791, RFC 8200). NotAPacket is
/// dropped: lengths that contradict each other, a version that is none, a first fragment of TCP or
/// UDP that does not hold the header. Octets behind the packet's length are padding.
/// Direction and interface are the caller's.
std::variant<Packet, NotAPacket> parse_packet(Bytes octets);

/// The same of a packet of which only the beginning was kept, as in a log: sizes are what the
/// header says. A header of TCP or UDP that does not fit into the packet makes it short, with
/// ports of 0. nullopt: there is no header of IP.
std::optional<Packet> parse_beginning(Bytes octets);

/// Whether an ICMP type is an error about another packet.
bool is_icmp_error(Family family, std::uint8_t type) noexcept;

}  // namespace tunnel::filter::packet
