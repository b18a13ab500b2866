#pragma once

#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <string>

namespace tunnel::test {

/// Makes a tun device in a network namespace, given as a file such as /proc/PID/ns/net, and opens
/// it, non-blocking. It has no offloads, so that every packet that a host sends into it has been
/// cut to the MTU and has its checksums, as on a wire. This process is in that namespace
/// afterwards.
Result<UniqueFd> make_tun_end(const std::string& network_namespace, const std::string& name);

}  // namespace tunnel::test
