#include "tests/support/stolen_tunnel.hpp"

#include "filter/packet/packet_parser.hpp"
#include "pppd-bridge/tun/tun_device.hpp"
#include "tests/support/packets.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace tunnel::test {

using filter::packet::Packet;

StolenTunnel::StolenTunnel(const World& world) {
  world.kill_tunneld_and_bridge("labs", world.bridge_pid("labs"));
  const InNetwork labs{world, "labs"};
  auto device = tun::open_device(*InterfaceName::parse("tun0"));
  if (!device) throw std::runtime_error{device.error().message()};
  const auto features = tun::use_offloads(*device, Offload::Avoid);
  device_.emplace(std::move(*device), features);
  if (!tun::set_carrier(device_->fd(), tun::Carrier::On))
    throw std::runtime_error{"set the carrier"};
  world.shell("labs",
              "ip address add 10.224.1.2 peer 10.224.1.1 dev tun0; ip link set tun0 up; "
              "ip route replace 192.168.1.0/24 dev tun0; ip route replace 10.9.9.0/24 dev tun0");
}

void StolenTunnel::send(const std::string& text) const {
  const auto octets = octets_of(text);
  if (!device_->write(octets, {})) fail_errno("write to tun0");
}

Packet StolenTunnel::await(const Test& wanted) const {
  std::array<std::uint8_t, 2048> octets{};
  for (;;) {
    pollfd wait{device_->fd().get(), POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(kPatience.count())) != 1) throw Timeout{"no packet"};
    const auto got = device_->read(octets);
    if (got.status != tun::PacketDevice::Status::Packet) fail_errno("read from tun0");
    const auto packet = filter::packet::parse_beginning(Bytes{octets}.first(got.size));
    if (packet && wanted(*packet)) return *packet;
  }
}

void StolenTunnel::await_reply_to(Ipv4Address to) const {
  await([&](const Packet& packet) {
    return packet.protocol == filter::kIcmp && packet.icmp.type == 0 &&
           packet.ends.destination == filter::HostAddress{to};
  });
}

}  // namespace tunnel::test
