#include "pppd-bridge/transport/tcp.hpp"

#include "tunneld/base/escape.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <string_view>

namespace tunnel::transport {

namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

/// The sockets API takes every address as a sockaddr.
const sockaddr* generic(const TcpAddress& address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&address.storage));
}

std::string describe(const TcpAddress& address, std::uint16_t port) {
  char host[NI_MAXHOST] = "?";
  ::getnameinfo(generic(address), address.length, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  return std::string{host} + " port " + std::to_string(port);
}

/// A dead path is noticed by LCP Echo in three seconds; these make the kernel give up soon after,
/// so that no half-dead socket is left, and keep a connection without data from being forgotten by
/// a firewall.
constexpr int kUserTimeoutMs = 5000;
constexpr int kKeepAliveIdle = 5;
constexpr int kKeepAliveInterval = 2;
constexpr int kKeepAliveProbes = 3;

/// What waits in the kernel unsent is latency; this much keeps a fast link busy between two
/// wakeups.
constexpr int kUnsentBytes = 128 * 1024;

/// None of these is worth failing for: each has a fallback, if a slower one.
void set_options(int socket) {
  const auto set = [socket](int level, int name, int value) {
    ::setsockopt(socket, level, name, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdle);
  set(IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveInterval);
  set(IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
  set(IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentBytes);
}

/// Of the least MTU of IPv6 (RFC 8200 §5), without the headers of IPv6 and TCP.
constexpr int kSmallSegment = 1220;

/// Beyond this round trip a path is a long one, where a lost packet costs CUBIC much of its rate
/// although nothing is congested. On a short one BBR's pacing costs processor time for nothing.
constexpr Duration kLongPath = std::chrono::milliseconds{5};
constexpr std::string_view kForLongPaths = "bbr";

/// Where the kernel has it; else its default stays.
void choose_congestion_control(int socket) {
  if (round_trip_of(socket) < kLongPath) return;
  ::setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, kForLongPaths.data(),
               static_cast<socklen_t>(kForLongPaths.size()));
}

Result<void> await_connection(int socket, const Deadline& deadline) {
  pollfd wanted{socket, POLLOUT, 0};
  int ready = 0;
  do {
    ready = ::poll(&wanted, 1, deadline.poll_timeout());
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) errno = ETIMEDOUT;
  if (ready <= 0) return errno_error({});
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return errno_error({});
  errno = error;
  if (error != 0) return errno_error({});
  return {};
}

}  // namespace

Result<std::vector<TcpAddress>> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failed != 0) {
    const std::string_view why = failed == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(failed);
    return make_error(std::errc::host_unreachable,
                      "cannot resolve " + escape_text(host) + ": " + std::string{why});
  }
  const AddressList list{found, ::freeaddrinfo};
  std::vector<TcpAddress> out;
  for (const auto* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
    TcpAddress address;
    if (entry->ai_addrlen > sizeof address.storage) continue;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.length = entry->ai_addrlen;
    address.text = describe(address, port);
    out.push_back(std::move(address));
  }
  return out;
}

Duration round_trip_of(int socket) noexcept {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) < 0) return {};
  return std::chrono::microseconds{info.tcpi_rtt};
}

Result<UniqueFd> connect_tcp(const TcpAddress& address, const Deadline& deadline,
                             Segments segments) {
  UniqueFd socket{
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP)};
  if (!socket) return errno_error("make a TCP socket");
  set_options(socket.get());
  if (segments == Segments::Small) {
    // Announced to the peer as well.
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_MAXSEG, &kSmallSegment, sizeof kSmallSegment);
  }
  if (::connect(socket.get(), generic(address), address.length) < 0) {
    const auto connected = errno == EINPROGRESS ? await_connection(socket.get(), deadline)
                                                : Result<void>{errno_error({})};
    if (!connected) return Error{connected.error().code, address.text};
  }
  choose_congestion_control(socket.get());
  return socket;
}

}  // namespace tunnel::transport
