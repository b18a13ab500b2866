#include "filter/model/host_address.hpp"

namespace tunnel::filter {

std::optional<HostAddress> HostAddress::parse(std::string_view text) {
  if (const auto v4 = Ipv4Address::parse(text)) return HostAddress{*v4};
  if (const auto v6 = Ipv6Address::parse(text)) return HostAddress{*v6};
  return std::nullopt;
}

std::string HostAddress::str() const {
  return family_ == Family::Ipv4 ? v4().str() : v6().str();
}

}  // namespace tunnel::filter
