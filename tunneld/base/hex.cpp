#include "tunneld/base/hex.hpp"

namespace tunnel {

namespace {

constexpr std::string_view kLower = "0123456789abcdef";
constexpr std::string_view kUpper = "0123456789ABCDEF";

}  // namespace

std::string to_hex(Bytes octets, HexCase digits) {
  const auto alphabet = digits == HexCase::Lower ? kLower : kUpper;
  std::string text;
  text.reserve(2 * octets.size());
  for (const auto octet : octets) {
    text += alphabet[octet >> 4];
    text += alphabet[octet & 0xf];
  }
  return text;
}

std::string to_hex(std::uint32_t value, int digits) {
  std::string text;
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) text += kLower[value >> shift & 0xf];
  return text;
}

std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<std::uint8_t> octets;
  octets.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = kLower.find(text[i]);
    const auto low = kLower.find(text[i + 1]);
    if (high == kLower.npos || low == kLower.npos) return std::nullopt;
    octets.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return octets;
}

}  // namespace tunnel
