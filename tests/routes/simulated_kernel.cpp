#include "tests/routes/simulated_kernel.hpp"

#include <algorithm>

namespace tunnel::routes {

namespace {

constexpr std::uint8_t kProtocolKernel = 2;
constexpr std::uint8_t kProtocolRa = 9;
/// Of the routes that the kernel makes itself.
constexpr std::uint32_t kIpv6KernelMetric = 256;
constexpr std::uint32_t kIpv6RouterMetric = 1024;

bool is_ipv6(const Route& route) {
  return route.to.family() == Family::Ipv6;
}

bool is_ipv6(const Address& address) {
  return address.family() == Family::Ipv6;
}

bool heeds_routers(const Ipv6Settings& settings) {
  return settings.accept_ra == 2 || (settings.accept_ra == 1 && !settings.forwarding);
}

template <typename T>
bool contains(const std::vector<T>& values, const T& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

Link& SimulatedKernel::add_tun(const std::string& name) {
  links.push_back(Link{.index = next_index_++, .name = name, .mtu = Mtu{1500}, .tun = true});
  links.back().ipv6 = Ipv6Settings{
      .disabled = false, .forwarding = ipv6_forwarding, .accept_ra = default_accept_ra};
  return links.back();
}

void SimulatedKernel::remove(const std::string& name) {
  const auto link =
      std::find_if(links.begin(), links.end(), [&](const Link& each) { return each.name == name; });
  if (link == links.end()) return;
  std::erase_if(addresses, [&](const Address& each) { return each.device == link->index; });
  links.erase(link);
  drop_dependent_routes();
}

void SimulatedKernel::set_down(const std::string& name) {
  for (auto& link : links) {
    if (link.name != name) continue;
    link.up = false;
    std::erase_if(addresses,
                  [&](const Address& each) { return each.device == link.index && is_ipv6(each); });
  }
  drop_dependent_routes();
}

void SimulatedKernel::drop_ipv6(const Link& link) {
  std::erase_if(addresses,
                [&](const Address& each) { return each.device == link.index && is_ipv6(each); });
  std::erase_if(routes,
                [&](const Route& each) { return each.device == link.index && is_ipv6(each); });
}

void SimulatedKernel::set_mtu(Link& link, Mtu mtu) {
  link.mtu = mtu;
  if (mtu < kMinIpv6Mtu) {
    link.ipv6.reset();
    drop_ipv6(link);
  } else if (!link.ipv6) {
    link.ipv6 = Ipv6Settings{
        .disabled = false, .forwarding = ipv6_forwarding, .accept_ra = default_accept_ra};
    if (link.up) invent_address(link);
  }
}

void SimulatedKernel::hear_router(const Link& link) {
  if (!link.ipv6 || !heeds_routers(*link.ipv6)) return;
  routes.push_back(Route{.to = *Prefix::parse("::/0"),
                         .metric = kIpv6RouterMetric,
                         .protocol = kProtocolRa,
                         .device = link.index});
}

bool SimulatedKernel::has_router(const Link& link) const {
  return std::any_of(routes.begin(), routes.end(), [&](const Route& each) {
    return each.protocol == kProtocolRa && each.device == link.index;
  });
}

void SimulatedKernel::invent_address(const Link& link) {
  if (!link.ipv6 || link.ipv6->disabled || !link.ipv6->invents_addresses) return;
  auto invented = *Ipv6Address::parse("fe80::bad:0");
  invented.bytes.back() = static_cast<std::uint8_t>(link.index);
  const Address address{.device = link.index, .local = invented, .peer = invented, .length = 64};
  if (contains(addresses, address)) return;
  addresses.push_back(address);
  add_connected_route(address);
}

Actual SimulatedKernel::read(const Wanted& wanted) const {
  Actual actual{.links = links,
                .addresses = addresses,
                .ip_forward = ip_forward,
                .ipv6_forwarding = ipv6_forwarding,
                .default_accept_ra = default_accept_ra};
  std::vector<Prefix> networks = wanted.guarded;
  for (const auto& interface : wanted.interfaces) {
    networks.insert(networks.end(), interface.networks.begin(), interface.networks.end());
    if (interface.ipv4) networks.push_back(Prefix::host(interface.ipv4->peer));
    if (interface.ipv6) networks.push_back(Prefix::host(interface.ipv6->peer));
  }
  for (const auto& route : routes) {
    if (route.protocol == kRouteProtocol) actual.routes.push_back(route);
  }
  for (const auto& network : networks) {
    const Route* best = nullptr;
    for (const auto& route : routes) {
      if (route.to == network && (best == nullptr || route.metric < best->metric)) best = &route;
    }
    if (best != nullptr && best->protocol != kRouteProtocol) actual.foreign.push_back(*best);
  }
  return actual;
}

Link* SimulatedKernel::find(int index) {
  const auto link = std::find_if(links.begin(), links.end(),
                                 [index](const Link& each) { return each.index == index; });
  return link == links.end() ? nullptr : &*link;
}

/// A route of IPv6 loses its source address, and not its life.
void SimulatedKernel::drop_dependent_routes() {
  std::erase_if(routes, [this](Route& route) {
    if (route.type != RouteType::Unicast) return false;
    const auto* link = find(route.device);
    if (link == nullptr || !link->up) return true;
    const bool sourced =
        !route.source || std::any_of(addresses.begin(), addresses.end(), [&](const Address& each) {
          return each.local == *route.source && (!is_ipv6(each) || each.device == route.device);
        });
    if (sourced) return false;
    if (!is_ipv6(route)) return true;
    route.source.reset();
    return false;
  });
}

void SimulatedKernel::add_connected_route(const Address& address) {
  if (!is_ipv6(address)) {
    routes.push_back(Route{.to = address.subnet(),
                           .protocol = kProtocolKernel,
                           .device = address.device,
                           .source = address.local});
  } else if (address.has_subnet()) {
    routes.push_back(Route{.to = address.subnet(),
                           .metric = kIpv6KernelMetric,
                           .protocol = kProtocolKernel,
                           .device = address.device});
  }
}

struct SimulatedKernel::Apply {
  SimulatedKernel& kernel;

  std::string operator()(const SetLink& change) const {
    auto* link = kernel.find(change.device.index);
    if (link == nullptr) return "no such device";
    if (change.alias) link->alias = *change.alias;
    if (change.mtu) kernel.set_mtu(*link, *change.mtu);
    if (change.flag != SetLink::Flag::Up || link->up) return {};
    link->up = true;
    for (const auto& address : kernel.addresses) {
      if (address.device == link->index) kernel.add_connected_route(address);
    }
    kernel.invent_address(*link);
    return {};
  }

  std::string operator()(const StopInventingAddresses& change) const {
    auto* link = kernel.find(change.device.index);
    if (link == nullptr || !link->ipv6) return "no such device";
    link->ipv6->invents_addresses = false;
    return {};
  }

  std::string operator()(const DeleteLink& change) const {
    if (kernel.find(change.device.index) == nullptr) return "no such device";
    kernel.remove(kernel.find(change.device.index)->name);
    return {};
  }

  std::string operator()(const AddAddress& change) const {
    const auto* link = kernel.find(change.device.index);
    if (link == nullptr || change.address.device != link->index) return "no such device";
    if (contains(kernel.addresses, change.address)) return "address exists";
    if (is_ipv6(change.address)) {
      if (!link->ipv6 || link->ipv6->disabled) return "IPv6 is disabled";
      for (const auto& each : kernel.addresses) {
        if (each.device == link->index && each.local == change.address.local) {
          return "address exists";
        }
      }
    }
    kernel.addresses.push_back(change.address);
    if (link->up) kernel.add_connected_route(change.address);
    return {};
  }

  std::string operator()(const DeleteAddress& change) const {
    if (std::erase(kernel.addresses, change.address) == 0) return "no such address";
    std::erase_if(kernel.routes, [&](const Route& route) {
      return route.protocol == kProtocolKernel && route.device == change.device.index &&
             route.to == change.address.subnet() &&
             (is_ipv6(route) || route.source == change.address.local);
    });
    kernel.drop_dependent_routes();
    return {};
  }

  std::string operator()(const AddRoute& change) const {
    for (const auto& route : kernel.routes) {
      if (route.same_key(change.route)) return "route exists";
    }
    return insert(change.device, change.route);
  }

  std::string operator()(const ReplaceRoute& change) const {
    const auto old = std::find_if(kernel.routes.begin(), kernel.routes.end(),
                                  [&](const Route& each) { return each.same_key(change.route); });
    if (old == kernel.routes.end()) return "nothing to replace";
    if (old->protocol != kRouteProtocol) return "somebody else's route was replaced";
    const auto position = old - kernel.routes.begin();
    auto error = insert(change.device, change.route);
    if (error.empty()) kernel.routes.erase(kernel.routes.begin() + position);
    return error;
  }

  std::string operator()(const DeleteRoute& change) const {
    const auto route = std::find(kernel.routes.begin(), kernel.routes.end(), change.route);
    if (route == kernel.routes.end()) return "no such route";
    kernel.routes.erase(route);
    return {};
  }

  std::string operator()(const SetForwarding& change) const {
    if (change.family == Family::Ipv4) {
      kernel.ip_forward = true;
      for (auto& link : kernel.links) link.forwarding = true;
      return {};
    }
    kernel.ipv6_forwarding = true;
    for (auto& link : kernel.links) {
      if (!link.ipv6) continue;
      link.ipv6->forwarding = true;
      if (heeds_routers(*link.ipv6)) continue;
      std::erase_if(kernel.routes, [&](const Route& route) {
        return route.protocol == kProtocolRa && route.device == link.index;
      });
    }
    return {};
  }

  std::string operator()(const SetDeviceForwarding& change) const {
    auto* link = kernel.find(change.device.index);
    if (link == nullptr) return "no such device";
    link->forwarding = true;
    return {};
  }

  std::string operator()(const SetIgnoreLinkdown& change) const {
    auto* link = kernel.find(change.device.index);
    if (link == nullptr) return "no such device";
    link->ignore_linkdown = true;
    return {};
  }

  std::string operator()(const SetIpv6& change) const {
    if (change.device.name == "default" && change.key == SetIpv6::Key::AcceptRa) {
      kernel.default_accept_ra = change.value;
      return {};
    }
    auto* link = kernel.find(change.device.index);
    if (link == nullptr || !link->ipv6) return "no such device";
    switch (change.key) {
      case SetIpv6::Key::AcceptRa:
        link->ipv6->accept_ra = change.value;
        return {};
      case SetIpv6::Key::Autoconf:
        link->ipv6->autoconf = change.value != 0;
        return {};
      case SetIpv6::Key::Disable:
        link->ipv6->disabled = change.value != 0;
        if (link->up) kernel.invent_address(*link);
        return {};
      case SetIpv6::Key::Forwarding:
        link->ipv6->forwarding = change.value != 0;
        return {};
      case SetIpv6::Key::IgnoreLinkdown:
        link->ipv6->ignore_linkdown = change.value != 0;
        return {};
    }
    return "no such setting";
  }

  std::string insert(const Device& device, const Route& route) const {
    if (device.index != route.device) return "device and route disagree";
    if (route.type == RouteType::Unicast) {
      const auto* link = kernel.find(route.device);
      if (link == nullptr) return "no such device";
      if (!link->up) return "device is down";
      if (is_ipv6(route) && (!link->ipv6 || link->ipv6->disabled)) return "IPv6 is disabled";
      if (route.source &&
          std::none_of(kernel.addresses.begin(), kernel.addresses.end(), [&](const Address& each) {
            return each.local == *route.source && (!is_ipv6(each) || each.device == route.device);
          })) {
        return "no such source address";
      }
    }
    kernel.routes.push_back(route);
    return {};
  }
};

std::string SimulatedKernel::apply(const Change& change) {
  return std::visit(Apply{*this}, change);
}

}  // namespace tunnel::routes
