#include "tests/interop/payload.hpp"

#include "tests/support/tcp_stream.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <stdexcept>

namespace tunnel::test {

namespace {

constexpr std::uint64_t kSeed = 0x9e3779b97f4a7c15;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

std::unique_ptr<addrinfo, FreeAddresses> resolve(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) throw std::runtime_error{address + ": " + ::gai_strerror(error)};
  return std::unique_ptr<addrinfo, FreeAddresses>{found};
}

}  // namespace

UniqueFd connect_tcp(const std::string& address, std::uint16_t port) {
  const auto to = resolve(address, port);
  UniqueFd socket{::socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket) fail_errno("make a TCP socket");
  if (::connect(socket.get(), to->ai_addr, to->ai_addrlen) < 0 && errno != EINPROGRESS) {
    fail_errno("connect to " + address);
  }
  pollfd waiting{socket.get(), POLLOUT, 0};
  if (::poll(&waiting, 1, static_cast<int>(kPatience.count())) != 1) {
    throw std::runtime_error{"no TCP connection to " + address};
  }
  socklen_t size = sizeof errno;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &errno, &size) < 0 || errno != 0) {
    fail_errno("connect to " + address);
  }
  return socket;
}

void echo(int socket, std::uint64_t bytes, Limit limit) {
  Flow flow{socket, socket, kSeed};
  const auto end = std::chrono::steady_clock::now() + limit;
  while (flow.received() < bytes) {
    const short events = flow.sent() < bytes ? POLLIN | POLLOUT : POLLIN;
    pollfd waiting{socket, events, 0};
    if (::poll(&waiting, 1, poll_time(end)) == 0) {
      throw Timeout{"the echo stands still after " + std::to_string(flow.sent()) +
                    " bytes there and " + std::to_string(flow.received()) + " back"};
    }
    flow.send(bytes);
    flow.receive();
  }
}

bool pings(const std::string& address, unsigned size) {
  const auto ping =
      run({"ping", "-n", "-A", "-c", "3", "-W", "5", "-s", std::to_string(size), address});
  return ping.status == 0;
}

}  // namespace tunnel::test
