#pragma once

#include "routes/change.hpp"
#include "routes/model.hpp"

#include <gmock/gmock.h>

#include <string>
#include <string_view>
#include <vector>

/// The two sites that the tests of this folder configure.
namespace tunnel::routes::samples {

inline Prefix network(std::string_view text) {
  return *Prefix::parse(text);
}

inline Ipv4Address address(std::string_view text) {
  return *Ipv4Address::parse(text);
}

inline Ipv6Address address6(std::string_view text) {
  return *Ipv6Address::parse(text);
}

inline InterfaceName name(std::string_view text) {
  return *InterfaceName::parse(text);
}

inline WantedInterface labs() {
  return WantedInterface{.name = name("tun0"),
                         .alias = "tunneld:labs",
                         .mtu = Mtu{1500},
                         .ipv4 = Pair4{address("10.224.1.1"), address("10.224.1.2")},
                         .networks = {network("192.168.253.0/24"), network("172.16.1.0/24")},
                         .metric = 50};
}

inline WantedInterface depot() {
  return WantedInterface{.name = name("tun1"),
                         .alias = "tunneld:depot",
                         .mtu = Mtu{1400},
                         .ipv4 = Pair4{address("10.224.1.1"), address("10.224.1.6")},
                         .networks = {network("192.168.77.0/24")},
                         .metric = 50};
}

/// A link of both families.
inline WantedInterface clinic() {
  return WantedInterface{.name = name("tun2"),
                         .alias = "tunneld:clinic",
                         .mtu = Mtu{1500},
                         .ipv4 = Pair4{address("10.224.1.9"), address("10.224.1.10")},
                         .ipv6 = Pair6{address6("fd00:224::1"), address6("fd00:224::2")},
                         .link_local = address6("fe80::1"),
                         .networks = {network("192.168.44.0/24"), network("2001:db8:44::/48")},
                         .metric = 50};
}

/// The same link with IPv6 alone.
inline WantedInterface clinic_of_ipv6() {
  auto interface = clinic();
  interface.ipv4.reset();
  interface.networks = {network("2001:db8:44::/48")};
  return interface;
}

/// All of `interface` guarded.
inline void guard(Wanted& wanted, const WantedInterface& interface) {
  wanted.guarded.insert(wanted.guarded.end(), interface.networks.begin(), interface.networks.end());
  if (interface.ipv4) wanted.guarded.push_back(Prefix::host(interface.ipv4->peer));
  if (interface.ipv6) wanted.guarded.push_back(Prefix::host(interface.ipv6->peer));
}

inline Wanted wanted(std::vector<WantedInterface> interfaces) {
  Wanted wanted{.interfaces = std::move(interfaces), .forwarding = Forwarding::On};
  for (const auto& interface : wanted.interfaces) guard(wanted, interface);
  return wanted;
}

inline std::vector<std::string> words(const std::vector<Change>& changes) {
  std::vector<std::string> lines;
  for (const auto& change : changes) lines.push_back(describe(change));
  return lines;
}

}  // namespace tunnel::routes::samples
