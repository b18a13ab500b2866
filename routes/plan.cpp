#include "routes/plan.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <tuple>

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
    if (interface.ipv4) route.source = interface.ipv4->local;
    return route;
  }
  if (interface.ipv6) route.source = interface.ipv6->local;
  if (route.metric == 0) route.metric = kDefaultIpv6Metric;
  return route;
}

/// The routes to the peer. The kernel makes one with the IPv4 address as well (metric 0): that one
/// goes with "ip route flush dev tun0" and nothing but the address brings it back.
std::vector<Route> peer_routes(const WantedInterface& interface, int device) {
  std::vector<Route> routes;
  if (interface.ipv4) {
    auto route = network_route(interface, Prefix::host(interface.ipv4->peer), device);
    route.metric = std::max(route.metric, std::uint32_t{1});
    routes.push_back(route);
  }
  if (interface.ipv6 && interface.carries(Family::Ipv6)) {
    routes.push_back(network_route(interface, Prefix::host(interface.ipv6->peer), device));
  }
  return routes;
}

/// Whether packets of IPv6 shall cross this gateway. A link-local address alone is no reason: its
/// packets stay on the link.
bool forwards_ipv6(const Wanted& wanted) {
  const auto any = [](const std::vector<Prefix>& networks) {
    return std::any_of(networks.begin(), networks.end(),
                       [](const Prefix& each) { return each.family() == Family::Ipv6; });
  };
  return any(wanted.guarded) ||
         std::any_of(wanted.interfaces.begin(), wanted.interfaces.end(),
                     [&](const auto& each) { return each.ipv6 || any(each.networks); });
}

/// Builds the list of changes, one step of the order after the other.
class Planner {
 public:
  Planner(const Wanted& wanted, const Actual& actual)
      : wanted_{wanted}, actual_{actual}, fates_(actual.routes.size(), Fate::Open) {
    for (std::size_t i = 0; i < actual.routes.size(); ++i) {
      by_key_.emplace(key_of(actual.routes[i]), i);
    }
  }

  std::vector<Change> run() && {
    for (const auto& network : wanted_.guarded) put(guard(network));
    // A packet that may be forwarded from here on meets the guards.
    if (wanted_.forwarding == Forwarding::On) switch_forwarding_on();
    for (const auto& interface : wanted_.interfaces) prepare(interface);
    forget_what_goes();
    for (const auto& interface : wanted_.interfaces) put_routes(interface);
    drop_routes([](const Route& route) { return route.type != RouteType::Unreachable; });
    for (const auto& interface : wanted_.interfaces) drop_addresses(interface);
    drop_links();
    drop_routes([](const Route& route) { return route.type == RouteType::Unreachable; });
    return std::move(changes_);
  }

 private:
  /// Of a route that is there: wanted or about to be replaced; or lost to the kernel's own doing.
  enum class Fate : std::uint8_t { Open, Kept, Gone };

  /// What Route::same_key() compares: there may be thousands of routes.
  using Key = std::tuple<Prefix, std::uint32_t, std::uint8_t>;

  static Key key_of(const Route& route) { return {route.to, route.metric, route.tos}; }

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

  void switch_forwarding_on() {
    if (!actual_.ip_forward) add(SetForwarding{Family::Ipv4});
    if (!actual_.ipv6 || actual_.ipv6_forwarding || !forwards_ipv6(wanted_)) return;
    heed_router_advertisements();
    add(SetForwarding{Family::Ipv6});
  }

  /// A gateway may have its own default route from router advertisements. With forwarding on, an
  /// interface ignores them, and the kernel removes what it learnt, unless accept_ra is 2: that is
  /// set where they are heeded now, and for interfaces yet to come.
  void heed_router_advertisements() {
    const auto heed = [this](const Device& device) {
      add(SetIpv6{device, SetIpv6::Key::AcceptRa, 2});
    };
    for (const auto& link : actual_.links) {
      if (!link.ipv6 || link.loopback || link.ours() || is_wanted(link)) continue;
      const auto& now = *link.ipv6;
      if (!now.disabled && !now.forwarding && now.accept_ra == 1) heed(device_of(link));
    }
    if (actual_.default_accept_ra == 1) heed(Device{.index = 0, .name = "default"});
  }

  bool is_wanted(const Link& link) const {
    return std::any_of(
        wanted_.interfaces.begin(), wanted_.interfaces.end(),
        [&link](const WantedInterface& interface) { return interface.name.str() == link.name; });
  }

  /// Everything but the routes. The switches come before the addresses and the flag, so that a
  /// device never is up without them; the MTU comes before all that IPv6 has, which goes and comes
  /// with it.
  void prepare(const WantedInterface& interface) {
    const auto* link = tun_of(interface);
    if (link == nullptr) return;
    const auto device = device_of(*link);
    SetLink settings{.device = device};
    if (link->alias != interface.alias) settings.alias = interface.alias;
    if (link->mtu != interface.mtu) settings.mtu = interface.mtu;
    if (settings.alias || settings.mtu) add(settings);
    if (!link->ignore_linkdown) add(SetIgnoreLinkdown{device});
    if (wanted_.forwarding == Forwarding::On && !link->forwarding) {
      add(SetDeviceForwarding{device});
    }
    if (actual_.ipv6) prepare_ipv6(interface, *link);
    for (const auto& address : addresses_of(interface, link->index)) put(device, address);
    if (!link->up) add(SetLink{.device = device, .flag = SetLink::Flag::Up});
  }

