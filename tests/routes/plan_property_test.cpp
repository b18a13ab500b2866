// Random wishes, random kernels, random damage, in both families: the plan always gets there, never
// fights anybody, never leaves a guarded network unguarded on the way, and never costs the gateway
// the default route that a router on its uplink told it.

#include "routes/plan.hpp"
#include "tests/routes/samples.hpp"
#include "tests/routes/simulated_kernel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tunnel::routes {
namespace {

using samples::address;
using samples::address6;
using samples::name;
using samples::network;
using testing::IsEmpty;

class World {
 public:
  static constexpr std::uint8_t kForeignProtocol = 4;

  explicit World(unsigned seed) : random_{seed} {}

  Wanted wish() {
    Wanted want;
    for (const auto& device : kDevices) {
      if (chance(30)) continue;
      const auto site = interface(device);
      if (chance(80)) samples::guard(want, site);
      if (chance(80)) want.interfaces.push_back(site);
    }
    want.forwarding = chance(50) ? Forwarding::On : Forwarding::LeaveAlone;
    return want;
  }

  /// What reboots, crashes and administrators do to a kernel.
  void disturb(SimulatedKernel& kernel) {
    for (const auto& device : kDevices) {
      const bool there = std::any_of(kernel.links.begin(), kernel.links.end(),
                                     [&](const Link& link) { return link.name == device; });
      if (!there && chance(80)) add_tun(kernel, device);
      if (there && chance(15)) kernel.remove(device);
      if (chance(15)) kernel.set_down(device);
    }
    if (!kernel.routes.empty() && chance(50)) {
      kernel.routes.erase(kernel.routes.begin() + number(0, kernel.routes.size() - 1));
    }
    for (auto& link : kernel.links) {
      if (link.name != kUplink) damage(kernel, link);
    }
    if (chance(20)) switch_ipv6_forwarding_off(kernel);
    if (!kernel.has_router(uplink(kernel))) kernel.hear_router(uplink(kernel));
  }

  static constexpr const char* kUplink = "eth0";

  /// The link by which the gateway itself reaches the world.
  static const Link& uplink(const SimulatedKernel& kernel) {
    return *std::find_if(kernel.links.begin(), kernel.links.end(),
                         [](const Link& each) { return each.name == kUplink; });
  }

  static void add_uplink(SimulatedKernel& kernel) {
    auto& link = kernel.add_tun(kUplink);
    link.tun = false;
    link.up = true;
  }

  bool chance(unsigned percent) { return number(0, 99) < static_cast<long>(percent); }

 private:
  static inline const std::vector<std::string> kDevices{"tun0", "tun1", "tun2"};
  static inline const std::vector<std::string> kNetworks{
      "192.168.1.0/24", "192.168.2.0/24", "10.0.0.0/8", "172.16.0.1/32",
      "2001:db8::/32",  "2001:db8::/48",  "fd00::7/128"};
  static inline const std::vector<std::string> kAddresses{"10.224.1.1", "10.224.1.2", "10.224.1.3",
                                                          "10.224.1.4"};
  static inline const std::vector<std::string> kAddresses6{"fd00::1", "fd00::2", "fd00::3"};
  static inline const std::vector<std::string> kLinkLocal{"fe80::1", "fe80::2"};
  static inline const std::vector<std::uint32_t> kMetrics{0, 50, 256};
  static inline const std::vector<std::uint32_t> kMtus{1500, 1500, 1400, 1000};

  long number(std::size_t low, std::size_t high) {
    return std::uniform_int_distribution<long>{static_cast<long>(low),
                                               static_cast<long>(high)}(random_);
  }

  template <typename T>
  const T& pick(const std::vector<T>& values) {
    return values[static_cast<std::size_t>(number(0, values.size() - 1))];
  }

