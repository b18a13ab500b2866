#include "routes/plan.hpp"

#include <algorithm>

namespace tunnel::routes {

namespace {

/// What the kernel makes of metric 0 for IPv6 (IP6_RT_PRIO_USER).
constexpr std::uint32_t kDefaultIpv6Metric = 1024;

Route guard(const Prefix& network) {
  return Route{.to = network, .type = RouteType::Unreachable, .metric = kGuardMetric};
}

/// The route to a network behind the tunnel. The gateway's own packets carry the tunnel's address:
/// the far end accepts that one whatever its list of networks says of ours.
Route network_route(const WantedInterface& interface, const Prefix& network, int device) {
  Route route{.to = network, .metric = interface.metric, .device = device};
  if (network.family() == Family::Ipv4) {
    route.source = interface.local;
  } else if (route.metric == 0) {
    route.metric = kDefaultIpv6Metric;
  }
  return route;
}

/// The route to the peer, beside the one that the kernel makes with the address (metric 0): that
/// one goes with "ip route flush dev tun0" and nothing but the address brings it back.
Route peer_route(const WantedInterface& interface, int device) {
  auto route = network_route(interface, Prefix::host(interface.peer), device);
  route.metric = std::max(route.metric, std::uint32_t{1});
  return route;
}

/// Builds the list of changes, one step of the order after the other.
class Planner {
 public:
  Planner(const Wanted& wanted, const Actual& actual)
      : wanted_{wanted}, actual_{actual}, kept_(actual.routes.size(), false) {}

  std::vector<Change> run() && {
    for (const auto& network : wanted_.guarded) put(guard(network));
    // A packet that may be forwarded from here on meets the guards.
    if (wanted_.forwarding == Forwarding::On && !actual_.ip_forward) add(SetForwarding{});
    for (const auto& interface : wanted_.interfaces) prepare(interface);
    for (const auto& interface : wanted_.interfaces) put_routes(interface);
    drop_routes([](const Route& route) { return route.type != RouteType::Unreachable; });
    for (const auto& interface : wanted_.interfaces) drop_addresses(interface);
    drop_links();
    drop_routes([](const Route& route) { return route.type == RouteType::Unreachable; });
    return std::move(changes_);
  }

 private:
  void add(Change change) { changes_.push_back(std::move(change)); }

  /// The interface's tun device; nullptr where there is none, or something else has its name.
  const Link* tun_of(const WantedInterface& interface) const {
    const auto* link = actual_.link(interface.name.str());
    return link != nullptr && link->tun ? link : nullptr;
  }

  static Device device_of(const Link& link) { return Device{link.index, link.name}; }

  Device device_of(const Route& route) const {
    const auto* link = actual_.link(route.device);
    return Device{route.device, link != nullptr ? link->name : std::string{}};
  }

  static Address address_of(const WantedInterface& interface, const Link& link) {
    return Address{.device = link.index, .local = interface.local, .peer = interface.peer};
  }

  /// Everything but the routes. The switches first, so that a device never is up without them.
  void prepare(const WantedInterface& interface) {
    const auto* link = tun_of(interface);
    if (link == nullptr) return;
    const auto device = device_of(*link);
    if (!link->ignore_linkdown_ipv4) add(SetIgnoreLinkdown{device, Family::Ipv4});
    const bool ipv6 = std::any_of(interface.networks.begin(), interface.networks.end(),
                                  [](const Prefix& p) { return p.family() == Family::Ipv6; });
    if (actual_.ipv6 && ipv6 && !link->ignore_linkdown_ipv6)
      add(SetIgnoreLinkdown{device, Family::Ipv6});
    if (wanted_.forwarding == Forwarding::On && !link->forwarding) {
      add(SetDeviceForwarding{device});
    }
    SetLink settings{.device = device};
    if (link->alias != interface.alias) settings.alias = interface.alias;
    if (link->mtu != interface.mtu) settings.mtu = interface.mtu;
    if (settings.alias || settings.mtu) add(settings);
    const auto address = address_of(interface, *link);
    if (std::find(actual_.addresses.begin(), actual_.addresses.end(), address) ==
        actual_.addresses.end()) {
      add(AddAddress{device, address});
    }
    if (!link->up) add(SetLink{.device = device, .flag = SetLink::Flag::Up});
  }

  void put_routes(const WantedInterface& interface) {
    const auto* link = tun_of(interface);
    if (link == nullptr) return;
    put(peer_route(interface, link->index));
    for (const auto& network : interface.networks) {
      put(network_route(interface, network, link->index));
    }
  }

  /// Makes sure of one route. Of two wanted ones with the same key the first wins.
  void put(const Route& route) {
    if (!actual_.ipv6 && route.to.family() == Family::Ipv6) return;
    const auto same_key = [&route](const Route& other) { return other.same_key(route); };
    if (std::any_of(placed_.begin(), placed_.end(), same_key)) return;
    placed_.push_back(route);
    const auto begin = actual_.routes.begin();
    const auto end = actual_.routes.end();
    auto found = std::find(begin, end, route);
    const bool right = found != end;
    if (!right) found = std::find_if(begin, end, same_key);
    if (found != end) {
      kept_[static_cast<std::size_t>(found - begin)] = true;
      if (!right) add(ReplaceRoute{device_of(route), route});
      return;
    }
    // An administrator's route stays: conflicts() tells of it.
    if (std::any_of(actual_.foreign.begin(), actual_.foreign.end(), same_key)) return;
    add(AddRoute{device_of(route), route});
  }

  template <typename Which>
  void drop_routes(Which which) {
    for (std::size_t i = 0; i < actual_.routes.size(); ++i) {
      const auto& route = actual_.routes[i];
      if (!kept_[i] && which(route)) add(DeleteRoute{device_of(route), route});
    }
  }

  void drop_addresses(const WantedInterface& interface) {
    const auto* link = tun_of(interface);
    if (link == nullptr) return;
    for (const auto& address : actual_.addresses) {
      if (address.device == link->index && address != address_of(interface, *link)) {
        add(DeleteAddress{device_of(*link), address});
      }
    }
  }

  void drop_links() {
    for (const auto& link : actual_.links) {
      const bool is_wanted = std::any_of(
          wanted_.interfaces.begin(), wanted_.interfaces.end(),
          [&link](const WantedInterface& interface) { return interface.name.str() == link.name; });
      if (link.ours() && !is_wanted) add(DeleteLink{device_of(link)});
    }
  }

  const Wanted& wanted_;
  const Actual& actual_;
  std::vector<bool> kept_;     // of actual_.routes: wanted, or about to be replaced
  std::vector<Route> placed_;  // wanted routes dealt with
  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> plan(const Wanted& wanted, const Actual& actual) {
  return Planner{wanted, actual}.run();
}

std::vector<InterfaceName> missing(const Wanted& wanted, const Actual& actual) {
  std::vector<InterfaceName> names;
  for (const auto& interface : wanted.interfaces) {
    if (actual.link(interface.name.str()) == nullptr) names.push_back(interface.name);
  }
  return names;
}

}  // namespace tunnel::routes
