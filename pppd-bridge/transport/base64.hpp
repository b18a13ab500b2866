#pragma once

#include "tunneld/base/bytes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::transport {

enum class Base64Padding : std::uint8_t { Padded, Unpadded };

/// RFC 4648 §4. SSH prints fingerprints without the padding.
std::string encode_base64(Bytes bytes, Base64Padding padding = Base64Padding::Padded);

/// nullopt for anything outside the alphabet, wrong padding, or a length that no encoder writes.
std::optional<std::vector<std::uint8_t>> decode_base64(std::string_view text);

}  // namespace tunnel::transport
