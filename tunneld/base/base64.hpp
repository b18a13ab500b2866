#pragma once

#include "tunneld/base/bytes.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tunnel {

/// RFC 4648 §4, strictly: padded, no line breaks, no other characters, unused bits zero.
std::optional<std::vector<std::uint8_t>> decode_base64(Bytes text);

inline std::optional<std::vector<std::uint8_t>> decode_base64(std::string_view text) {
  return decode_base64(to_bytes(text));
}

}  // namespace tunnel
