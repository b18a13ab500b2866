#pragma once

#include "filter/kernel/nftables.hpp"
#include "filter/nft/commands.hpp"
#include "filter/nft/expressions.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tunnel::filter::test {

/// The calling thread goes into a network namespace of its own, with a loopback interface.
inline void enter_own_namespace() {
  if (::unshare(CLONE_NEWNET) != 0) {
    throw std::system_error{errno, std::system_category(), "unshare(CLONE_NEWNET), as root"};
  }
  if (std::system("ip link set lo up") != 0) throw std::runtime_error{"ip link set lo up"};
}

inline void apply(const nft::Table& table) {
  auto nftables = kernel::Nftables::open();
  if (!nftables) throw std::runtime_error{nftables.error().message()};
  const auto done = nftables->run(nft::replace(table));
  if (!done) throw std::runtime_error{done.error().message()};
}

/// All datagrams to this port are logged as they come in, as by rule 7.
inline nft::Table logging_table(std::uint16_t port, unsigned group) {
  nft::Table table{"tunneld"};
  const auto datagram = nft::equal(nft::payload("udp", "dport"), nft::Value(port));
  table.chains.push_back(
      {"in",
       nft::Hook{"filter", "prerouting", -90},
       {{datagram, nft::set(nft::meta("mark"), nft::Value(7)), nft::log("p", group, 128)}}});
  return table;
}

/// Sends datagrams over the loopback interface: each has its number in its source port.
class Sender {
 public:
  explicit Sender(std::uint16_t port) {
    socket_ = UniqueFd{::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP)};
    to_.sin_family = AF_INET;
    to_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    port_ = port;
  }

  void send(std::uint16_t number) {
    const std::array<std::uint8_t, 12> datagram{static_cast<std::uint8_t>(number >> 8),
                                                static_cast<std::uint8_t>(number),
                                                static_cast<std::uint8_t>(port_ >> 8),
                                                static_cast<std::uint8_t>(port_),
                                                0,
                                                12,
                                                0,
                                                0,
                                                'b',
                                                'o',
                                                'd',
                                                'y'};
    const void* address = &to_;
    if (::sendto(socket_.get(), datagram.data(), datagram.size(), 0,
                 static_cast<const sockaddr*>(address), sizeof to_) < 0) {
      throw std::system_error{errno, std::system_category(), "send a datagram"};
    }
  }

 private:
  UniqueFd socket_;
  sockaddr_in to_{};
  std::uint16_t port_ = 0;
};

}  // namespace tunnel::filter::test
