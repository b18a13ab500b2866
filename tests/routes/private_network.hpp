#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// A network namespace of the test's own, and what one does in it by other means than those under
/// test: tun devices by ioctl, questions to ip(8), packets by hand. Needs root.
namespace tunnel::routes {

/// Moves this process into a new, empty network namespace, its loopback up. Throws where it may
/// not: the test fails.
void enter_private_network();

/// A shell command's output, trailing white space removed; throws when the command fails.
std::string run(const std::string& command);
/// The same, as lines, each without trailing white space.
std::vector<std::string> lines_of(const std::string& command);
/// Lines of "ip -4 route show table main" about `network`, or all.
std::vector<std::string> routes_to(const std::string& network);
/// The same of IPv6, without what ip(8) adds to each ("pref medium").
std::vector<std::string> ipv6_routes_to(const std::string& network);

/// Whether `fd` becomes readable; waits for at most ten seconds.
bool wait_readable(int fd);

/// A tun device, seen from the far end of its wire.
class TestTun {
 public:
  explicit TestTun(const std::string& name);

  int fd() const noexcept { return fd_.get(); }

  void set_carrier(bool on) const;
  /// A packet arrives over the wire.
  void inject(Bytes packet) const;
  /// The next packet of IPv4 that the kernel sent, waiting for it; fails the test when none comes.
  std::vector<std::uint8_t> next_ipv4() const;
  /// The packets of IPv4 that the kernel has sent so far.
  std::vector<std::vector<std::uint8_t>> pending_ipv4() const;
  /// The same of IPv6.
  std::vector<std::uint8_t> next_ipv6() const;
  std::vector<std::vector<std::uint8_t>> pending_ipv6() const;

 private:
  std::optional<std::vector<std::uint8_t>> take() const;
  std::vector<std::uint8_t> next(Family family) const;
  std::vector<std::vector<std::uint8_t>> pending(Family family) const;

  UniqueFd fd_;
};

/// An IPv4 packet with an empty UDP datagram.
std::vector<std::uint8_t> udp_packet(Ipv4Address source, Ipv4Address destination);
/// The same of IPv6.
std::vector<std::uint8_t> udp_packet(const Ipv6Address& source, const Ipv6Address& destination);
/// A router's advertisement of itself as the default router (RFC 4861 §4.2).
std::vector<std::uint8_t> router_advertisement(const Ipv6Address& router);
Ipv4Address source_of(Bytes packet);
Ipv4Address destination_of(Bytes packet);
Ipv6Address ipv6_source_of(Bytes packet);
Ipv6Address ipv6_destination_of(Bytes packet);
/// Type and code, "3/1" for host unreachable; empty for what is no ICMP. Of ICMPv6 also where it
/// follows a header of hop-by-hop options.
std::string icmp_of(Bytes packet);

/// The errno with which the kernel refuses a UDP datagram of this gateway's own; 0 when it is sent.
int send_udp(Ipv4Address destination);
int send_udp(const Ipv6Address& destination);

}  // namespace tunnel::routes
