#include "tunneld/supervisor/wishes.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tunnel::supervisor {

namespace {

constexpr std::array kWords{std::pair{Wish::Up, std::string_view{"up"}},
                            std::pair{Wish::Down, std::string_view{"down"}},
                            std::pair{Wish::Withdrawn, std::string_view{"withdrawn"}}};

std::string_view word(Wish wish) {
  for (const auto& [each, text] : kWords) {
    if (each == wish) return text;
  }
  return {};
}

std::optional<Wish> wish_of(std::string_view word) {
  for (const auto& [each, text] : kWords) {
    if (text == word) return each;
  }
  return std::nullopt;
}

}  // namespace

std::string write_wishes(const Wishes& wishes) {
  std::string text;
  for (const auto& [site, wish] : wishes) {
    text += site.str() + ' ' + std::string{word(wish)} + '\n';
  }
  return text;
}

std::optional<Wishes> read_wishes(std::string_view text) {
  Wishes wishes;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == text.npos) return std::nullopt;
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    const auto space = std::min(line.find(' '), line.size());
    auto site = SiteName::parse(line.substr(0, space));
    const auto wish = wish_of(line.substr(std::min(space + 1, line.size())));
    if (!site || !wish || !wishes.emplace(std::move(*site), *wish).second) return std::nullopt;
  }
  return wishes;
}

}  // namespace tunnel::supervisor
