#pragma once

#include "routes/change.hpp"
#include "routes/model.hpp"
#include "tunneld/base/address.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstdint>
#include <optional>
#include <vector>

/// rtnetlink messages (rtnetlink(7)) from and to values; pure. Every message is whole: a header and
/// what follows it, aligned as the kernel gives it.
namespace tunnel::routes::messages {

using Message = std::vector<std::uint8_t>;

// Questions. The dumps are filtered by the kernel where it knows NETLINK_GET_STRICT_CHK (4.20); the
// decoders below do not rely on it.

Message dump_links();
Message dump_addresses(Family family);
/// The routes of kRouteProtocol in the main table.
Message dump_routes(Family family);
/// The entry of the routing tables that a packet to the first address of `network` would follow.
Message look_up(const Prefix& network);

/// The request that makes a change; nullopt for what is no netlink request: SetForwarding and
/// SetIpv6, which are files.
std::optional<Message> encode(const Change& change);

// Answers. nullopt for what is something else, malformed, or not of the main table.

std::optional<Link> decode_link(Bytes message);
std::optional<Address> decode_address(Bytes message);
std::optional<Route> decode_route(Bytes message);

}  // namespace tunnel::routes::messages
