#pragma once

#include "tunneld/base/bytes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace tunnel::fuzz {

/// What a fuzzer's octets are taken as, one decision after the other. Behind their end everything
/// is zero, so that a target needs no case for it.
class Input {
 public:
  explicit Input(Bytes octets) noexcept : in_{octets} {}

  bool empty() const noexcept { return in_.empty(); }

  std::uint8_t u8() noexcept { return in_.u8().value_or(0); }

  std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(u8() << 8 | u8()); }

  std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(u16()) << 16 | u16(); }

  /// One of `count` (1 to 65536) possibilities.
  std::uint32_t below(std::uint32_t count) noexcept {
    return count <= 256 ? u8() % count : u16() % count;
  }

  /// The next octets, fewer than `most` at the end.
  Bytes take(std::size_t most) noexcept { return *in_.take(std::min(most, in_.rest().size())); }

  Bytes rest() noexcept { return take(in_.rest().size()); }

 private:
  ByteReader in_;
};

}  // namespace tunnel::fuzz
