#include "tunneld/import/toml_text.hpp"

#include "tunneld/base/text.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::importer {

std::string toml_quoted(std::string_view text) {
  std::string out{'"'};
  // After this there are no control characters but tabs, which a string of TOML may have.
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

void TomlText::remark(std::string_view text) {
  write_lines();
  out_ += "# " + printable(text) + '\n';
}

void TomlText::table(std::string_view name) {
  write_lines();
  if (!out_.empty()) out_ += '\n';
  out_ += '[' + std::string{name} + "]\n";
}

void TomlText::text(std::string_view key, std::string_view value, std::string_view remark) {
  lines_.push_back({std::string{key}, toml_quoted(value), std::string{remark}});
}

void TomlText::number(std::string_view key, std::int64_t value, std::string_view remark) {
  lines_.push_back({std::string{key}, std::to_string(value), std::string{remark}});
}

void TomlText::flag(std::string_view key, bool value, std::string_view remark) {
  lines_.push_back({std::string{key}, value ? "true" : "false", std::string{remark}});
}

void TomlText::list(std::string_view key, const std::vector<std::string>& values,
                    std::string_view remark) {
  constexpr std::size_t kOneLine = 60;
  std::string joined;
  for (const auto& value : values) joined += (joined.empty() ? "" : ", ") + toml_quoted(value);
  if (joined.size() > kOneLine) {
    joined = "\n";
    for (const auto& value : values) joined += "  " + toml_quoted(value) + ",\n";
  }
  lines_.push_back({std::string{key}, '[' + joined + ']', std::string{remark}});
}

void TomlText::missing(std::string_view key, std::string_view example, std::string_view remark) {
  lines_.push_back({std::string{key}, std::string{example}, std::string{remark}, false});
}

std::string TomlText::finish() && {
  write_lines();
  return std::move(out_);
}

void TomlText::write_lines() {
  std::size_t width = 0;
  for (const auto& line : lines_) width = std::max(width, line.key.size() + (line.set ? 0 : 2));
  for (const auto& [key, value, remark, set] : lines_) {
    const auto begin = (set ? "" : "# ") + key;
    out_ += begin + std::string(width - begin.size(), ' ') + " = " + value;
    if (!remark.empty()) out_ += "  # " + printable(remark);
    out_ += '\n';
  }
  lines_.clear();
}

}  // namespace tunnel::importer
