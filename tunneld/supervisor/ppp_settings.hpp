#pragma once

#include "tunneld/config/configuration.hpp"
#include "tunneld/ipc/messages.hpp"

#include <optional>
#include <string>

namespace tunnel::supervisor {

/// Where the peer of a site may live: the profile's word, or the address leased from its pool.
AddressWish remote_wish(const config::Ppp& profile, std::optional<Ipv4Address> leased);

/// [ppp] of a profile, as its bridge is told it.
ipc::Ppp ppp_settings(const config::Ppp& profile, const AddressWish& remote);

/// What is asked for as this end's interface identifier: the profile's, or one made of an address
/// that the profile fixes, so that it is the same at every attempt; zero: one at random.
InterfaceId interface_id(const config::Ppp& profile);

/// Whether a link is what the profile asks for; empty: it is, else what is wrong with it.
std::string objection(const ipc::LinkUp& up, const config::Ppp& profile, const AddressWish& remote);

}  // namespace tunnel::supervisor
