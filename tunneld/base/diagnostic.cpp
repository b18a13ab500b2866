#include "tunneld/base/diagnostic.hpp"

#include "tunneld/base/text.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace tunnel {

namespace {

/// One line of the file with the caret's line below it. A public key makes a line longer than any
/// screen: only what fits around the caret is shown.
std::string excerpt(const Diagnostic& diagnostic) {
  constexpr std::size_t kMaxWidth = 100;
  constexpr std::size_t kBefore = 60;
  constexpr std::string_view kCut = "...";
  const std::size_t first = std::max(diagnostic.first_column, 1U) - 1;
  const std::size_t end = std::max<std::size_t>(diagnostic.last_column, first + 2) - 1;
  const std::size_t skipped = first > kBefore ? first - kBefore : 0;

  std::string shown{skipped == 0 ? "" : kCut};
  // Blanks as wide as the text before the caret: tabs stay, for they are as wide as above.
  std::string margin(shown.size(), ' ');
  std::size_t at = 0;
  for (const char c : diagnostic.source_line) {
    const bool begins = !is_utf8_continuation(c);
    if (begins && at == skipped + kMaxWidth) {
      shown += kCut;
      break;
    }
    if (begins && at >= skipped && at < first) margin += c == '\t' ? '\t' : ' ';
    at += begins ? 1 : 0;
    if (at > skipped) shown += c;
  }
  const auto width = std::min(end, skipped + kMaxWidth) - first;
  return "\n    " + shown + "\n    " + margin + '^' + std::string(width - 1, '~');
}

}  // namespace

std::string explain(const Diagnostic& diagnostic) {
  std::string text = printable(diagnostic.file);
  if (diagnostic.line != 0) {
    text += ':' + std::to_string(diagnostic.line) + ':' + std::to_string(diagnostic.first_column) +
            '-' + std::to_string(diagnostic.last_column);
  }
  text += ": error: " + diagnostic.message;
  if (diagnostic.line != 0) text += excerpt(diagnostic);
  if (!diagnostic.hint.empty()) text += "\nhint: " + diagnostic.hint;
  return text;
}

}  // namespace tunnel
