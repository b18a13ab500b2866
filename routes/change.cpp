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
  if (address.peer == address.local) return address.local.str() + length;
  return address.local.str() + " peer " + address.peer.str() + length;
}

struct Describe {
  std::string operator()(const SetLink& change) const {
    auto text = "link set " + device_text(change.device);
    if (change.alias) text += " alias " + escape_text(*change.alias);
    if (change.mtu) text += " mtu " + std::to_string(change.mtu->bytes);
    if (change.flag == SetLink::Flag::Up) text += " up";
    return text;
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

  std::string operator()(const SetForwarding&) const { return "sysctl net.ipv4.ip_forward=1"; }

  std::string operator()(const SetDeviceForwarding& change) const {
    return "sysctl net.ipv4.conf." + escape_text(change.device.name) + ".forwarding=1";
  }

  std::string operator()(const SetIgnoreLinkdown& change) const {
    const std::string_view family = change.family == Family::Ipv4 ? "ipv4" : "ipv6";
    return "sysctl net." + std::string{family} + ".conf." + escape_text(change.device.name) +
           ".ignore_routes_with_linkdown=1";
  }
};

}  // namespace

std::string describe(const Route& route, const std::string& device) {
  std::string text;
  if (route.type == RouteType::Unreachable) text += "unreachable ";
  if (route.type == RouteType::Other) text += "(special) ";
  text += route.to.str();
  if (route.gateway) {
    const auto gateway = route.gateway->str();
    text += " via " + gateway.substr(0, gateway.find('/'));
  }
  if (!device.empty()) text += " dev " + escape_text(device);
  text += " proto " + protocol_name(route.protocol);
  text += " metric " + std::to_string(route.metric);
  if (route.tos != 0) text += " tos " + std::to_string(route.tos);
  if (route.source) text += " src " + route.source->str();
  return text;
}

std::string describe(const Change& change) {
  return std::visit(Describe{}, change);
}

}  // namespace tunnel::routes