  void prepare_ipv6(const WantedInterface& interface, const Link& link) {
    const auto device = device_of(link);
    if (!interface.carries(Family::Ipv6)) {
      // It would look for routers where nobody hears it. No more is done for such a link: the other
      // settings are files, which a site of IPv4 alone must not depend on.
      const bool lasts = link.ipv6 && interface.mtu >= kMinIpv6Mtu;
      if (lasts && link.ipv6->invents_addresses) add(StopInventingAddresses{device});
      return;
    }
    const auto now = link.ipv6.value_or(Ipv6Settings{});
    const auto set = [&](bool wrong, SetIpv6::Key key, std::uint32_t value) {
      if (wrong) add(SetIpv6{device, key, value});
    };
    if (now.invents_addresses) add(StopInventingAddresses{device});
    // The peer is no router of ours, whatever it says.
    set(now.accept_ra != 0, SetIpv6::Key::AcceptRa, 0);
    set(now.autoconf, SetIpv6::Key::Autoconf, 0);
    set(!now.ignore_linkdown, SetIpv6::Key::IgnoreLinkdown, 1);
    const bool forward = wanted_.forwarding == Forwarding::On;
    set(forward && !now.forwarding, SetIpv6::Key::Forwarding, 1);
    set(now.disabled, SetIpv6::Key::Disable, 0);
  }

  /// Makes sure of one address. The kernel knows one of IPv6 by itself alone: as part of another
  /// network it must go first, and what routes it was the source of lose it.
  void put(const Device& device, const Address& address) {
    const auto& all = actual_.addresses;
    if (std::find(all.begin(), all.end(), address) != all.end()) return;
    const auto other = std::find_if(all.begin(), all.end(), [&](const Address& each) {
      return each.device == address.device && same_ipv6(each, address);
    });
    if (other != all.end()) {
      add(DeleteAddress{device, *other});
      lost_sources_.push_back(*other);
    }
    add(AddAddress{device, address});
  }

  static bool same_ipv6(const Address& a, const Address& b) {
    return a.family() == Family::Ipv6 && a.local == b.local;
  }

  void put_routes(const WantedInterface& interface) {
    const auto* link = tun_of(interface);
    if (link == nullptr) return;
    for (const auto& route : peer_routes(interface, link->index)) put(route);
    for (const auto& network : interface.networks) {
      if (interface.carries(network.family())) put(network_route(interface, network, link->index));
    }
  }

  bool loses_source(const Route& route) const {
    return std::any_of(lost_sources_.begin(), lost_sources_.end(), [&](const Address& each) {
      return each.device == route.device && each.local == route.source;
    });
  }

  /// Makes sure of one route. Of two wanted ones with the same key the first wins.
  void put(const Route& route) {
    if (!actual_.ipv6 && route.to.family() == Family::Ipv6) return;
    if (!placed_.insert(key_of(route)).second) return;
    auto found = find_route(route, [&route](const Route& other) { return other == route; });
    const bool right = found && !loses_source(route);
    if (!found) found = find_route(route, [](const Route&) { return true; });
    if (found) {
      fates_[*found] = Fate::Kept;
      if (!right) add(ReplaceRoute{device_of(route), route});
      return;
    }
    // An administrator's route stays: conflicts() tells of it.
    if (std::any_of(actual_.foreign.begin(), actual_.foreign.end(),
                    [&route](const Route& other) { return other.same_key(route); })) {
      return;
    }
    add(AddRoute{device_of(route), route});
  }

  /// The first of the kernel's routes with the same key that is `which`.
  template <typename Which>
  std::optional<std::size_t> find_route(const Route& route, Which which) const {
    const auto [begin, end] = by_key_.equal_range(key_of(route));
    for (auto at = begin; at != end; ++at) {
      if (fates_[at->second] != Fate::Gone && which(actual_.routes[at->second])) return at->second;
    }
    return std::nullopt;
  }

  template <typename Which>
  void drop_routes(Which which) {
    for (std::size_t i = 0; i < actual_.routes.size(); ++i) {
      const auto& route = actual_.routes[i];
      if (fates_[i] == Fate::Open && which(route)) add(DeleteRoute{device_of(route), route});
    }
  }

  /// What the kernel has taken by the time that interfaces are prepared.
  void forget_what_goes() {
    for (std::size_t i = 0; i < actual_.routes.size(); ++i) {
      const auto& route = actual_.routes[i];
      if (fates_[i] == Fate::Open && goes_with_ipv6(route.device, route.to.family())) {
        fates_[i] = Fate::Gone;
      }
    }
  }

  /// Whether the kernel takes what IPv6 has from the device, for the MTU that it is given.
  bool goes_with_ipv6(int device, Family family) const {
    const auto* link = actual_.link(device);
    if (link == nullptr || family == Family::Ipv4) return false;
    return std::any_of(wanted_.interfaces.begin(), wanted_.interfaces.end(), [&](const auto& each) {
      return each.mtu < kMinIpv6Mtu && tun_of(each) == link;
    });
  }

  void drop_addresses(const WantedInterface& interface) {
    const auto* link = tun_of(interface);
    if (link == nullptr) return;
    const auto wanted = addresses_of(interface, link->index);
    for (const auto& address : actual_.addresses) {
      const bool stays = std::any_of(wanted.begin(), wanted.end(), [&](const Address& each) {
        return each == address || same_ipv6(each, address);  // or it is replaced already
      });
      if (address.device != link->index || stays) continue;
      if (goes_with_ipv6(address.device, address.family())) continue;
      add(DeleteAddress{device_of(*link), address});
    }
  }

  void drop_links() {
    for (const auto& link : actual_.links) {
      if (link.ours() && !is_wanted(link)) add(DeleteLink{device_of(link)});
    }
  }

  const Wanted& wanted_;
  const Actual& actual_;
  std::multimap<Key, std::size_t> by_key_;  // places in actual_.routes
  std::vector<Fate> fates_;                 // of actual_.routes
  std::set<Key> placed_;                    // wanted routes dealt with
  std::vector<Address> lost_sources_;
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
