#pragma once

#include "filter/kernel/log_socket.hpp"
#include "filter/kernel/nftables.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::filter::test {

/// A record that a packet has left in the log.
struct SeenRecord {
  Direction direction = Direction::In;
  std::uint32_t mark = 0;
  std::string prefix{};
  std::string interface {};
  std::vector<std::uint8_t> packet{};  // as far as it was asked for
};

/// The gateway's address of IPv6 on em0, and its neighbour's.
inline constexpr auto kOwnIpv6 = "2001:db8:ff::1";
inline constexpr auto kNeighbourIpv6 = "2001:db8:ff::99";

/// What has become of a packet that was put on the wire of one interface.
struct Seen {
  std::optional<std::vector<std::uint8_t>> forwarded{};  // as it left by the other interface
  std::vector<std::vector<std::uint8_t>> answers{};      // packets that came back
  std::vector<std::vector<std::uint8_t>> beyond{};       // all that left by the other interface
  std::vector<SeenRecord> records{};
};

/// A gateway in a network namespace of its own, with two interfaces, "em0" and "tun0": what comes
/// in by the one goes out by the other. The process lives in it from then on.
class GatewayWire {
 public:
  /// Throws std::runtime_error, with what failed.
  GatewayWire();

  /// The kernel's rules. An empty string: done; else what the kernel says.
  std::string apply(const boost::json::object& commands);
  /// All of the kernel's rules, as JSON.
  std::string listed();
  /// Ends all flows that conntrack knows.
  void forget_flows();

  /// Puts an IPv4 or IPv6 packet on the wire towards that interface, and waits until the gateway is
  /// done with it.
  Seen send(const std::string& interface, Bytes packet);

 private:
  struct Side {
    std::string name;
    UniqueFd wire;  // of the far end of the cable
    int index = 0;
    std::array<std::uint8_t, 6> gateway_mac{};
  };

  Side open_side(const std::string& name);
  Side& side(const std::string& interface);
  void transmit(Side& side, std::uint16_t type, Bytes payload);
  void await_quiet(Side& side, Seen& seen);

  std::array<Side, 2> sides_;
  std::optional<kernel::LogSocket> log_;
};

}  // namespace tunnel::filter::test
