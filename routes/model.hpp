#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/identifiers.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
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

/// The least MTU that IPv6 runs on (RFC 8200 §5; RFC 5072 §2 of PPP links). Below it the kernel
/// takes everything of IPv6 from an interface.
inline constexpr Mtu kMinIpv6Mtu{1280};

/// An address of either family.
using IpAddress = std::variant<Ipv4Address, Ipv6Address>;

/// The network that has this address alone.
Prefix host(const IpAddress& address);

std::string text(const IpAddress& address);

/// Whether an interface passes packets.
enum class LinkState : std::uint8_t {
  Up,    ///< packets pass
  Held,  ///< device, addresses and routes stay; packets are refused by the guards
};

/// What becomes of net.ipv4.ip_forward, of net.ipv6.conf.all.forwarding, and of forwarding on the
/// interfaces of ours.
enum class Forwarding : std::uint8_t {
  LeaveAlone,  ///< the administrator's business
  On,          ///< switched on where it is off and a site needs it; never switched off
};

/// The two ends of a link.
struct Pair4 {
  Ipv4Address local;
  Ipv4Address peer;
  bool operator==(const Pair4&) const = default;
};

/// The same of IPv6: addresses beyond the link-local ones, which a link need not have.
struct Pair6 {
  Ipv6Address local;
  Ipv6Address peer;
  bool operator==(const Pair6&) const = default;
};

/// What one site wants of the kernel while its tun device exists. The device itself, its carrier
/// and its end are the business of whoever holds its descriptor.
///
/// The routes are there in both link states: with the carrier off the kernel skips them
/// (ignore_routes_with_linkdown), and the guard of the same network answers. To withdraw them,
/// leave `networks` empty.
///
/// A link may carry one family only. Networks of the other one get no route, but their guards:
/// senders hear at once that there is no way.
struct WantedInterface {
  InterfaceName name;
  std::string alias;  ///< begins with kAliasPrefix
  Mtu mtu;
  std::optional<Pair4> ipv4{};
  std::optional<Pair6> ipv6{};
  /// This end's fe80::/64 address, made of the identifier that IPV6CP agreed (RFC 5072 §5). The
  /// peer's needs no mention: it is on the link.
  std::optional<Ipv6Address> link_local{};
  std::vector<Prefix> networks{};  ///< of both families
  std::uint32_t metric = 0;        ///< of the routes to `networks`, below kGuardMetric

  /// Whether packets of this family go over the link: it has an address of it, and for IPv6 the
  /// MTU, too.
  bool carries(Family family) const noexcept;
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

/// What net.ipv6.conf.DEVICE says, as far as it matters here; at first, all of it as it is least
/// wanted.
struct Ipv6Settings {
  bool disabled = true;           ///< disable_ipv6
  bool invents_addresses = true;  ///< addr_gen_mode is another than none
  bool autoconf = true;
  bool forwarding = false;
  bool ignore_linkdown = false;  ///< ignore_routes_with_linkdown
  /// Router advertisements are heeded 0: never, 1: while `forwarding` is off, 2: always.
  std::uint32_t accept_ra = 1;

  bool operator==(const Ipv6Settings&) const = default;
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
  bool loopback = false;
  bool forwarding = false;       ///< of IPv4
  bool ignore_linkdown = false;  ///< ignore_routes_with_linkdown, of IPv4
  /// Nothing where the kernel has no IPv6, or the MTU is too small for it.
  std::optional<Ipv6Settings> ipv6{};

  LinkState state() const noexcept { return up && lower_up ? LinkState::Up : LinkState::Held; }

  /// A tun device that says by its alias that it is ours.
  bool ours() const noexcept { return tun && alias.starts_with(kAliasPrefix); }

  bool operator==(const Link&) const = default;
};

/// An address of an interface.
struct Address {
  int device = 0;  ///< index of the interface
  IpAddress local{};
  IpAddress peer{};  ///< the same as `local` where there is no peer
  std::uint8_t length = 32;

  Family family() const noexcept { return host(local).family(); }

  /// The network that is on the link with it.
  Prefix subnet() const;

  /// Whether that network is more than one address.
  bool has_subnet() const noexcept { return length < Prefix::max_length(family()); }

  bool operator==(const Address&) const = default;
};

/// The addresses that a wanted interface has, and no others.
///
/// The ends of an IPv6 pair are not told to the kernel as ends: it would make a route to the peer
/// with the address, and with the address remove whichever route there leads to the peer, ours
/// included. The route that plan() makes does the same, and stays until plan() removes it.
std::vector<Address> addresses_of(const WantedInterface& interface, int device);

enum class RouteType : std::uint8_t { Unicast, Unreachable, Other };

/// A route of the main table.
struct Route {
  Prefix to;
  RouteType type = RouteType::Unicast;
  std::uint32_t metric = 0;
  std::uint8_t protocol = kRouteProtocol;
  int device = 0;                     ///< index of the interface; 0 for none (and for several)
  std::optional<IpAddress> source{};  ///< what the gateway's own packets carry
  std::optional<IpAddress> gateway{};
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
  std::vector<Address> addresses{};  ///< all, of both families
  std::vector<Route> routes{};       ///< those of kRouteProtocol
  /// Routes of somebody else to exactly a wanted or guarded network, where the kernel would follow
  /// them now. One question for each network: a gateway with a full BGP table answers as fast as
  /// any other. What is hidden behind a more specific route is not seen.
  std::vector<Route> foreign{};
  bool ip_forward = false;       ///< net.ipv4.ip_forward
  bool ipv6_forwarding = false;  ///< net.ipv6.conf.all.forwarding
  /// What interfaces yet to come begin with (net.ipv6.conf.default).
  std::uint32_t default_accept_ra = 0;
  /// False where the kernel runs without IPv6: nothing of it to route, to guard, or to leak.
  bool ipv6 = true;

  const Link* link(std::string_view name) const noexcept;
  const Link* link(int index) const noexcept;
};

}  // namespace tunnel::routes
