#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tunnel {

constexpr bool is_utf8_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

/// Characters of UTF-8 text, as columns count them.
std::size_t length_in_characters(std::string_view text);

/// Whether text has a control character: C0, DEL, or C1 in UTF-8.
bool has_control_character(std::string_view text);

/// A line of a file made fit for a terminal: what has_control_character() finds becomes '?', except
/// tabs, and so does what is not UTF-8; the number of characters stays.
std::string printable(std::string_view line);

/// A value for a message: in double quotes, escaped, cut where it is long.
std::string in_quotes(std::string_view text);

/// The candidate that `word` is most likely a slip of the pen for, or else the only one that it is
/// the beginning of; nullopt when there is none.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates);

}  // namespace tunnel
