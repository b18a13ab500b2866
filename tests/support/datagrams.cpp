#include "tests/support/datagrams.hpp"

#include "tests/support/socket_address.hpp"
#include "tunneld/base/bytes.hpp"

#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <random>
#include <stdexcept>

namespace tunnel::test {

namespace {

using Octets = std::vector<std::uint8_t>;

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
  if (::connect(socket.get(), to.generic(), SocketAddress::size()) < 0) {
    fail_errno("connect a UDP socket on " + node);
  }
  return socket;
}

void set(const UniqueFd& socket, int level, int option, int value) {
  if (::setsockopt(socket.get(), level, option, &value, sizeof value) < 0) {
    fail_errno("set an option of a UDP socket");
  }
}

void await(const UniqueFd& socket, short events, const std::string& what) {
  pollfd waiting{socket.get(), events, 0};
  if (::poll(&waiting, 1, static_cast<int>(kPatience.count())) != 1) throw Timeout{what};
}

/// Whose ICMP message it was: behind the error itself (ip(7)).
std::string offender_of(Bytes behind) {
  sockaddr_storage address{};
  void* const whole = &address;
  std::memcpy(whole, behind.data(), std::min(behind.size(), sizeof address));
  const void* const octets = address.ss_family == AF_INET6
                                 ? static_cast<void*>(&static_cast<sockaddr_in6*>(whole)->sin6_addr)
                                 : static_cast<void*>(&static_cast<sockaddr_in*>(whole)->sin_addr);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(address.ss_family, octets, text.data(), text.size()) == nullptr) return "nobody";
  return text.data();
}

}  // namespace

Datagrams::Datagrams(const World& world, const std::string& from, const std::string& to,
                     const std::string& address) {
  auto there = SocketAddress::parse(address);
  family_ = there.family();
  receiver_ = receiver_on(world, to, there);
  sender_ = sender_on(world, from, there);
}

void Datagrams::send_cut(const Octets& octets, std::uint16_t size) const {
  set(sender_, SOL_UDP, UDP_SEGMENT, size);
  if (::send(sender_.get(), octets.data(), octets.size(), 0) < 0) fail_errno("send datagrams");
}

void Datagrams::send_whole(std::size_t size) const {
  if (family_ == AF_INET) {
    set(sender_, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
    set(sender_, IPPROTO_IP, IP_RECVERR, 1);
  } else {
    set(sender_, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO);
    set(sender_, IPPROTO_IPV6, IPV6_RECVERR, 1);
  }
  const Octets octets(size, 1);
  if (::send(sender_.get(), octets.data(), octets.size(), 0) < 0) fail_errno("send a datagram");
}

Octets Datagrams::receive() const {
  await(receiver_, POLLIN, "a datagram has not come");
  Octets datagram(65536);
  const auto got = ::recv(receiver_.get(), datagram.data(), datagram.size(), 0);
  // The checksum is looked at only now.
  if (got < 0 && errno == EAGAIN) throw std::runtime_error{"a datagram has come damaged"};
  if (got < 0) fail_errno("receive a datagram");
  datagram.resize(static_cast<std::size_t>(got));
  return datagram;
}

TooBig Datagrams::wait_for_too_big() const {
  await(sender_, 0, "nobody has said that a datagram is too large");
  std::array<std::uint8_t, 512> control{};
  msghdr message{};
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(sender_.get(), &message, MSG_ERRQUEUE) < 0) fail_errno("read what went wrong");
  const auto* const header = CMSG_FIRSTHDR(&message);
  if (header == nullptr) throw std::runtime_error{"an error without its message"};
  const Bytes all{CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0)};
  sock_extended_err error{};
  std::memcpy(&error, all.data(), std::min(all.size(), sizeof error));
  if (error.ee_errno != EMSGSIZE)
    throw std::runtime_error{std::strerror(static_cast<int>(error.ee_errno))};
  return {error.ee_info, offender_of(all.subspan(sizeof error))};
}

/// The receiver takes all of a round before the next is sent: its buffer is not the test's object.
void send_datagrams(const World& world, const std::string& from, const std::string& to,
                    const std::string& address, std::size_t rounds) {
  constexpr std::uint16_t kSize = 1200;
  constexpr std::size_t kDatagrams = 40;
  constexpr std::size_t kLastSize = 700;
  const Datagrams datagrams{world, from, to, address};
  std::mt19937 random{1};
  Octets all(kDatagrams * kSize + kLastSize);
  for (; rounds > 0; --rounds) {
    std::generate(all.begin(), all.end(), [&] { return static_cast<std::uint8_t>(random()); });
    datagrams.send_cut(all, kSize);
    for (Bytes rest{all}; !rest.empty();) {
      const auto next = rest.first(std::min<std::size_t>(kSize, rest.size()));
      rest = rest.subspan(next.size());
      if (!std::ranges::equal(datagrams.receive(), next)) {
        throw std::runtime_error{"a datagram is not what was sent"};
      }
    }
  }
}

}  // namespace tunnel::test
