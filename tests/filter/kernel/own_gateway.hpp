#pragma once

#include "filter/kernel/nftables.hpp"
#include "filter/nft/commands.hpp"
#include "filter/nft/expressions.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace tunnel::filter::test {

/// The calling thread goes into a network namespace of its own, with a loopback interface.
inline void enter_own_namespace() {
  if (::unshare(CLONE_NEWNET) != 0) {
    throw std::system_error{errno, std::system_category(), "unshare(CLONE_NEWNET), as root"};
  }
  if (std::system("ip link set lo up") != 0) throw std::runtime_error{"ip link set lo up"};
}

inline void apply(const nft::Table& table) {
  const auto done = kernel::Nftables{}.run(nft::replace(table));
  if (!done) throw std::runtime_error{done.error().message()};
}

/// All datagrams to this port are logged as they come in, as by rule 7.
inline nft::Table logging_table(std::uint16_t port, unsigned group, unsigned octets = 128) {
  nft::Table table{"tunneld"};
  const auto datagram = nft::equal(nft::payload("udp", "dport"), nft::Value(port));
  table.chains.push_back(
      {"in",
       nft::Hook{"filter", "prerouting", -90},
       {{datagram, nft::set(nft::meta("mark"), nft::Value(7)), nft::log("p", group, octets)}}});
  return table;
}

/// Sends datagrams over the loopback interface: each has its number in its source port.
class Sender {
 public:
  /// Each datagram has so many octets behind its header.
  explicit Sender(std::uint16_t port, std::size_t octets = 4) {
    socket_ = UniqueFd{::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP)};
    to_.sin_family = AF_INET;
    to_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ByteWriter header;
    header.u16(0);
    header.u16(port);
    header.u16(static_cast<std::uint16_t>(octets + 8));
    header.u16(0);
    datagram_ = std::move(header).finish();
    datagram_.resize(octets + 8, 'x');
  }

  void send(std::uint16_t number) {
    datagram_[0] = static_cast<std::uint8_t>(number >> 8);
    datagram_[1] = static_cast<std::uint8_t>(number);
    const void* address = &to_;
    if (::sendto(socket_.get(), datagram_.data(), datagram_.size(), 0,
                 static_cast<const sockaddr*>(address), sizeof to_) < 0) {
      throw std::system_error{errno, std::system_category(), "send a datagram"};
    }
  }

 private:
  UniqueFd socket_;
  sockaddr_in to_{};
  std::vector<std::uint8_t> datagram_;
};

}  // namespace tunnel::filter::test
