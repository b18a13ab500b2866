#pragma once

#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <cstdint>

namespace tunnel::hdlc {

inline constexpr std::uint16_t kInitialFcs = 0xffff;
/// What fcs16() yields over a frame with its FCS (RFC 1662 §C.2): the "good" value.
inline constexpr std::uint16_t kGoodFcs = 0xf0b8;
inline constexpr std::size_t kFcsSize = 2;

/// FCS-16 (RFC 1662 §C.2) of `data`, continued from `fcs`. The complement of the result is what
/// goes on the wire, low octet first.
std::uint16_t fcs16(Bytes data, std::uint16_t fcs = kInitialFcs) noexcept;

/// The same without the processor's carry-less multiplication, where that is missing.
std::uint16_t fcs16_by_tables(Bytes data, std::uint16_t fcs = kInitialFcs) noexcept;

}  // namespace tunnel::hdlc
