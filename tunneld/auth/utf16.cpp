#include "tunneld/auth/utf16.hpp"

#include <array>
#include <utility>

namespace tunnel::auth {

namespace {

/// What the first octet of a character says: how many follow, its own bits, and the least value
/// that needs so many octets.
struct Lead {
  std::uint8_t mask;
  std::uint8_t mark;
  std::size_t followers;
  char32_t least;
};

constexpr std::array<Lead, 4> kLeads{{
    {0x80, 0x00, 0, 0x00},
    {0xe0, 0xc0, 1, 0x80},
    {0xf0, 0xe0, 2, 0x800},
    {0xf8, 0xf0, 3, 0x10000},
}};

constexpr bool is_scalar(char32_t value) {
  return value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
}

/// The character at the front of the text, which is taken off it.
std::optional<char32_t> take_character(ByteReader& in) {
  const auto first = in.u8();
  if (!first) return std::nullopt;
  for (const auto& lead : kLeads) {
    if ((*first & lead.mask) != lead.mark) continue;
    const auto rest = in.take(lead.followers);
    if (!rest) return std::nullopt;
    char32_t value = static_cast<std::uint8_t>(*first & ~lead.mask);
    for (const auto octet : *rest) {
      if ((octet & 0xc0) != 0x80) return std::nullopt;
      value = value << 6 | (octet & 0x3fU);
    }
    if (value < lead.least || !is_scalar(value)) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

void append_unit(std::vector<std::uint8_t>& out, char32_t unit) {
  out.push_back(static_cast<std::uint8_t>(unit));
  out.push_back(static_cast<std::uint8_t>(unit >> 8));
}

}  // namespace

std::optional<Secret> utf16_little_endian(const Secret& utf8) {
  std::vector<std::uint8_t> units;
  units.reserve(2 * utf8.reveal().size());  // it never takes more, and growing would leave copies
  ByteReader in{utf8.reveal()};
  while (!in.empty()) {
    const auto character = take_character(in);
    if (!character) {
      wipe(units);
      return std::nullopt;
    }
    if (*character < 0x10000) {
      append_unit(units, *character);
    } else {
      append_unit(units, 0xd800 + ((*character - 0x10000) >> 10));
      append_unit(units, 0xdc00 + ((*character - 0x10000) & 0x3ff));
    }
  }
  return Secret{std::move(units)};
}

}  // namespace tunnel::auth
