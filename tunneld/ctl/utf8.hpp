#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tunnel::ctl {

/// The first character of a text, and how many bytes it takes.
struct Character {
  char32_t code = 0;
  std::size_t length = 1;
};

/// nullopt when the text does not begin with a character in UTF-8's shortest form (RFC 3629), or is
/// empty.
constexpr std::optional<Character> first_character(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  const auto lead = static_cast<std::uint8_t>(text[0]);
  if (lead < 0x80) return Character{lead, 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return std::nullopt;
  auto code = static_cast<char32_t>(lead & (0x7f >> length));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<std::uint8_t>(text[i]);
    if ((next & 0xc0) != 0x80) return std::nullopt;
    code = code << 6 | (next & 0x3f);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (overlong || surrogate || code > 0x10ffff) return std::nullopt;
  return Character{code, length};
}

/// Whether a character is text to look at: no control character, no line or paragraph separator,
/// and none of the marks that change the direction of what follows.
constexpr bool is_plain(char32_t code) noexcept {
  const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
  const bool direction = code == 0x061c || code == 0x200e || code == 0x200f ||
                         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return !control && !direction;
}

}  // namespace tunnel::ctl
