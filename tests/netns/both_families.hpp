#pragma once

#include "tests/support/sites.hpp"

namespace tunnel::test {

/// Before anything is started: the hosts client (fd00:1::215) and routera (fd00:253::1) have IPv6,
/// too, and so have their gateways and the tunnel (fd00:224::1 at home, fd00:224::2 at Labs).
inline void add_ipv6(const World& world) {
  world.shell("client",
              "ip address add fd00:1::215/64 dev eth0; ip route add default via fd00:1::10");
  world.shell("home", "ip address add fd00:1::10/64 dev lan0");
  world.shell("labs", "ip address add fd00:253::4/64 dev em0");
  world.shell("routera",
              "ip address add fd00:253::1/64 dev eth0; ip route add default via fd00:253::4");
  world.edit_profile("home", "[routes]",
                     "local6 = \"fd00:224::1\"\nremote6 = \"fd00:224::2\"\n\n[routes]");
  world.edit_profile("labs", "[routes]",
                     "local6 = \"fd00:224::2\"\nremote6 = \"fd00:224::1\"\n\n[routes]");
  world.edit_profile("home", "\"172.16.1.0/24\"]", "\"172.16.1.0/24\", \"fd00:253::/64\"]");
  world.edit_profile("labs", "\"192.168.1.0/24\"]", "\"192.168.1.0/24\", \"fd00:1::/64\"]");
}

/// Both families have to be up.
inline void wait_for_ipv6(const World& world) {
  for (const auto* gateway : {"home", "labs"}) {
    world.wait_for(gateway, [](const boost::json::object& site) {
      return text_of(site, "state") == "up" && site.at("remote6").is_string();
    });
  }
}

}  // namespace tunnel::test
