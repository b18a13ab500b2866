#pragma once

#include "tunneld/policy/policy.hpp"

namespace tunnel::policy {

/// Makes the kernel drop what comes out of a site's tunnel with a source outside of its networks,
/// but for the peer's own addresses. The bridge, which parses what the peer sends, refuses such
/// packets as well; this holds also where somebody has got hold of the bridge.
///
/// Where the peer may choose its address, any of those that it may choose is let in.
void add_source_checks(const config::Configuration& configuration, FilterPolicy& policy);

/// The map that leads from tunnels to their checks, without these interfaces.
filter::nft::Map without(filter::nft::Map tunnels, const std::vector<InterfaceName>& interfaces);

/// Makes the kernel drop what comes out of these interfaces, or is to go into them.
void close(const std::vector<InterfaceName>& interfaces, filter::nft::Table& table);

}  // namespace tunnel::policy
