#include "tests/routes/simulated_kernel.hpp"

#include <algorithm>

namespace tunnel::routes {

namespace {

constexpr std::uint8_t kProtocolKernel = 2;

template <typename T>
bool contains(const std::vector<T>& values, const T& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

Link& SimulatedKernel::add_tun(const std::string& name) {
  links.push_back(Link{.index = next_index_++, .name = name, .mtu = Mtu{1500}, .tun = true});
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
    if (link.name == name) link.up = false;
  }
  drop_dependent_routes();
}

Actual SimulatedKernel::read(const Wanted& wanted) const {
  Actual actual{.links = links, .addresses = addresses, .ip_forward = ip_forward};
  std::vector<Prefix> networks = wanted.guarded;
  for (const auto& interface : wanted.interfaces) {
    networks.insert(networks.end(), interface.networks.begin(), interface.networks.end());
    networks.push_back(Prefix::host(interface.peer));
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

void SimulatedKernel::drop_dependent_routes() {
  std::erase_if(routes, [this](const Route& route) {
    if (route.type != RouteType::Unicast) return false;
    const auto* link = find(route.device);
    if (link == nullptr || !link->up) return true;
    return route.source && std::none_of(addresses.begin(), addresses.end(),
                                        [&](const Address& a) { return a.local == *route.source; });
  });
}

void SimulatedKernel::add_connected_route(const Address& address) {
  routes.push_back(Route{.to = address.subnet(),
                         .protocol = kProtocolKernel,
                         .device = address.device,
                         .source = address.local});
}

struct SimulatedKernel::Apply {
  SimulatedKernel& kernel;

  std::string operator()(const SetLink& change) const {
    auto* link = kernel.find(change.device.index);
    if (link == nullptr) return "no such device";
    if (change.alias) link->alias = *change.alias;
    if (change.mtu) link->mtu = *change.mtu;
    if (change.flag != SetLink::Flag::Up || link->up) return {};
    link->up = true;
    for (const auto& address : kernel.addresses) {
      if (address.device == link->index) kernel.add_connected_route(address);
    }
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
    kernel.addresses.push_back(change.address);
    if (link->up) kernel.add_connected_route(change.address);
    return {};
  }

  std::string operator()(const DeleteAddress& change) const {
    if (std::erase(kernel.addresses, change.address) == 0) return "no such address";
    std::erase_if(kernel.routes, [&](const Route& route) {
      return route.protocol == kProtocolKernel && route.device == change.device.index &&
             route.to == change.address.subnet() && route.source == change.address.local;
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

  std::string operator()(const SetForwarding&) const {
    kernel.ip_forward = true;
    for (auto& link : kernel.links) link.forwarding = true;
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
    (change.family == Family::Ipv4 ? link->ignore_linkdown_ipv4 : link->ignore_linkdown_ipv6) =
        true;
    return {};
  }

  std::string insert(const Device& device, const Route& route) const {
    if (device.index != route.device) return "device and route disagree";
    if (route.type == RouteType::Unicast) {
      const auto* link = kernel.find(route.device);
      if (link == nullptr) return "no such device";
      if (!link->up) return "device is down";
      if (route.source &&
          std::none_of(kernel.addresses.begin(), kernel.addresses.end(),
                       [&](const Address& each) { return each.local == *route.source; })) {
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
