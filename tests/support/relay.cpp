#include "tests/support/relay.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tunnel::test {

namespace {

const sockaddr* generic(const sockaddr_in& address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

sockaddr_in address_of(std::uint32_t address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(address);
  return out;
}

UniqueFd make_socket() {
  UniqueFd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!socket) fail_errno("make a TCP socket");
  return socket;
}

/// Passes on what one end has sent, at most so much. The number of bytes; 0 at the end.
std::size_t pass(int from, int to, std::uint64_t most) {
  std::array<char, 65536> chunk;
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), most));
  const auto got = ::recv(from, chunk.data(), size, 0);
  if (got <= 0 || ::send(to, chunk.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) != got) {
    return 0;
  }
  return static_cast<std::size_t>(got);
}

}  // namespace

UniqueFd listen_on(const World& world, const std::string& node, std::uint16_t port) {
  const InNetwork inside{world, node};
  auto socket = make_socket();
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto address = address_of(INADDR_ANY, port);
  if (::bind(socket.get(), generic(address), sizeof address) < 0 ||
      ::listen(socket.get(), SOMAXCONN) < 0) {
    fail_errno("listen on port " + std::to_string(port) + " of " + node);
  }
  return socket;
}

CuttingRelay::CuttingRelay(const World& world, std::uint16_t sshd_port)
    : world_{world},
      sshd_port_{sshd_port},
      listener_{listen_on(world, "labs", 22)},
      wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  thread_ = std::jthread{[this] { work(); }};
}

CuttingRelay::~CuttingRelay() {
  over_ = true;
  ::eventfd_write(wake_.get(), 1);
}

void CuttingRelay::cut_after(std::uint64_t bytes) {
  limit_ = bytes;
  ::eventfd_write(wake_.get(), 1);
}

void CuttingRelay::work() {
  while (!over_) {
    std::array<pollfd, 2> waiting{{{listener_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), -1);
    eventfd_t ignored = 0;
    ::eventfd_read(wake_.get(), &ignored);
    if (waiting[0].revents != 0 && !over_) serve(accept());
  }
}

CuttingRelay::Pair CuttingRelay::accept() {
  Pair pair;
  pair.client = UniqueFd{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  const InNetwork inside{world_, "labs"};
  pair.server = make_socket();
  const auto sshd = address_of(INADDR_LOOPBACK, sshd_port_);
  ::connect(pair.server.get(), generic(sshd), sizeof sshd);
  return pair;
}

void CuttingRelay::serve(Pair pair) {
  from_server_ = 0;
  while (!over_ && from_server_ < limit_) {
    std::array<pollfd, 3> waiting{
        {{pair.client.get(), POLLIN, 0}, {pair.server.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), -1);
    eventfd_t ignored = 0;
    ::eventfd_read(wake_.get(), &ignored);
    if (waiting[0].revents != 0 && pass(pair.client.get(), pair.server.get(), kNever) == 0) return;
    if (waiting[1].revents == 0) continue;
    const auto passed = pass(pair.server.get(), pair.client.get(), limit_ - from_server_);
    if (passed == 0) return;
    from_server_ += passed;
  }
}

}  // namespace tunnel::test
