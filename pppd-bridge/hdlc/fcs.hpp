#pragma once

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/ppp_terms.hpp"

#include <cstddef>
#include <cstdint>

namespace tunnel::hdlc {

// The Frame Check Sequence at the end of a frame is FCS-16, unless the peer has agreed to another
// by LCP's option FCS-Alternatives (RFC 1570 §2.1), for each direction on its own.

inline constexpr std::uint16_t kInitialFcs16 = 0xffff;
inline constexpr std::uint32_t kInitialFcs32 = 0xffff'ffff;
/// What fcs16() and fcs32() yield over a frame with its FCS (RFC 1662 §C.2, §C.3): the "good"
/// value.
inline constexpr std::uint16_t kGoodFcs16 = 0xf0b8;
inline constexpr std::uint32_t kGoodFcs32 = 0xdebb'20e3;

/// Octets of an FCS in a frame.
constexpr std::size_t fcs_size(Fcs fcs) noexcept {
  switch (fcs) {
    case Fcs::None:
      return 0;
    case Fcs::Ccitt16:
      return 2;
    case Fcs::Ccitt32:
      return 4;
  }
  return 0;
}

inline constexpr std::size_t kMaxFcsSize = fcs_size(Fcs::Ccitt32);

/// FCS-16 (RFC 1662 §C.2) of `data`, continued from `fcs`. The complement of the result is what
/// goes on the wire, low octet first.
std::uint16_t fcs16(Bytes data, std::uint16_t fcs = kInitialFcs16) noexcept;

/// FCS-32 (RFC 1662 §C.3), likewise.
std::uint32_t fcs32(Bytes data, std::uint32_t fcs = kInitialFcs32) noexcept;

}  // namespace tunnel::hdlc
