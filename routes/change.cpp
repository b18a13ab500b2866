#include "routes/change.hpp"

#include "tunneld/base/escape.hpp"

#include <string_view>

namespace tunnel::routes {

namespace {

/// The names of /etc/iproute2/rt_protos that an administrator is likely to meet.
std::string protocol_name(std::uint8_t protocol) {
  switch (protocol) {
    case 1:
      return "redirect";
    case 2:
      return "kernel";
    case 3:
      return "boot";
    case 4:
      return "static";
    case 9:
      return "ra";
    case 11:
      return "zebra";
    case 12:
      return "bird";
    case 16:
      return "dhcp";
    case 186:
      return "bgp";
    case 188:
      return "ospf";
    default:
      return std::to_string(protocol);
  }
}

/// An alias may hold anything; an interface's name nearly anything.
std::string device_text(const Device& device) {
  return "dev " + escape_text(device.name);
}

std::string address_text(const Address& address) {
  const auto length = '/' + std::to_string(address.length);
  if (address.peer == address.local) return text(address.local) + length;
  return text(address.local) + " peer " + text(address.peer) + length;
}

struct Describe {
  std::string operator()(const SetLink& change) const {
    auto line = "link set " + device_text(change.device);
    if (change.alias) line += " alias " + escape_text(*change.alias);
    if (change.mtu) line += " mtu " + std::to_string(change.mtu->bytes);
    if (change.flag == SetLink::Flag::Up) line += " up";
    return line;
  }

  std::string operator()(const StopInventingAddresses& change) const {
    return "link set " + device_text(change.device) + " addrgenmode none";
  }

  std::string operator()(const DeleteLink& change) const {
    return "link delete " + device_text(change.device);
  }

  std::string operator()(const AddAddress& change) const {
    return "address add " + address_text(change.address) + ' ' + device_text(change.device);
  }

  std::string operator()(const DeleteAddress& change) const {
    return "address delete " + address_text(change.address) + ' ' + device_text(change.device);
  }

  std::string operator()(const AddRoute& change) const {
    return "route add " + describe(change.route, change.device.name);
  }

  std::string operator()(const ReplaceRoute& change) const {
    return "route replace " + describe(change.route, change.device.name);
  }

  std::string operator()(const DeleteRoute& change) const {
    return "route delete " + describe(change.route, change.device.name);
  }

  std::string operator()(const SetForwarding& change) const {
    return change.family == Family::Ipv4 ? "sysctl net.ipv4.ip_forward=1"
                                         : "sysctl net.ipv6.conf.all.forwarding=1";
  }

  std::string operator()(const SetDeviceForwarding& change) const {
    return "sysctl net.ipv4.conf." + escape_text(change.device.name) + ".forwarding=1";
  }

  std::string operator()(const SetIgnoreLinkdown& change) const {
    return "sysctl net.ipv4.conf." + escape_text(change.device.name) +
           ".ignore_routes_with_linkdown=1";
  }

  std::string operator()(const SetIpv6& change) const {
    return "sysctl net.ipv6.conf." + escape_text(change.device.name) + '.' +
           std::string{name(change.key)} + '=' + std::to_string(change.value);
  }
};

}  // namespace

std::string_view name(SetIpv6::Key key) noexcept {
  switch (key) {
    case SetIpv6::Key::AcceptRa:
      return "accept_ra";
    case SetIpv6::Key::Autoconf:
      return "autoconf";
    case SetIpv6::Key::Disable:
      return "disable_ipv6";
    case SetIpv6::Key::Forwarding:
      return "forwarding";
    case SetIpv6::Key::IgnoreLinkdown:
      break;
  }
  return "ignore_routes_with_linkdown";
}

std::string describe(const Route& route, const std::string& device) {
  std::string line;
  if (route.type == RouteType::Unreachable) line += "unreachable ";
  if (route.type == RouteType::Other) line += "(special) ";
  line += route.to.str();
  if (route.gateway) line += " via " + text(*route.gateway);
  if (!device.empty()) line += " dev " + escape_text(device);
  line += " proto " + protocol_name(route.protocol);
  line += " metric " + std::to_string(route.metric);
  if (route.tos != 0) line += " tos " + std::to_string(route.tos);
  if (route.source) line += " src " + text(*route.source);
  return line;
}

std::string describe(const Change& change) {
  return std::visit(Describe{}, change);
}

}  // namespace tunnel::routes
