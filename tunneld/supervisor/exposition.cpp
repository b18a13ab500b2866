#include "tunneld/supervisor/exposition.hpp"

#include <fmt/format.h>

#include <iterator>

namespace tunnel::supervisor {

namespace {

enum class Quotes : std::uint8_t { Plain, Escaped };

/// A HELP text has backslashes and ends of lines escaped, a label's value quotes as well.
void append_escaped(std::string& out, std::string_view text, Quotes quotes) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (c == '"' && quotes == Quotes::Escaped)) out += '\\';
    out += c;
  }
}

}  // namespace

void Exposition::family(std::string_view name, Kind kind, std::string_view help) {
  family_ = name;
  const auto out = std::back_inserter(text_);
  fmt::format_to(out, "# HELP {} ", name);
  append_escaped(text_, help, Quotes::Plain);
  fmt::format_to(out, "\n# TYPE {} {}\n", name, kind == Kind::Counter ? "counter" : "gauge");
}

void Exposition::name_and_labels(Labels labels) {
  text_ += family_;
  char before = '{';
  for (const auto& [name, value] : labels) {
    text_ += before;
    text_ += name;
    text_ += "=\"";
    append_escaped(text_, value, Quotes::Escaped);
    text_ += '"';
    before = ',';
  }
  if (labels.size() > 0) text_ += '}';
}

void Exposition::sample(Labels labels, std::uint64_t value) {
  name_and_labels(labels);
  fmt::format_to(std::back_inserter(text_), " {}\n", value);
}

void Exposition::sample(Labels labels, double value) {
  name_and_labels(labels);
  fmt::format_to(std::back_inserter(text_), " {}\n", value);
}

}  // namespace tunnel::supervisor
