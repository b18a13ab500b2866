#pragma once

#include "tests/support/sites.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tunnel::test {

/// "Fragmentation needed" (RFC 1191) or "packet too big" (RFC 4443 §3.2): the MTU, and who says it.
struct TooBig {
  std::uint32_t mtu = 0;
  std::string gateway{};
  bool operator==(const TooBig&) const = default;
};

/// UDP from one node to another, over IPv4 or IPv6, both ends in this process.
class Datagrams {
 public:
  Datagrams(const World& world, const std::string& from, const std::string& to,
            const std::string& address);

  /// One call of the kernel, which makes datagrams of this size of it (UDP_SEGMENT).
  void send_cut(const std::vector<std::uint8_t>& octets, std::uint16_t size) const;
  /// One datagram that nobody may fragment.
  void send_whole(std::size_t size) const;
  /// The next one. Throws if none comes, or one with a wrong checksum.
  std::vector<std::uint8_t> receive() const;
  /// Waits until the sender is told so.
  TooBig wait_for_too_big() const;

 private:
  UniqueFd receiver_;
  UniqueFd sender_;
  int family_;
};

/// Sends so many rounds of datagrams that the kernel cuts, and throws where one is missing or is
/// not what was sent.
void send_datagrams(const World& world, const std::string& from, const std::string& to,
                    const std::string& address, std::size_t rounds);

}  // namespace tunnel::test
