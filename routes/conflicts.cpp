#include "routes/conflicts.hpp"

#include "routes/change.hpp"
#include "tunneld/base/escape.hpp"

#include <algorithm>
#include <set>
#include <span>

namespace tunnel::routes {

namespace {

/// A network that ought to be ours, and the metric up to which another route to it is in the way.
struct Claim {
  const WantedInterface* interface;  // nullptr for a guard alone
  Prefix network;
  std::uint32_t metric;
};

/// The name as it is; not to be printed as it is.
std::string link_name(const Actual& actual, int index) {
  const auto* link = actual.link(index);
  return link != nullptr ? link->name : "interface " + std::to_string(index);
}

/// Of two sites that want the same network the first has the claim.
std::vector<Claim> claims(const Wanted& wanted) {
  std::vector<Claim> all;
  const std::set<Prefix> guarded{wanted.guarded.begin(), wanted.guarded.end()};
  std::set<Prefix> claimed;
  for (const auto& interface : wanted.interfaces) {
    auto networks = interface.networks;
    if (interface.ipv4) networks.push_back(Prefix::host(interface.ipv4->peer));
    if (interface.ipv6) networks.push_back(Prefix::host(interface.ipv6->peer));
    for (const auto& network : networks) {
      const auto limit = guarded.contains(network) ? kGuardMetric : interface.metric;
      if (claimed.insert(network).second) all.push_back({&interface, network, limit});
    }
  }
  for (const auto& network : wanted.guarded) {
    if (claimed.insert(network).second) all.push_back({nullptr, network, kGuardMetric});
  }
  return all;
}

bool is_wanted(const Wanted& wanted, const Link& link) {
  return std::any_of(
      wanted.interfaces.begin(), wanted.interfaces.end(),
      [&link](const WantedInterface& interface) { return interface.name.str() == link.name; });
}

/// Whether the interface is neither wanted nor one of ours that the plan is about to remove. The
/// wanted ones may share a local address: a hub often has one for all its links.
bool somebody_elses(const Wanted& wanted, const Actual& actual, int device) {
  const auto* link = actual.link(device);
  return link == nullptr || (!link->ours() && !is_wanted(wanted, *link));
}

/// Found once, and not for each of hundreds of interfaces: they are few.
std::vector<Address> addresses_of_others(const Wanted& wanted, const Actual& actual) {
  auto others = actual.addresses;
  std::erase_if(others, [&](const Address& address) {
    return !somebody_elses(wanted, actual, address.device);
  });
  return others;
}

void check_name(const WantedInterface& interface, const Actual& actual,
                std::vector<Conflict>& found) {
  const auto* link = actual.link(interface.name.str());
  if (link == nullptr || link->tun) return;
  const auto& name = interface.name.str();
  found.push_back({Conflict::Kind::InterfaceTaken, name,
                   name + " exists and is no tun device: rename it, or give the site another "
                          "interface"});
}

/// The addresses of both ends, but for the link-local ones: each link has its own of those.
struct Ends {
  IpAddress local;
  IpAddress peer;
};

void check_addresses(const Ends& ends, const std::string& name, std::span<const Address> others,
                     const Actual& actual, std::vector<Conflict>& found) {
  const auto clash = [&](const std::string& what, const IpAddress& address,
                         const std::string& holder) {
    found.push_back({Conflict::Kind::AddressTaken, name,
                     name + ": " + what + ' ' + text(address) + " is already " + holder +
                         ": give the site another address, or remove that one"});
  };
  for (const auto& address : others) {
    const auto holder = escape_text(link_name(actual, address.device));
    if (address.local == ends.local) clash("the local address", ends.local, "that of " + holder);
    if (address.local == ends.peer) {
      clash("the peer's address", ends.peer, "that of " + holder + " on this gateway");
    } else if (address.peer == ends.peer) {
      clash("the peer's address", ends.peer, "that of the peer of " + holder);
    }
  }
}

void check_addresses(const WantedInterface& interface, std::span<const Address> others,
                     const Actual& actual, std::vector<Conflict>& found) {
  const auto& name = interface.name.str();
  if (const auto& pair = interface.ipv4) {
    check_addresses({pair->local, pair->peer}, name, others, actual, found);
  }
  if (const auto& pair = interface.ipv6) {
    check_addresses({pair->local, pair->peer}, name, others, actual, found);
  }
}

/// A link-local address alone is nothing that anybody asked for.
void check_ipv6(const WantedInterface& interface, const Actual& actual,
                std::vector<Conflict>& found) {
  const bool wanted =
      interface.ipv6 || std::any_of(interface.networks.begin(), interface.networks.end(),
                                    [](const auto& each) { return each.family() == Family::Ipv6; });
  if (!wanted) return;
  const auto& name = interface.name.str();
  if (!actual.ipv6) {
    found.push_back({Conflict::Kind::NoIpv6, name,
                     name +
                         ": the site wants IPv6, which this kernel runs without: boot it without "
                         "ipv6.disable=1, or take IPv6 out of the profile"});
  } else if (interface.mtu < kMinIpv6Mtu) {
    found.push_back({Conflict::Kind::NoIpv6, name,
                     name + ": the site wants IPv6, which needs an MTU of 1280, and the link has " +
                         std::to_string(interface.mtu.bytes) +
                         ": raise \"mru\" on both gateways, or take IPv6 out of the profile"});
  }
}

std::string claim_text(const Claim& claim) {
  if (claim.interface == nullptr) return claim.network.str();
  return claim.interface->name.str() + ": " + claim.network.str();
}

/// Says which subnet is in the way of the claim; empty for none. Single addresses are no networks:
/// check_addresses() sees to them.
std::string subnet_conflict(const Claim& claim, std::span<const Address> others,
                            const Actual& actual) {
  for (const auto& address : others) {
    if (!address.has_subnet() || address.subnet() != claim.network) continue;
    return claim_text(claim) + " is also the network of " +
           escape_text(link_name(actual, address.device)) + " (" + text(address.local) + '/' +
           std::to_string(address.length) + "): one of the two must be renumbered";
  }
  return {};
}

std::string route_conflict(const Claim& claim, const Wanted& wanted, const Actual& actual) {
  for (const auto& route : actual.foreign) {
    if (route.to != claim.network || route.metric > claim.metric) continue;
    const auto* link = actual.link(route.device);
    // Whoever made it, its packets go into the right tunnel.
    if (link != nullptr && claim.interface != nullptr &&
        link->name == claim.interface->name.str()) {
      continue;
    }
    // It goes with its device.
    if (link != nullptr && link->ours() && !is_wanted(wanted, *link)) continue;
    const auto device = route.device == 0 ? std::string{} : link_name(actual, route.device);
    const bool preferred = claim.interface != nullptr && route.metric <= claim.interface->metric;
    return claim_text(claim) + " has a route of somebody else, \"" + describe(route, device) +
           "\", " +
           (preferred ? "which is not behind ours: remove it, or give the site a lower metric"
                      : "which would take its packets while the link is down: remove it");
  }
  return {};
}

}  // namespace

std::vector<Conflict> conflicts(const Wanted& wanted, const Actual& actual) {
  std::vector<Conflict> found;
  const auto others = addresses_of_others(wanted, actual);
  for (const auto& interface : wanted.interfaces) {
    check_name(interface, actual, found);
    check_ipv6(interface, actual, found);
    check_addresses(interface, others, actual, found);
  }
  for (const auto& claim : claims(wanted)) {
    auto sentence = subnet_conflict(claim, others, actual);
    if (sentence.empty()) sentence = route_conflict(claim, wanted, actual);
    if (sentence.empty()) continue;
    const auto name = claim.interface == nullptr ? std::string{} : claim.interface->name.str();
    found.push_back({Conflict::Kind::NetworkTaken, name, std::move(sentence)});
  }
  return found;
}

std::vector<InterfaceName> taken(std::vector<InterfaceName> names, const Wanted& wanted,
                                 const std::vector<Link>& links) {
  // Few of hundreds are somebody else's: these are looked for.
  std::set<std::string> others;
  for (const auto& link : links) {
    const bool held = link.tun && is_wanted(wanted, link);  // the alias may be yet to come
    if (!link.ours() && !held) others.insert(link.name);
  }
  std::erase_if(names, [&](const auto& name) { return !others.contains(name.str()); });
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string taken_text(const InterfaceName& name) {
  return '"' + name.str() + "\" is an interface of this machine already, and no tun of tunneld's";
}

}  // namespace tunnel::routes
