#include "tunneld/base/text.hpp"

#include "tunneld/base/escape.hpp"

#include <algorithm>
#include <vector>

namespace tunnel {

namespace {

constexpr std::size_t kMaxQuoted = 80;

/// The length of the UTF-8 character at the front of `text`, or 0 where there is none. Overlong
/// forms and surrogates pass: the terminal's decoder makes a replacement sign of them.
std::size_t character_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xc2 && lead < 0xe0 ? 2
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  const auto rest = text.substr(1, length - 1);
  return std::all_of(rest.begin(), rest.end(), is_utf8_continuation) ? length : 0;
}

bool is_control(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return lead < 0x20 || lead == 0x7f;
  return lead == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

/// Insertions, deletions, changes and swaps of neighbours that make `b` of `a` (the "optimal string
/// alignment" distance).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> cost((a.size() + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& { return cost[i * width + j]; };
  for (std::size_t i = 0; i <= a.size(); ++i) at(i, 0) = i;
  for (std::size_t j = 0; j <= b.size(); ++j) at(0, j) = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
      }
    }
  }
  return at(a.size(), b.size());
}

/// The one candidate that begins so: "chap" is short for "chap-md5"; nullopt: none or several do.
std::optional<std::string_view> begun_by(std::string_view word,
                                         std::span<const std::string_view> candidates) {
  constexpr std::size_t kShortest = 3;
  if (word.size() < kShortest) return std::nullopt;
  std::optional<std::string_view> only;
  for (const auto candidate : candidates) {
    if (!candidate.starts_with(word)) continue;
    if (only) return std::nullopt;
    only = candidate;
  }
  return only;
}

}  // namespace

std::size_t length_in_characters(std::string_view text) {
  const auto inside = std::count_if(text.begin(), text.end(), is_utf8_continuation);
  return text.size() - static_cast<std::size_t>(inside);
}

bool has_control_character(std::string_view text) {
  while (!text.empty()) {
    const auto length = std::max<std::size_t>(character_length(text), 1);
    if (is_control(text.substr(0, length))) return true;
    text.remove_prefix(length);
  }
  return false;
}

std::string printable(std::string_view line) {
  std::string out;
  while (!line.empty()) {
    const auto length = character_length(line);
    const auto character = line.substr(0, std::max<std::size_t>(length, 1));
    const bool shown = length != 0 && (character == "\t" || !is_control(character));
    out += shown ? character : "?";
    line.remove_prefix(character.size());
  }
  return out;
}

std::string in_quotes(std::string_view text) {
  return '"' + escape_text(text, kMaxQuoted) + '"';
}

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates) {
  // Beyond a third of the word, likeness is chance. Long words are no slips of ours at all.
  constexpr std::size_t kLongest = 64;
  if (word.size() > kLongest) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t best_distance = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const auto candidate : candidates) {
    const auto distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best ? best : begun_by(word, candidates);
}

}  // namespace tunnel