  WantedInterface interface(const std::string& device) {
    WantedInterface site{.name = name(device),
                         .alias = chance(80) ? "tunneld:" + device : "tunneld:other",
                         .mtu = Mtu{pick(kMtus)},
                         .networks = {},
                         .metric = pick(kMetrics)};
    if (chance(80)) site.ipv4 = Pair4{address(pick(kAddresses)), address(pick(kAddresses))};
    if (chance(50)) site.ipv6 = Pair6{address6(pick(kAddresses6)), address6(pick(kAddresses6))};
    if (chance(50)) site.link_local = address6(pick(kLinkLocal));
    for (const auto& text : kNetworks) {
      if (chance(40)) site.networks.push_back(network(text));
    }
    return site;
  }

  void damage(SimulatedKernel& kernel, Link& link) {
    if (chance(10)) kernel.set_mtu(link, Mtu{chance(50) ? 576U : 1300U});
    if (chance(10)) link.alias = "tunneld:somebody";
    if (chance(10)) link.ignore_linkdown = false;
    if (link.ipv6 && chance(10)) damage(*link.ipv6);
    if (chance(10)) add_stray(kernel, link, address(pick(kAddresses)), 32);
    // One of our own, as part of another network.
    if (link.ipv6 && chance(10)) add_stray(kernel, link, address6(pick(kAddresses6)), 64);
    if (link.ipv6 && chance(10)) kernel.invent_address(link);
    if (link.up && chance(20)) {
      Route stray{.to = network(pick(kNetworks)), .metric = pick(kMetrics), .device = link.index};
      if (stray.to.family() == Family::Ipv6 && !link.ipv6) return;
      if (chance(50)) {
        stray.protocol = kForeignProtocol;
      } else if (chance(20)) {
        stray.metric = kGuardMetric;
      }
      if (std::none_of(kernel.routes.begin(), kernel.routes.end(),
                       [&](const Route& route) { return route.same_key(stray); })) {
        kernel.routes.push_back(stray);
      }
    }
  }

  void add_tun(SimulatedKernel& kernel, const std::string& device) {
    auto& link = kernel.add_tun(device);
    link.tun = chance(90);
    link.ipv6->disabled = chance(10);
  }

  void damage(Ipv6Settings& settings) {
    settings.autoconf = settings.autoconf || chance(30);
    settings.invents_addresses = settings.invents_addresses || chance(30);
    settings.ignore_linkdown = settings.ignore_linkdown && chance(70);
    settings.forwarding = settings.forwarding && chance(70);
    if (chance(30)) settings.accept_ra = 1;
  }

  static void add_stray(SimulatedKernel& kernel, const Link& link, const IpAddress& local,
                        std::uint8_t length) {
    const bool there = std::any_of(
        kernel.addresses.begin(), kernel.addresses.end(),
        [&](const Address& each) { return each.device == link.index && each.local == local; });
    if (there) return;
    kernel.addresses.push_back(
        {.device = link.index, .local = local, .peer = local, .length = length});
  }

  static void switch_ipv6_forwarding_off(SimulatedKernel& kernel) {
    kernel.ipv6_forwarding = false;
    for (auto& link : kernel.links) {
      if (link.ipv6) link.ipv6->forwarding = false;
    }
  }

