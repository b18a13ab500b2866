#pragma once

#include "routes/change.hpp"
#include "routes/model.hpp"
#include "tunneld/base/identifiers.hpp"

#include <vector>

namespace tunnel::routes {

/// What turns `actual` into `wanted`; pure. To be applied in order: guards come first on the way in
/// and last on the way out, so that no packet of a guarded network can leave by another route in
/// between.
///
/// Touches nothing but routes of kRouteProtocol, wanted interfaces that are tun devices, tun
/// devices that are ours by their alias, forwarding, and accept_ra (1 becomes 2) where forwarding
/// of IPv6 is switched on, for the gateway not to lose its own default route. A route of somebody
/// else with the network and metric of a wanted one stays; conflicts() tells of it. A wanted
/// interface that is not there is left out, and its networks stay guarded; missing() names it.
std::vector<Change> plan(const Wanted& wanted, const Actual& actual);

/// The wanted interfaces that the kernel does not have: their tun devices must be made again.
std::vector<InterfaceName> missing(const Wanted& wanted, const Actual& actual);

}  // namespace tunnel::routes
