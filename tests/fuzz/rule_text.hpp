#pragma once

#include "filter/language/printer.hpp"
#include "tunneld/base/check.hpp"
#include "tunneld/base/diagnostic.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace tunnel::filter {

/// A file with the rules, of either language, a line each.
template <typename Rules>
std::string text_of(const Rules& rules) {
  std::string text;
  for (const auto& rule : rules) text += language::print(rule) + '\n';
  return text;
}

/// Each mistake stands somewhere in the file, and can be told.
inline void check_mistakes(const std::vector<Diagnostic>& mistakes, const std::string& text) {
  const auto lines = static_cast<unsigned>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const auto& mistake : mistakes) {
    TUNNEL_CHECK(mistake.line >= 1 && mistake.line <= lines);
    TUNNEL_CHECK(mistake.first_column >= 1 && mistake.last_column > mistake.first_column);
    TUNNEL_CHECK(!mistake.message.empty());
    TUNNEL_CHECK(!explain(mistake).empty());
  }
}

}  // namespace tunnel::filter
