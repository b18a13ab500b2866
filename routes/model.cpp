#include "routes/model.hpp"

#include <algorithm>

namespace tunnel::routes {

Prefix host(const IpAddress& address) {
  return std::visit([](const auto& each) { return Prefix::host(each); }, address);
}

std::string text(const IpAddress& address) {
  return std::visit([](const auto& each) { return each.str(); }, address);
}

bool WantedInterface::carries(Family family) const noexcept {
  if (family == Family::Ipv4) return ipv4.has_value();
  return (ipv6 || link_local) && mtu >= kMinIpv6Mtu;
}

Prefix Address::subnet() const {
  return std::visit([this](const auto& each) { return *Prefix::containing(each, length); }, peer);
}

std::vector<Address> addresses_of(const WantedInterface& interface, int device) {
  std::vector<Address> all;
  const auto add = [&](const IpAddress& local, const IpAddress& peer, std::uint8_t length) {
    all.push_back({.device = device, .local = local, .peer = peer, .length = length});
  };
  if (interface.ipv4) add(interface.ipv4->local, interface.ipv4->peer, 32);
  if (!interface.carries(Family::Ipv6)) return all;
  if (interface.link_local) add(*interface.link_local, *interface.link_local, 64);
  if (interface.ipv6) add(interface.ipv6->local, interface.ipv6->local, 128);
  return all;
}

const Link* Actual::link(std::string_view name) const noexcept {
  const auto found = std::find_if(links.begin(), links.end(),
                                  [name](const Link& link) { return link.name == name; });
  return found == links.end() ? nullptr : &*found;
}

const Link* Actual::link(int index) const noexcept {
  const auto found = std::find_if(links.begin(), links.end(),
                                  [index](const Link& link) { return link.index == index; });
  return found == links.end() ? nullptr : &*found;
}

}  // namespace tunnel::routes
