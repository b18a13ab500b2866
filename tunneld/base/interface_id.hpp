#pragma once

#include "tunneld/base/address.hpp"

#include <cstdint>
#include <string>

namespace tunnel {

/// The interface identifier of a PPP end (RFC 5072 §4.1): the lower half of its link-local address.
struct InterfaceId {
  std::uint64_t value = 0;  // zero: none yet

  constexpr bool is_zero() const noexcept { return value == 0; }

  /// fe80::/64 with this identifier (RFC 5072 §5).
  constexpr Ipv6Address link_local() const noexcept {
    Ipv6Address address;
    address.bytes[0] = 0xfe;
    address.bytes[1] = 0x80;
    for (std::size_t i = 0; i < 8; ++i) {
      address.bytes[15 - i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
    return address;
  }

  /// As the link-local address that it makes: "fe80::ae0:101".
  std::string str() const { return link_local().str(); }

  auto operator<=>(const InterfaceId&) const = default;
};

}  // namespace tunnel
