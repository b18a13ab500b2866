#pragma once

#include "routes/model.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tunnel::routes {

/// Something of somebody else's in the way of what is wanted: an administrator must hear of it.
struct Conflict {
  enum class Kind : std::uint8_t {
    InterfaceTaken,  ///< the interface's name belongs to a device that is no tun
    AddressTaken,    ///< another interface holds the local or the peer's address
    NetworkTaken,    ///< another route or an interface's subnet is preferred to ours, or to a guard
    NoIpv6,          ///< IPv6 is wanted where there can be none; that of IPv4 is not concerned
  };

  Kind kind = Kind::NetworkTaken;
  /// The wanted interface; empty for a guarded network that no wanted interface has.
  std::string interface;
  /// A sentence: what is wanted, what is in the way, what to do.
  std::string text;

  bool operator==(const Conflict&) const = default;
};

/// Pure. Networks are compared exactly: 10.0.0.0/8 behind the tunnel and 10.1.0.0/16 on the LAN
/// live together.
///
/// - A network of an interface is taken by a foreign route (or subnet) of equal or better metric.
/// - A guarded network is taken by a foreign route of any metric: packets would leave by it while
///   the link is down.
std::vector<Conflict> conflicts(const Wanted& wanted, const Actual& actual);

/// Pure. Those of `names` that are interfaces already, and somebody else's: no tun devices with our
/// alias, nor those of `wanted`, which get theirs by the plan. Sorted.
std::vector<InterfaceName> taken(std::vector<InterfaceName> names, const Wanted& wanted,
                                 const std::vector<Link>& links);

/// A sentence about one of them, without what to do.
std::string taken_text(const InterfaceName& name);

}  // namespace tunnel::routes
