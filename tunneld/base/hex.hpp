#pragma once

#include "tunneld/base/bytes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel {

enum class HexCase : std::uint8_t { Lower, Upper };

/// Two digits for each octet: "c021".
std::string to_hex(Bytes octets, HexCase digits = HexCase::Lower);

/// The lowest `digits` digits of a number, in lower case and with zeros in front: "0021" for 0x21
/// and 4.
std::string to_hex(std::uint32_t value, int digits);

/// What to_hex() writes in lower case; nullopt for all else, capital letters among it.
std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text);

}  // namespace tunnel
