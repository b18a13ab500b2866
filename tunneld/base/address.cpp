#include "tunneld/base/address.hpp"

#include "tunneld/base/check.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>

namespace tunnel {

namespace {

std::array<std::uint8_t, 4> network_order(Ipv4Address address) {
  return {static_cast<std::uint8_t>(address.value >> 24),
          static_cast<std::uint8_t>(address.value >> 16),
          static_cast<std::uint8_t>(address.value >> 8), static_cast<std::uint8_t>(address.value)};
}

/// Whether the first `bits` bits of both are the same; both are at least that long.
bool same_bits(Bytes a, Bytes b, unsigned bits) noexcept {
  const std::size_t whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) {
    return false;
  }
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return ((a[whole] ^ b[whole]) & mask) == 0;
}

bool host_bits_zero(Bytes address, unsigned length) noexcept {
  for (unsigned bit = length; bit < address.size() * 8; ++bit) {
    if ((address[bit / 8] >> (7 - bit % 8) & 1) != 0) return false;
  }
  return true;
}

}  // namespace

std::optional<Ipv4Address> Ipv4Address::parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;  // would end the C string
  in_addr raw{};
  if (inet_pton(AF_INET, std::string{text}.c_str(), &raw) != 1) return std::nullopt;
  return Ipv4Address{ntohl(raw.s_addr)};
}

std::string Ipv4Address::str() const {
  const auto octets = network_order(*this);
  std::string text;
  for (const auto octet : octets) {
    if (!text.empty()) text += '.';
    text += std::to_string(octet);
  }
  return text;
}

std::optional<Ipv6Address> Ipv6Address::parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  Ipv6Address address;
  if (inet_pton(AF_INET6, std::string{text}.c_str(), address.bytes.data()) != 1) {
    return std::nullopt;
  }
  return address;
}

std::string Ipv6Address::str() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  TUNNEL_CHECK(inet_ntop(AF_INET6, bytes.data(), text.data(), text.size()) != nullptr);
  return text.data();
}

std::optional<Prefix> Prefix::make(Ipv4Address address, unsigned length) {
  const auto octets = network_order(address);
  if (length > 32 || !host_bits_zero(octets, length)) return std::nullopt;
  Prefix prefix;
  prefix.length_ = static_cast<std::uint8_t>(length);
  std::copy(octets.begin(), octets.end(), prefix.bytes_.begin());
  return prefix;
}

std::optional<Prefix> Prefix::make(const Ipv6Address& address, unsigned length) {
  if (length > 128 || !host_bits_zero(address.bytes, length)) return std::nullopt;
  Prefix prefix;
  prefix.family_ = Family::Ipv6;
  prefix.length_ = static_cast<std::uint8_t>(length);
  prefix.bytes_ = address.bytes;
  return prefix;
}

std::optional<Prefix> Prefix::containing(Ipv4Address address, unsigned length) {
  if (length > 32) return std::nullopt;
  const std::uint32_t mask = length == 0 ? 0 : ~std::uint32_t{0} << (32 - length);
  return make(Ipv4Address{address.value & mask}, length);
}

std::optional<Prefix> Prefix::containing(const Ipv6Address& address, unsigned length) {
  if (length > 128) return std::nullopt;
  Ipv6Address network = address;
  for (unsigned bit = length; bit < 128; ++bit) {
    network.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
  }
  return make(network, length);
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto host = text.substr(0, slash);
  std::optional<unsigned> length;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    length = value;
  }
  if (const auto v4 = Ipv4Address::parse(host)) return make(*v4, length.value_or(32));
  if (const auto v6 = Ipv6Address::parse(host)) return make(*v6, length.value_or(128));
  return std::nullopt;
}

Ipv4Address Prefix::ipv4() const {
  TUNNEL_CHECK(family_ == Family::Ipv4);
  ByteReader in{bytes_};
  return Ipv4Address{*in.u32()};
}

Ipv6Address Prefix::ipv6() const {
  TUNNEL_CHECK(family_ == Family::Ipv6);
  return Ipv6Address{bytes_};
}

bool Prefix::contains(Bytes address) const noexcept {
  if (address.size() != address_bytes().size()) return false;
  return same_bits(address, address_bytes(), length_);
}

bool Prefix::contains(Ipv4Address address) const noexcept {
  return contains(network_order(address));
}

bool Prefix::contains(const Ipv6Address& address) const noexcept {
  return contains(address.bytes);
}

bool Prefix::overlaps(const Prefix& other) const noexcept {
  if (family_ != other.family_) return false;
  return same_bits(address_bytes(), other.address_bytes(), std::min(length_, other.length_));
}

std::string Prefix::str() const {
  const auto host = family_ == Family::Ipv4 ? ipv4().str() : ipv6().str();
  return host + '/' + std::to_string(length_);
}

}  // namespace tunnel
