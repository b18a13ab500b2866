#pragma once

#include "tests/support/process.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <cstdint>
#include <string>

namespace tunnel::test {

/// RFC 862; every guest has it.
inline constexpr std::uint16_t kEchoPort = 7;

/// Enough for a hundred full frames each way; an emulated serial line takes two seconds for it.
inline constexpr std::uint64_t kPayload = 128'000;

/// A TCP connection, non-blocking, from this thread's network to an IPv4 or IPv6 address.
UniqueFd connect_tcp(const std::string& address, std::uint16_t port);

/// Sends so many bytes to an echo service, and takes back as many. Throws if they do not come, or
/// are not the same.
void echo(int socket, std::uint64_t bytes = kPayload, Limit limit = 60s);

/// Whether three packets with so many bytes of data, one after the other, are answered; from this
/// thread's network.
bool pings(const std::string& address, unsigned size = 56);

}  // namespace tunnel::test
