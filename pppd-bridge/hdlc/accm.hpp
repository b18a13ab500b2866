#pragma once

#include <compare>
#include <cstdint>

namespace tunnel::hdlc {

inline constexpr std::uint8_t kFlag = 0x7e;
inline constexpr std::uint8_t kEscape = 0x7d;
inline constexpr std::uint8_t kEscapeBit = 0x20;

/// Async-Control-Character-Map (RFC 1662 §4.2, §7.1): bit N set means that octet N (below 0x20)
/// is escaped by the sender, and dropped by the receiver where it arrives unescaped.
struct Accm {
  std::uint32_t bits = 0xffff'ffff;  // the default, before LCP has agreed on anything

  constexpr bool none() const noexcept { return bits == 0; }

  constexpr bool has(std::uint8_t octet) const noexcept {
    return octet < 0x20 && (bits >> octet & 1U) != 0;
  }

  auto operator<=>(const Accm&) const = default;
};

}  // namespace tunnel::hdlc