  std::mt19937 random_;
};

std::vector<Route> foreign(const SimulatedKernel& kernel) {
  std::vector<Route> routes;
  for (const auto& route : kernel.routes) {
    if (route.protocol == World::kForeignProtocol) routes.push_back(route);
  }
  return routes;
}

bool has_route(const SimulatedKernel& kernel, const Prefix& to, RouteType type) {
  return std::any_of(kernel.routes.begin(), kernel.routes.end(), [&](const Route& route) {
    return route.to == to && route.type == type && route.protocol == kRouteProtocol;
  });
}

/// Routes of a family go into the tunnels that carry it, and into no others.
void expect_carried(const SimulatedKernel& kernel, const Wanted& want) {
  for (const auto& interface : want.interfaces) {
    const auto link = std::find_if(kernel.links.begin(), kernel.links.end(), [&](const Link& each) {
      return each.tun && each.name == interface.name.str();
    });
    if (link == kernel.links.end()) continue;
    for (const auto& route : kernel.routes) {
      if (route.device != link->index || route.protocol != kRouteProtocol) continue;
      EXPECT_TRUE(interface.carries(route.to.family())) << describe(route, link->name);
    }
    if (!interface.carries(Family::Ipv6)) continue;
    ASSERT_TRUE(link->ipv6);
    EXPECT_EQ(link->ipv6->accept_ra, 0U);
    EXPECT_FALSE(link->ipv6->autoconf || link->ipv6->invents_addresses || link->ipv6->disabled);
    EXPECT_TRUE(link->ipv6->ignore_linkdown);
  }
}

/// No way into a tunnel without the guard behind it.
void expect_guarded(const SimulatedKernel& kernel, const std::vector<Prefix>& guarded) {
  for (const auto& to : guarded) {
    EXPECT_TRUE(has_route(kernel, to, RouteType::Unreachable)) << to.str();
  }
}

bool makes_guard(const Change& change) {
  const auto* add = std::get_if<AddRoute>(&change);
  const auto* replace = std::get_if<ReplaceRoute>(&change);
  const auto* route = add ? &add->route : replace ? &replace->route : nullptr;
  return route != nullptr && route->type == RouteType::Unreachable;
}

bool drops_guard(const Change& change) {
  const auto* gone = std::get_if<DeleteRoute>(&change);
  return gone != nullptr && gone->route.type == RouteType::Unreachable;
}

/// Somebody's route of the same key can hide from the look-up behind a better one. Then the plan
/// asks for the impossible, and the kernel refuses.
bool is_taken(const SimulatedKernel& kernel, const Change& change) {
  const auto* add = std::get_if<AddRoute>(&change);
  const auto theirs = foreign(kernel);
  return add != nullptr && std::any_of(theirs.begin(), theirs.end(), [&](const Route& route) {
           return route.same_key(add->route);
         });
}

/// Others' routes into a device go with it, and those of IPv6 below its least MTU.
bool takes_others_routes(const Change& change) {
  const auto* set = std::get_if<SetLink>(&change);
  return std::holds_alternative<DeleteLink>(change) ||
         (set != nullptr && set->mtu && *set->mtu < kMinIpv6Mtu);
}

void carry_out(SimulatedKernel& kernel, const Wanted& want) {
  bool guards_made = false;
  bool guards_leave = false;
  for (const auto& change : plan(want, kernel.read(want))) {
    guards_made = guards_made || !makes_guard(change);
    if (guards_made) expect_guarded(kernel, want.guarded);
    guards_leave = guards_leave || drops_guard(change);
    EXPECT_EQ(guards_leave, drops_guard(change)) << describe(change);
    const auto before = foreign(kernel);
    const auto error = kernel.apply(change);
    EXPECT_EQ(error, is_taken(kernel, change) ? "route exists" : "") << describe(change);
    if (!takes_others_routes(change)) {
      EXPECT_EQ(foreign(kernel), before) << describe(change);
    }
  }
}

TEST(PlanProperty, ReachesAnyWishFromAnyState) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE(seed);
    World world{seed};
    SimulatedKernel kernel;
    World::add_uplink(kernel);
    for (int round = 0; round < 4; ++round) {
      world.disturb(kernel);
      const auto want = world.wish();
      const bool routed = kernel.has_router(World::uplink(kernel));
      carry_out(kernel, want);
      carry_out(kernel, want);
      auto rest = plan(want, kernel.read(want));
      std::erase_if(rest, [&](const Change& change) { return is_taken(kernel, change); });
      EXPECT_THAT(samples::words(rest), IsEmpty());
      expect_guarded(kernel, want.guarded);
      expect_carried(kernel, want);
      EXPECT_EQ(kernel.has_router(World::uplink(kernel)), routed);
    }
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace tunnel::routes
