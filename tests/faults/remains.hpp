#pragma once

#include "tests/support/sites.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace tunnel::test {

/// What a fault may leave behind on a gateway, as it is now.
struct Remains {
  /// Routes of all tables, rules, addresses, devices and nftables' ruleset, a line each. What is
  /// another for each link, as the interface's identifier, is left out.
  std::set<std::string> kernel{};
  /// Open descriptors of tunneld and of its bridge, by kind: "tunneld socket", "bridge
  /// /dev/net/tun". Without control clients, which come and go,
  /// and log files, which are opened when they are needed.
  std::map<std::string, int> descriptors{};
  /// Processes that ended and that nobody has waited for.
  std::size_t zombies = 0;
  /// Of tunneld, in KiB: what is in no file. (Its share of what is in files, which PSS has as well,
  /// grows when others that use them end: another test's tunneld, say.)
  std::size_t memory = 0;
};

/// Looks at a gateway whose tunneld runs and whose link is up.
Remains look_at(const World& world, const std::string& gateway);

/// "+ 192.168.9.0/24 dev tun0" and "- ...": what is more and what is less than before, apart from
/// memory.
std::vector<std::string> differences(const Remains& before, const Remains& after);

}  // namespace tunnel::test
