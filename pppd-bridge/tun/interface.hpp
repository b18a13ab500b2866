#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/result.hpp"

namespace tunnel::tun {

/// Gives an interface its two addresses and its MTU, and sets it up, by the classic ioctls: for a
/// bridge that runs without tunneld and therefore without netlink. Needs CAP_NET_ADMIN.
Result<void> configure_point_to_point(const InterfaceName& name, Ipv4Address local,
                                      Ipv4Address remote, Mtu mtu);

}  // namespace tunnel::tun
