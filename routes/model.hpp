#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/identifiers.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::routes {

/// rtm_protocol of every route tunneld makes: what a crash left is one filtered dump.
inline constexpr std::uint8_t kRouteProtocol = 84;

/// Metric of the unreachable routes: behind every route anybody is likely to make. The metric of a
/// WantedInterface must be lower.
inline constexpr std::uint32_t kGuardMetric = 0x7fffffff;

/// How the alias of an interface of ours begins, "tunneld:labs". A tun device with such an alias
/// that nobody wants any more is removed.
inline constexpr std::string_view kAliasPrefix = "tunneld:";

/// Whether an interface passes packets.
enum class LinkState : std::uint8_t {
  Up,    ///< packets pass
  Held,  ///< device, addresses and routes stay; packets are refused by the guards
};

/// What becomes of net.ipv4.ip_forward and of forwarding on the interfaces of ours.
enum class Forwarding : std::uint8_t {
  LeaveAlone,  ///< the administrator's business
  On,          ///< switched on where it is off; never switched off
};

/// What one site wants of the kernel while its tun device exists. The device itself, its carrier
/// and its end are the business of whoever holds its descriptor.
///
/// The routes are there in both link states: with the carrier off the kernel skips them
/// (ignore_routes_with_linkdown), and the guard of the same network answers. To withdraw them,
/// leave `networks` empty.
struct WantedInterface {
  InterfaceName name;
  std::string alias;  ///< begins with kAliasPrefix
  Mtu mtu;
  Ipv4Address local;
  Ipv4Address peer;
  std::vector<Prefix> networks{};
  std::uint32_t metric = 0;  ///< of the routes to `networks`, below kGuardMetric
};

/// What all sites together want of the kernel.
struct Wanted {
  std::vector<WantedInterface> interfaces{};
  /// Networks refused at the gateway when no better route exists (unreachable routes of a higher
  /// metric). They exist independently of devices. To fail closed, list every network of a site
  /// and Prefix::host() of its peer.
  std::vector<Prefix> guarded{};
  Forwarding forwarding = Forwarding::LeaveAlone;
};

/// An interface, as the kernel has it.
struct Link {
  int index = 0;
  std::string name{};
  std::string alias{};
  Mtu mtu{};
  bool tun = false;       ///< made by /dev/net/tun
  bool up = false;        ///< IFF_UP: the administrator's switch
  bool lower_up = false;  ///< IFF_LOWER_UP: the carrier
  bool forwarding = false;
  bool ignore_linkdown_ipv4 = false;  ///< ignore_routes_with_linkdown
  bool ignore_linkdown_ipv6 = false;

  LinkState state() const noexcept { return up && lower_up ? LinkState::Up : LinkState::Held; }

  /// A tun device that says by its alias that it is ours.
  bool ours() const noexcept { return tun && alias.starts_with(kAliasPrefix); }

  bool operator==(const Link&) const = default;
};

/// An IPv4 address of an interface.
struct Address {
  int device = 0;  ///< index of the interface
  Ipv4Address local{};
  Ipv4Address peer{};  ///< the same as `local` where there is no peer
  std::uint8_t length = 32;

  /// The network the kernel makes a connected route to.
  Prefix subnet() const;
  bool operator==(const Address&) const = default;
};

enum class RouteType : std::uint8_t { Unicast, Unreachable, Other };

/// A route of the main table.
struct Route {
  Prefix to;
  RouteType type = RouteType::Unicast;
  std::uint32_t metric = 0;
  std::uint8_t protocol = kRouteProtocol;
  int device = 0;  ///< index of the interface; 0 for none (and for several)
  std::optional<Ipv4Address>
      source{};                     ///< the address of ours that the gateway's own packets carry
  std::optional<Prefix> gateway{};  ///< a host
  std::uint8_t tos = 0;

  /// Whether the kernel takes the two for one: a route is known by network, metric and TOS.
  bool same_key(const Route& other) const noexcept {
    return to == other.to && metric == other.metric && tos == other.tos;
  }

  bool operator==(const Route&) const = default;
};

/// What the kernel has, as far as it matters to what is wanted.
struct Actual {
  std::vector<Link> links{};         ///< all
  std::vector<Address> addresses{};  ///< all of IPv4
  std::vector<Route> routes{};       ///< those of kRouteProtocol
  /// Routes of somebody else to exactly a wanted or guarded network, where the kernel would follow
  /// them now. One question for each network: a gateway with a full BGP table answers as fast as
  /// any other. What is hidden behind a more specific route is not seen.
  std::vector<Route> foreign{};
  bool ip_forward = false;  ///< net.ipv4.ip_forward
  /// False where the kernel runs without IPv6: nothing of it to route, to guard, or to leak.
  bool ipv6 = true;

  const Link* link(std::string_view name) const noexcept;
  const Link* link(int index) const noexcept;
};

}  // namespace tunnel::routes
