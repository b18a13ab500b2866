#pragma once

#include "tunneld/base/result.hpp"

#include <cstdint>
#include <string>

namespace tunnel::routes {

/// The number in /proc/sys/`path` ("net/ipv4/ip_forward").
Result<std::uint32_t> read_sysctl(const std::string& path);

/// Whether the kernel runs with IPv6 at all.
bool has_ipv6();

/// Writes it. The error says what an administrator can do where we may not write.
Result<void> write_sysctl(const std::string& path, std::uint32_t value);

}  // namespace tunnel::routes
