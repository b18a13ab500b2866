#include "tunneld/config/report.hpp"

#include "tunneld/base/escape.hpp"
#include "tunneld/base/text.hpp"
#include "tunneld/config/parse.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace tunnel::config {

namespace {

/// Lines as toml++ counts them: ended by \n or \r\n, a byte order mark is no character.
std::vector<std::string> split_lines(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<std::string> lines;
  while (true) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(printable(line));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

Report::Report(const SourceFile& file) : file_{file.name}, lines_{split_lines(file.text)} {}

void Report::error(Location where, std::string message, std::string hint) {
  Diagnostic diagnostic{.file = file_,
                        .line = where.line,
                        .first_column = where.first_column,
                        .last_column = where.last_column,
                        .message = std::move(message),
                        .source_line = {},
                        .hint = std::move(hint)};
  if (where.line != 0 && where.line <= lines_.size()) {
    diagnostic.source_line = lines_[where.line - 1];
    // A region over several lines ends with its first. What is not shown has no columns, but for
    // the end of the line, which the parser may have stumbled over.
    const auto end = static_cast<unsigned>(length_in_characters(diagnostic.source_line)) + 1;
    diagnostic.first_column = std::min(where.first_column, end + 1);
    diagnostic.last_column =
        std::max(std::min(where.last_column, end), diagnostic.first_column + 1);
  } else if (where.last_column == kEndOfLine) {
    diagnostic.last_column = where.first_column + 1;
  }
  diagnostics_.push_back(std::move(diagnostic));
}

std::vector<Diagnostic> Report::sorted() const {
  auto all = diagnostics_;
  const auto key = [](const Diagnostic& d) { return std::tuple{d.line, d.first_column}; };
  std::stable_sort(all.begin(), all.end(),
                   [&](const auto& a, const auto& b) { return key(a) < key(b); });
  return all;
}

std::string Report::place(Location where) const {
  return escape_text(file_) + ':' + std::to_string(where.line);
}

}  // namespace tunnel::config
