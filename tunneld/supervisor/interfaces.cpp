#include "tunneld/supervisor/interfaces.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <memory>
#include <string>

namespace tunnel::supervisor {

namespace {

struct FreeAddresses {
  void operator()(ifaddrs* all) const noexcept { ::freeifaddrs(all); }
};

std::set<std::pair<InterfaceName, Ipv4Address>> ask_addresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, FreeAddresses> all{list};
  std::set<std::pair<InterfaceName, Ipv4Address>> found;
  for (const auto* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
    const auto name = InterfaceName::parse(each->ifa_name);
    sockaddr_in address{};
    std::memcpy(&address, each->ifa_addr, sizeof address);
    if (name) found.emplace(*name, Ipv4Address{ntohl(address.sin_addr.s_addr)});
  }
  return found;
}

}  // namespace

InterfaceName Interfaces::name(unsigned index, TimePoint now) {
  auto& known = names_[index];
  if (!known.name.str().empty() && now < known.asked + kFresh) return known.name;
  known.asked = now;
  std::array<char, IF_NAMESIZE> text{};
  const auto* asked = ::if_indextoname(index, text.data());
  const auto name = asked == nullptr ? std::nullopt : InterfaceName::parse(asked);
  if (name) {
    known.name = *name;
  } else if (known.name.str().empty()) {
    known.name = *InterfaceName::parse("if" + std::to_string(index));
  }
  return known.name;
}

bool Interfaces::has_address(const InterfaceName& interface, Ipv4Address address, TimePoint now) {
  if (!asked_ || now >= *asked_ + kFresh) {
    addresses_ = ask_addresses();
    asked_ = now;
  }
  return addresses_.contains({interface, address});
}

}  // namespace tunnel::supervisor
