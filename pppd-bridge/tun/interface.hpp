#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/result.hpp"

#include <optional>

namespace tunnel::tun {

/// The two ends of a link.
struct Ipv4Ends {
  Ipv4Address local;
  Ipv4Address remote;
};

/// What a point-to-point interface is given; a link may carry one family only.
struct PointToPoint {
  std::optional<Ipv4Ends> ipv4{};
  /// This end's address in fe80::/64, made of the identifier that IPV6CP agreed (RFC 5072 §5). The
  /// interface then has no other one of these, and neither looks for routers nor heeds any. Left
  /// out below an MTU of 1280, where the kernel has no IPv6 (RFC 8200 §5).
  std::optional<Ipv6Address> link_local{};
  Mtu mtu;
};

/// Gives an interface its addresses and its MTU, and sets it up, by the classic ioctls and the
/// files of /proc/sys: for a bridge that runs without tunneld and therefore without netlink. May be
/// called again when other addresses are agreed. Needs CAP_NET_ADMIN.
Result<void> configure_point_to_point(const InterfaceName& name, const PointToPoint& wanted);

}  // namespace tunnel::tun
