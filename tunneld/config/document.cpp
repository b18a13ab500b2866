#include "tunneld/config/document.hpp"

#include "tunneld/base/text.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

// The one place that knows toml++.
#include <toml++/toml.h>

namespace tunnel::config {

namespace {

Location location(const toml::source_region& region) {
  const auto first = region.begin.column;
  // A region over several lines is cut at the end of its first line by whoever shows that line.
  const bool one_line = region.end.line == region.begin.line;
  const auto last = one_line ? std::max(region.end.column, first + 1) : kEndOfLine;
  return Location{region.begin.line, first, last};
}

Value convert(const toml::node& node);

Table convert_table(const toml::table& from) {
  Table table;
  for (const auto& [key, node] : from) {
    table.entries.push_back({std::string{key.str()}, location(key.source()), convert(node)});
  }
  // toml++ sorts by key; the reader of a diagnostic goes from top to bottom.
  const auto place = [](const Entry& entry) {
    return std::tuple{entry.key_where.line, entry.key_where.first_column};
  };
  std::sort(table.entries.begin(), table.entries.end(),
            [&](const Entry& a, const Entry& b) { return place(a) < place(b); });
  return table;
}

Value convert(const toml::node& node) {
  const auto where = location(node.source());
  if (const auto* text = node.as_string()) return {where, text->get()};
  if (const auto* number = node.as_integer()) return {where, number->get()};
  if (const auto* flag = node.as_boolean()) return {where, flag->get()};
  if (const auto* table = node.as_table()) return {where, convert_table(*table)};
  if (const auto* array = node.as_array()) {
    Array values;
    for (const auto& element : *array) values.push_back(convert(element));
    return {where, std::move(values)};
  }
  return {where, OtherType{node.is_floating_point() ? "a fractional number" : "a date or time"}};
}

/// toml++ writes "Error while parsing WHAT: WHY".
std::string sentence(std::string_view description) {
  constexpr std::string_view kPrefix = "Error while parsing ";
  if (!description.starts_with(kPrefix)) return "syntax error: " + std::string{description};
  return "syntax error in " + std::string{description.substr(kPrefix.size())};
}

std::string hint_for(std::string_view description) {
  // What an administrator does wrong most often, and what toml++ says to it.
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kHints{{
      {"cannot redefine", "a key or a table may stand only once in a file"},
      {"parsing string: encountered end-of-file", "close the text with a double quote"},
      {"parsing string: unescaped control", "close the text with a double quote on the same line"},
      {"parsing string: expected a comment", "text ends at its second double quote"},
      {"unknown escape", "write a backslash in text as \\\\"},
      {"parsing table header", "a table begins with its name in brackets on a line of its own"},
      {"parsing array", "close the list with ] and put commas between its elements"},
      {"utf-8", "save the file as UTF-8"},
  }};
  for (const auto& [words, hint] : kHints) {
    if (description.find(words) != std::string_view::npos) return std::string{hint};
  }
  return std::string{kSyntaxHint};
}

/// The text behind a string that begins at the front of `text`; an open one ends with the text, or
/// with its line if it is of the one-line kind.
std::string_view behind_string(std::string_view text) {
  const char quote = text.front();
  const std::string three(3, quote);
  const bool many_lines = text.starts_with(three);
  const std::string_view end = std::string_view{three}.substr(0, many_lines ? 3 : 1);
  text.remove_prefix(end.size());
  while (!text.empty() && !text.starts_with(end) && (many_lines || text.front() != '\n')) {
    const bool escape = quote == '"' && text.front() == '\\' && text.size() > 1;
    text.remove_prefix(escape ? 2 : 1);
  }
  text.remove_prefix(std::min(end.size(), text.size()));
  return text;
}

/// Whether the tables of the text may be nested so deep, by dots in keys, that walking them would
/// overflow the stack: toml++ bounds the nesting of brackets only, and recurses itself. No profile
/// has more than a few dots outside of strings.
bool may_nest_too_deep(std::string_view text) {
  constexpr int kMaxDots = 1000;
  int dots = 0;
  while (!text.empty() && dots <= kMaxDots) {
    const char c = text.front();
    if (c == '"' || c == '\'') {
      text = behind_string(text);
      continue;
    }
    if (c == '#') {
      text.remove_prefix(std::min(text.find('\n'), text.size()));
      continue;
    }
    dots += c == '.' ? 1 : 0;
    text.remove_prefix(1);
  }
  return dots > kMaxDots;
}

}  // namespace

const Entry* Table::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

std::string_view type_name(const Value& value) {
  struct Name {
    std::string_view operator()(const std::string&) const { return "text"; }

    std::string_view operator()(std::int64_t) const { return "an integer"; }

    std::string_view operator()(bool) const { return "true or false"; }

    std::string_view operator()(const Array&) const { return "a list"; }

    std::string_view operator()(const Table&) const { return "a table"; }

    std::string_view operator()(const OtherType& type) const { return type.name; }
  };

  return std::visit(Name{}, value.data);
}

Document parse_document(std::string_view text) {
  Document document;
  if (may_nest_too_deep(text)) {
    document.error = SyntaxError{{},
                                 "this file has more than 1000 dots outside of text",
                                 "write a table's name in brackets, and its keys below it"};
    return document;
  }
  try {
    document.root = convert_table(toml::parse(text));
  } catch (const toml::parse_error& error) {
    document.error = SyntaxError{location(error.source()), printable(sentence(error.description())),
                                 hint_for(error.description())};
  }
  return document;
}

}  // namespace tunnel::config
