#pragma once

#include "tunneld/base/bytes.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

// Messages of netlink as values (RFC 3549 §2.3.2): only their frames are in the host's byte order,
// what netfilter puts into them is big-endian.

namespace tunnel::filter::kernel {

/// One message of those in a datagram.
struct NetlinkMessage {
  std::uint16_t type = 0;
  std::uint16_t flags = 0;
  std::uint32_t sequence = 0;
  std::uint32_t port = 0;  // of whoever caused it; 0: the kernel itself
  Bytes payload{};         // behind the header
};

namespace netlink {

inline constexpr std::size_t kHeader = 16;
inline constexpr std::size_t kAttributeHeader = 4;
/// struct nfgenmsg: family, version, and a number, before the attributes.
inline constexpr std::size_t kNetfilterHeader = 4;
/// Bits of an attribute's type that say how to read it.
inline constexpr unsigned kTypeMask = 0x3fff;

/// In the host's byte order.
constexpr std::uint32_t host_number(Bytes octets) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const auto place = std::endian::native == std::endian::little ? octets.size() - 1 - i : i;
    value = value << 8 | octets[place];
  }
  return value;
}

/// Both messages and attributes begin at multiples of four.
constexpr Bytes behind(Bytes octets, std::size_t length) noexcept {
  const auto aligned = (length + 3) & ~std::size_t{3};
  return octets.subspan(aligned < octets.size() ? aligned : octets.size());
}

}  // namespace netlink

/// The first message of a datagram, which is taken from its front. nullopt: there is none, or its
/// length lies.
constexpr std::optional<NetlinkMessage> take_message(Bytes& datagram) noexcept {
  if (datagram.size() < netlink::kHeader) return std::nullopt;
  const auto field = [&](std::size_t at, std::size_t size) {
    return netlink::host_number(datagram.subspan(at, size));
  };
  const auto length = field(0, 4);
  if (length < netlink::kHeader || length > datagram.size()) return std::nullopt;
  const NetlinkMessage message{static_cast<std::uint16_t>(field(4, 2)),
                               static_cast<std::uint16_t>(field(6, 2)), field(8, 4), field(12, 4),
                               datagram.subspan(netlink::kHeader, length - netlink::kHeader)};
  datagram = netlink::behind(datagram, length);
  return message;
}

/// Attributes by their types; empty: it is not there. Those of higher types are left out, and what
/// is behind one whose length lies.
template <std::size_t Count>
class Attributes {
 public:
  explicit constexpr Attributes(Bytes octets) noexcept {
    while (octets.size() >= netlink::kAttributeHeader) {
      const auto length = netlink::host_number(octets.first(2));
      const auto type = netlink::host_number(octets.subspan(2, 2)) & netlink::kTypeMask;
      if (length < netlink::kAttributeHeader || length > octets.size()) return;
      if (type < Count) {
        found_[type] = Found{
            true, octets.subspan(netlink::kAttributeHeader, length - netlink::kAttributeHeader)};
      }
      octets = netlink::behind(octets, length);
    }
  }

  constexpr bool has(std::size_t type) const noexcept { return found_[type].there; }

  constexpr Bytes bytes(std::size_t type) const noexcept { return found_[type].octets; }

  constexpr std::optional<std::uint8_t> u8(std::size_t type) const noexcept {
    return ByteReader{bytes(type)}.u8();
  }

  constexpr std::optional<std::uint16_t> u16(std::size_t type) const noexcept {
    return ByteReader{bytes(type)}.u16();
  }

  constexpr std::optional<std::uint32_t> u32(std::size_t type) const noexcept {
    return ByteReader{bytes(type)}.u32();
  }

  constexpr std::optional<std::uint64_t> u64(std::size_t type) const noexcept {
    return ByteReader{bytes(type)}.u64();
  }

 private:
  struct Found {
    bool there = false;
    Bytes octets{};
  };

  std::array<Found, Count> found_{};
};

}  // namespace tunnel::filter::kernel
