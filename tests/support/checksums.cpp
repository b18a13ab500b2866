#include "tests/support/checksums.hpp"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <vector>

namespace tunnel::test {

namespace {

/// `what`: ETHTOOL_STXCSUM or ETHTOOL_SRXCSUM, as `ethtool -K INTERFACE tx off` does it.
void switch_off(const World& world, const std::string& node, const std::string& interface,
                std::uint32_t what) {
  const InNetwork inside{world, node};
  const UniqueFd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ethtool_value off{what, 0};
  ifreq request{};
  std::copy(interface.begin(), interface.end(), request.ifr_name);
  request.ifr_data = static_cast<char*>(static_cast<void*>(&off));
  if (::ioctl(socket.get(), SIOCETHTOOL, &request) < 0) {
    fail_errno("switch off checksums of " + interface + " on " + node);
  }
}

/// The value of the column, in a table of lines in pairs: "Udp: InDatagrams InCsumErrors" and then
/// "Udp: 7 0".
std::uint64_t in_table(const std::string& table, const std::string& protocol,
                       const std::string& column) {
  std::istringstream lines{table};
  std::map<std::string, std::vector<std::string>> names;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::string first;
    words >> first;
    std::vector<std::string> rest;
    for (std::string word; words >> word;) rest.push_back(word);
    if (first != protocol + ":") continue;
    if (!names.contains(first)) {
      names[first] = rest;
      continue;
    }
    const auto& known = names[first];
    const auto found = std::find(known.begin(), known.end(), column);
    if (found != known.end()) {
      return std::stoull(rest.at(static_cast<std::size_t>(found - known.begin())));
    }
  }
  throw std::runtime_error{"no " + column + " of " + protocol};
}

}  // namespace

void verify_checksums(const World& world) {
  struct Place {
    const char* node;
    const char* interface;
  };

  // Each packet of a gateway passes two wires: to the bridge of its network, and to the host.
  constexpr Place kSenders[] = {
      {"home", "lan0"}, {"switch", "client"}, {"labs", "em0"}, {"switch", "routera"}};
  constexpr Place kReceivers[] = {
      {"switch", "home"}, {"client", "eth0"}, {"switch", "labs-em0"}, {"routera", "eth0"}};
  for (const auto& place : kSenders) {
    switch_off(world, place.node, place.interface, ETHTOOL_STXCSUM);
  }
  for (const auto& place : kReceivers) {
    switch_off(world, place.node, place.interface, ETHTOOL_SRXCSUM);
  }
}

std::uint64_t checksum_errors(const World& world, const std::string& node) {
  const auto ipv4 = world.output(node, {"cat", "/proc/net/snmp"});
  auto errors = in_table(ipv4, "Tcp", "InCsumErrors") + in_table(ipv4, "Udp", "InCsumErrors");
  std::istringstream ipv6{world.output(node, {"cat", "/proc/net/snmp6"})};
  std::string name;
  for (std::uint64_t value = 0; ipv6 >> name >> value;) {
    if (name == "Udp6InCsumErrors") errors += value;
  }
  return errors;
}

}  // namespace tunnel::test
