#pragma once

#include "tunneld/base/bytes.hpp"

#include <cstdint>

namespace tunnel::filter::packet {

/// RFC 1071: the sum of 16-bit words, carried on from `sum`; an odd octet at the end counts as if a
/// zero followed.
std::uint32_t add_to_sum(std::uint32_t sum, Bytes octets) noexcept;

/// The one's complement of the folded sum: what a checksum field is to hold.
std::uint16_t folded(std::uint32_t sum) noexcept;

}  // namespace tunnel::filter::packet
