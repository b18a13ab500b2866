#pragma once

#include "pppd-bridge/transport/deadline.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/base/time.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tunnel::transport {

/// Where a TCP connection may go.
struct TcpAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  std::string text;  // "192.0.2.1 port 22"
};

/// How large TCP's segments may be, both ways: as the interface allows, or so small that they pass
/// where large packets are lost and nobody is told (RFC 2923 §2.1).
enum class Segments : std::uint8_t { Usual, Small };

/// Every address of `host`, in getaddrinfo's order (RFC 6724). Blocks as long as resolv.conf says.
/// Both families are asked for whatever this machine's own addresses are: an address that cannot be
/// reached fails at once, and one that is left out is never tried.
Result<std::vector<TcpAddress>> resolve(const std::string& host, std::uint16_t port);

/// Connects, and sets what the outer connection of a tunnel needs: no Nagle, dead peers noticed
/// within seconds, a short queue of unsent bytes in the kernel. The socket is non-blocking.
Result<UniqueFd> connect_tcp(const TcpAddress& address, const Deadline& deadline,
                             Segments segments = Segments::Usual);

/// What TCP has measured of a connection's path; zero: nothing.
Duration round_trip_of(int socket) noexcept;

}  // namespace tunnel::transport
