#pragma once

#include "tunneld/base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tunnel {

/// An IPv4 address, in host byte order.
struct Ipv4Address {
  std::uint32_t value = 0;

  /// "10.224.1.1"; nullopt for anything but four decimal numbers.
  static std::optional<Ipv4Address> parse(std::string_view text);
  std::string str() const;

  constexpr bool is_unspecified() const noexcept { return value == 0; }

  auto operator<=>(const Ipv4Address&) const = default;
};

/// An IPv6 address, in network byte order.
struct Ipv6Address {
  std::array<std::uint8_t, 16> bytes{};

  /// The forms of RFC 4291 §2.2, without a zone.
  static std::optional<Ipv6Address> parse(std::string_view text);
  std::string str() const;  // RFC 5952
  auto operator<=>(const Ipv6Address&) const = default;
};

enum class Family : std::uint8_t { Ipv4 = 4, Ipv6 = 6 };

/// A network: an address of either family and a prefix length, host bits zero.
class Prefix {
 public:
  constexpr Prefix() = default;  // 0.0.0.0/0

  static constexpr std::uint8_t max_length(Family family) noexcept {
    return family == Family::Ipv4 ? 32 : 128;
  }

  /// nullopt when the length is beyond the family's, or a host bit is set.
  static std::optional<Prefix> make(Ipv4Address address, unsigned length);
  static std::optional<Prefix> make(const Ipv6Address& address, unsigned length);

  static Prefix host(Ipv4Address address) { return *make(address, 32); }

  static Prefix host(const Ipv6Address& address) { return *make(address, 128); }

  /// The network of that length which the address lies in; nullopt for a length beyond the
  /// family's.
  static std::optional<Prefix> containing(Ipv4Address address, unsigned length);
  static std::optional<Prefix> containing(const Ipv6Address& address, unsigned length);

  /// "192.168.1.0/24", "2001:db8::/32", or an address alone for one host.
  static std::optional<Prefix> parse(std::string_view text);

  Family family() const noexcept { return family_; }

  std::uint8_t length() const noexcept { return length_; }

  /// 4 or 16 bytes, in network byte order.
  Bytes address_bytes() const noexcept {
    return Bytes{bytes_}.first(family_ == Family::Ipv4 ? 4 : 16);
  }

  /// The address of an IPv4 network; only when family() says so.
  Ipv4Address ipv4() const;
  Ipv6Address ipv6() const;

  /// Whether `address`, 4 or 16 bytes in network order, lies inside; false for the other family.
  bool contains(Bytes address) const noexcept;
  bool contains(Ipv4Address address) const noexcept;
  bool contains(const Ipv6Address& address) const noexcept;
  bool overlaps(const Prefix& other) const noexcept;

  std::string str() const;
  auto operator<=>(const Prefix&) const = default;

 private:
  Family family_ = Family::Ipv4;
  std::uint8_t length_ = 0;
  std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace tunnel
