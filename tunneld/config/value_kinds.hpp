#pragma once

#include "tunneld/base/text.hpp"
#include "tunneld/config/checked.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tunnel::config {

// What several keys' values have in common.

/// One of a few words.
template <typename T, std::size_t N>
Checked<T> choose(std::string_view text, const std::array<std::pair<std::string_view, T>, N>& all) {
  std::vector<std::string_view> words;
  std::string list;
  for (const auto& [word, value] : all) {
    if (word == text) return value;
    words.push_back(word);
    list += (list.empty() ? "" : " or ") + in_quotes(word);
  }
  const auto meant = nearest(text, words);
  return Complaint{in_quotes(text) + " is not " + list,
                   meant ? "did you mean " + in_quotes(*meant) + "?" : "write " + list};
}

/// A number between two others.
template <typename T>
Checked<T> between(std::int64_t value, std::int64_t low, std::int64_t high, std::string hint) {
  if (value >= low && value <= high) return static_cast<T>(value);
  return Complaint{std::to_string(value) + " is not between " + std::to_string(low) + " and " +
                       std::to_string(high),
                   std::move(hint)};
}

/// A whole number and its unit, between two others.
Checked<std::chrono::milliseconds> duration(std::string_view text, std::chrono::milliseconds low,
                                            std::chrono::milliseconds high);

}  // namespace tunnel::config
