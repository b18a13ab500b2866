#include "tests/support/datagrams.hpp"

#include "tests/support/socket_address.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

namespace tunnel::test {

namespace {

using Octets = std::vector<std::uint8_t>;

constexpr int kSize = 1200;
constexpr std::size_t kDatagrams = 40;
constexpr std::size_t kLastSize = 700;

UniqueFd make_socket(int family) {
  UniqueFd socket{::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket) fail_errno("make a UDP socket");
  return socket;
}

/// On a port of the kernel's choice, which `address` has afterwards.
UniqueFd receiver_on(const World& world, const std::string& node, SocketAddress& address) {
  const InNetwork inside{world, node};
  auto socket = make_socket(address.family());
  auto any = SocketAddress::any(address.family());
  auto size = SocketAddress::size();
  if (::bind(socket.get(), any.generic(), size) < 0 ||
      ::getsockname(socket.get(), any.generic(), &size) < 0) {
    fail_errno("bind a UDP socket on " + node);
  }
  address.port() = any.port();
  return socket;
}

UniqueFd sender_on(const World& world, const std::string& node, SocketAddress to) {
  const InNetwork inside{world, node};
  auto socket = make_socket(to.family());
  if (::connect(socket.get(), to.generic(), SocketAddress::size()) < 0 ||
      ::setsockopt(socket.get(), SOL_UDP, UDP_SEGMENT, &kSize, sizeof kSize) < 0) {
    fail_errno("have UDP cut on " + node);
  }
  return socket;
}

Octets receive(const UniqueFd& socket) {
  pollfd waiting{socket.get(), POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(kPatience.count())) != 1) {
    throw Timeout{"a datagram has not come"};
  }
  Octets datagram(65536);
  const auto got = ::recv(socket.get(), datagram.data(), datagram.size(), 0);
  if (got < 0) fail_errno("receive a datagram");
  datagram.resize(static_cast<std::size_t>(got));
  return datagram;
}

/// The receiver takes all of a round before the next is sent: its buffer is not the test's object.
void send_round(const UniqueFd& sender, const UniqueFd& receiver, std::mt19937& random) {
  Octets all(kDatagrams * kSize + kLastSize);
  std::generate(all.begin(), all.end(), [&] { return static_cast<std::uint8_t>(random()); });
  if (::send(sender.get(), all.data(), all.size(), 0) < 0) fail_errno("send datagrams");
  for (std::size_t begin = 0; begin < all.size(); begin += kSize) {
    const auto size = std::min<std::size_t>(kSize, all.size() - begin);
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(begin);
    if (receive(receiver) != Octets{first, first + static_cast<std::ptrdiff_t>(size)}) {
      throw std::runtime_error{"a datagram is not what was sent"};
    }
  }
}

}  // namespace

void send_datagrams(const World& world, const std::string& from, const std::string& to,
                    const std::string& address, std::size_t rounds) {
  auto there = SocketAddress::parse(address);
  const auto receiver = receiver_on(world, to, there);
  const auto sender = sender_on(world, from, there);
  std::mt19937 random{1};
  for (std::size_t i = 0; i < rounds; ++i) send_round(sender, receiver, random);
}

}  // namespace tunnel::test
