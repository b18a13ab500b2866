// Random wishes, random kernels, random damage: the plan always gets there, never fights anybody,
// and never leaves a guarded network unguarded on the way.

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
      if (!there && chance(80)) kernel.add_tun(device).tun = chance(90);
      if (there && chance(15)) kernel.remove(device);
      if (chance(15)) kernel.set_down(device);
    }
    if (!kernel.routes.empty() && chance(50)) {
      kernel.routes.erase(kernel.routes.begin() + number(0, kernel.routes.size() - 1));
    }
    for (auto& link : kernel.links) damage(kernel, link);
  }

  bool chance(unsigned percent) { return number(0, 99) < static_cast<long>(percent); }

 private:
  static inline const std::vector<std::string> kDevices{"tun0", "tun1", "tun2"};
  static inline const std::vector<std::string> kNetworks{
      "192.168.1.0/24", "192.168.2.0/24", "10.0.0.0/8", "172.16.0.1/32", "2001:db8::/32"};
  static inline const std::vector<std::string> kAddresses{"10.224.1.1", "10.224.1.2", "10.224.1.3",
                                                          "10.224.1.4"};
  static inline const std::vector<std::uint32_t> kMetrics{0, 50, 100};

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
                         .mtu = Mtu{chance(80) ? 1500U : 1400U},
                         .local = address(pick(kAddresses)),
                         .peer = address(pick(kAddresses)),
                         .networks = {},
                         .metric = pick(kMetrics)};
    for (const auto& text : kNetworks) {
      if (chance(40)) site.networks.push_back(network(text));
    }
    return site;
  }

  void damage(SimulatedKernel& kernel, Link& link) {
    if (chance(10)) link.mtu = Mtu{576};
    if (chance(10)) link.alias = "tunneld:somebody";
    if (chance(10)) link.ignore_linkdown_ipv4 = false;
    if (chance(10)) {
      const auto stray = address(pick(kAddresses));
      const Address extra{.device = link.index, .local = stray, .peer = stray, .length = 32};
      if (std::find(kernel.addresses.begin(), kernel.addresses.end(), extra) ==
          kernel.addresses.end()) {
        kernel.addresses.push_back(extra);
      }
    }
    if (link.up && chance(20)) {
      Route stray{.to = network(pick(kNetworks)), .metric = pick(kMetrics), .device = link.index};
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
    if (!std::holds_alternative<DeleteLink>(change)) {
      EXPECT_EQ(foreign(kernel), before) << describe(change);
    }
  }
}

TEST(PlanProperty, ReachesAnyWishFromAnyState) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE(seed);
    World world{seed};
    SimulatedKernel kernel;
    for (int round = 0; round < 4; ++round) {
      world.disturb(kernel);
      const auto want = world.wish();
      carry_out(kernel, want);
      carry_out(kernel, want);
      auto rest = plan(want, kernel.read(want));
      std::erase_if(rest, [&](const Change& change) { return is_taken(kernel, change); });
      EXPECT_THAT(samples::words(rest), IsEmpty());
      expect_guarded(kernel, want.guarded);
    }
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace tunnel::routes
