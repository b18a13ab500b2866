#pragma once

#include "tunneld/base/bytes.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tunnel {

/// RFC 4251 §5 "string": a 32-bit length and as many bytes.
constexpr std::optional<Bytes> ssh_string(ByteReader& in) noexcept {
  const auto length = in.u32();
  if (!length) return std::nullopt;
  return in.take(*length);
}

/// Whether the bytes are these characters.
constexpr bool same_text(Bytes bytes, std::string_view text) noexcept {
  return std::equal(bytes.begin(), bytes.end(), text.begin(), text.end(),
                    [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); });
}

constexpr void put_ssh_string(ByteWriter& out, Bytes bytes) {
  out.u32(static_cast<std::uint32_t>(bytes.size()));
  out.bytes(bytes);
}

constexpr void put_ssh_string(ByteWriter& out, std::string_view text) {
  out.u32(static_cast<std::uint32_t>(text.size()));
  for (const char c : text) out.u8(static_cast<std::uint8_t>(c));
}

}  // namespace tunnel
