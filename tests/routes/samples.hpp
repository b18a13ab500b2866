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

inline InterfaceName name(std::string_view text) {
  return *InterfaceName::parse(text);
}

inline WantedInterface labs() {
  return WantedInterface{.name = name("tun0"),
                         .alias = "tunneld:labs",
                         .mtu = Mtu{1500},
                         .local = address("10.224.1.1"),
                         .peer = address("10.224.1.2"),
                         .networks = {network("192.168.253.0/24"), network("172.16.1.0/24")},
                         .metric = 50};
}

inline WantedInterface depot() {
  return WantedInterface{.name = name("tun1"),
                         .alias = "tunneld:depot",
                         .mtu = Mtu{1400},
                         .local = address("10.224.1.1"),
                         .peer = address("10.224.1.6"),
                         .networks = {network("192.168.77.0/24")},
                         .metric = 50};
}

/// All of `interface` guarded.
inline void guard(Wanted& wanted, const WantedInterface& interface) {
  wanted.guarded.insert(wanted.guarded.end(), interface.networks.begin(), interface.networks.end());
  wanted.guarded.push_back(Prefix::host(interface.peer));
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
