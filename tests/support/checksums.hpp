#pragma once

#include "tests/support/sites.hpp"

#include <cstdint>
#include <string>

namespace tunnel::test {

/// From now on a checksum that is wrong, or that nobody has computed, is seen by the hosts: the
/// wires of the private networks compute it when a gateway sends to a host, and the hosts believe
/// none. What hosts send to gateways is as large as before.
void verify_checksums(const World& world);

/// Packets of TCP and UDP, over IPv4 and IPv6, that the node has dropped for their checksum.
std::uint64_t checksum_errors(const World& world, const std::string& node);

}  // namespace tunnel::test
