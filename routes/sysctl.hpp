#pragma once

#include "tunneld/base/result.hpp"

#include <string>

namespace tunnel::routes {

/// Whether the switch in /proc/sys/`path` ("net/ipv4/ip_forward") is on.
Result<bool> read_sysctl(const std::string& path);

/// Whether the kernel runs with IPv6 at all.
bool has_ipv6();

/// Switches it on. The error says what an administrator can do where we may not write.
Result<void> enable_sysctl(const std::string& path);

}  // namespace tunnel::routes
