#pragma once

#include "filter/packet/packet.hpp"
#include "pppd-bridge/tun/packet_device.hpp"
#include "tests/support/sites.hpp"
#include "tunneld/base/address.hpp"
#include "tunneld/base/bytes.hpp"

#include <functional>
#include <optional>
#include <string>

namespace tunnel::test {

/// Labs' tunnel in the hands of somebody else: tunneld and bridge are dead, and its device is ours.
/// Routes lead 192.168.1.0/24, which is the site's, and 10.9.9.0/24, which is not, into it.
class StolenTunnel {
 public:
  explicit StolenTunnel(const World& world);

  /// Puts a packet in, as octets_of() has it.
  void send(const std::string& text) const;

  using Test = std::function<bool(const filter::packet::Packet&)>;
  /// Waits for such a packet to come out.
  filter::packet::Packet await(const Test& wanted) const;
  /// The same for an ICMP echo reply to an address.
  void await_reply_to(Ipv4Address to) const;

 private:
  std::optional<tun::PacketDevice> device_;
};

}  // namespace tunnel::test
