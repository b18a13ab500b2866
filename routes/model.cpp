#include "routes/model.hpp"

#include <algorithm>

namespace tunnel::routes {

Prefix Address::subnet() const {
  const std::uint32_t mask = length == 0 ? 0 : ~std::uint32_t{0} << (32 - length);
  return *Prefix::make(Ipv4Address{peer.value & mask}, length);
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
