#pragma once

#include "tunneld/base/secret.hpp"

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::auth {

/// Octets as the RFCs print them: "5B 5D 7C", blanks anywhere between two octets.
inline std::vector<std::uint8_t> octets(std::string_view hexadecimal) {
  std::string digits;
  for (const char c : hexadecimal) {
    if (c != ' ') digits += c;
  }
  std::vector<std::uint8_t> all;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    std::uint8_t octet = 0;
    std::from_chars(digits.data() + i, digits.data() + i + 2, octet, 16);
    all.push_back(octet);
  }
  return all;
}

inline Secret secret(std::string_view text) {
  return Secret{to_bytes(text)};
}

}  // namespace tunnel::auth
