#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/check.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace tunnel::session::test {

using Packet = std::vector<std::uint8_t>;

inline Ipv4Address address(std::string_view text) {
  const auto parsed = Ipv4Address::parse(text);
  TUNNEL_CHECK(parsed);
  return *parsed;
}

inline Ipv6Address address6(std::string_view text) {
  const auto parsed = Ipv6Address::parse(text);
  TUNNEL_CHECK(parsed);
  return *parsed;
}

inline Prefix network(std::string_view text) {
  const auto parsed = Prefix::parse(text);
  TUNNEL_CHECK(parsed);
  return *parsed;
}

/// What tells packets apart by `seed`: every octet that framing must escape, too.
inline void fill(ByteWriter& out, std::size_t size, std::uint32_t seed) {
  auto octet = seed;
  while (out.size() < size) {
    octet = octet * 1664525 + 1013904223;
    out.u8(static_cast<std::uint8_t>(octet >> 24));
  }
}

/// An IPv4 packet of `size` octets (20 at least); the payload tells packets apart by `seed`.
inline Packet packet_from(Ipv4Address source, std::size_t size, std::uint32_t seed = 0) {
  ByteWriter out;
  out.u8(0x45);
  out.u8(0);
  out.u16(static_cast<std::uint16_t>(size));
  out.u32(seed);  // identification and fragments
  out.u8(64);
  out.u8(17);
  out.u16(0);
  out.u32(source.value);
  out.u32(0xc0a8fd01);
  fill(out, size, seed);
  return std::move(out).finish();
}

/// An IPv6 packet of `size` octets (40 at least).
inline Packet packet_from(const Ipv6Address& source, std::size_t size, std::uint32_t seed = 0) {
  ByteWriter out;
  out.u32(0x60000000);
  out.u16(static_cast<std::uint16_t>(size - 40));
  out.u8(17);
  out.u8(64);
  out.bytes(source.bytes);
  out.bytes(address6("2001:db8:fd::1").bytes);
  fill(out, size, seed);
  return std::move(out).finish();
}

}  // namespace tunnel::session::test
