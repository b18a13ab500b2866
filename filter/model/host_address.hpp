#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tunnel::filter {

/// The address of a host, of either family, quick to compare and to hash.
class HostAddress {
 public:
  constexpr HostAddress() = default;  // 0.0.0.0

  constexpr explicit HostAddress(Ipv4Address address) noexcept : low_{address.value} {}

  constexpr explicit HostAddress(const Ipv6Address& address) noexcept : family_{Family::Ipv6} {
    for (std::size_t i = 0; i < 8; ++i) {
      high_ = high_ << 8 | address.bytes[i];
      low_ = low_ << 8 | address.bytes[i + 8];
    }
  }

  /// Either form, without a mask.
  static std::optional<HostAddress> parse(std::string_view text);

  constexpr Family family() const noexcept { return family_; }

  /// Only when family() says so.
  constexpr Ipv4Address v4() const noexcept {
    return Ipv4Address{static_cast<std::uint32_t>(low_)};
  }

  constexpr Ipv6Address v6() const noexcept {
    Ipv6Address address;
    for (std::size_t i = 0; i < 8; ++i) {
      address.bytes[i] = static_cast<std::uint8_t>(high_ >> (56 - 8 * i));
      address.bytes[i + 8] = static_cast<std::uint8_t>(low_ >> (56 - 8 * i));
    }
    return address;
  }

  /// RFC 5771: 224.0.0.0/4; RFC 4291 §2.7: ff00::/8.
  constexpr bool is_multicast() const noexcept {
    return family_ == Family::Ipv4 ? low_ >> 28 == 0xe : high_ >> 56 == 0xff;
  }

  std::string str() const;

  std::size_t hash() const noexcept {
    constexpr std::uint64_t kOdd = 0x9e37'79b9'7f4a'7c15;
    const auto mixed = (low_ ^ high_ * kOdd) * kOdd;
    return static_cast<std::size_t>(mixed ^ mixed >> 29);
  }

  bool operator==(const HostAddress&) const = default;

 private:
  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
  Family family_ = Family::Ipv4;
};

}  // namespace tunnel::filter
