// What may be shown of a file of secrets. A line is shown as far as it is certain to be no secret:
// a table's name, or a key and its equals sign. All else becomes three stars, however long it is.

#include "tunneld/config/secrets_file.hpp"

#include <algorithm>
#include <filesystem>

namespace tunnel::config {

namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kMask = "***";

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

/// The first place at or after `at` that is no bare key's character.
std::size_t behind_bare(std::string_view line, std::size_t at) {
  while (at < line.size() && is_bare(line[at])) ++at;
  return at;
}

/// Behind a table's name in brackets; 0 where none begins.
std::size_t behind_header(std::string_view line, std::size_t at) {
  if (line[at] != '[') return 0;
  const auto end = behind_bare(line, at + 1);
  return end < line.size() && line[end] == ']' ? end + 1 : 0;
}

/// Behind a key and its equals sign; 0 where none begins, or where nothing that can be a value
/// follows: "c2VjcmV0==" is a secret that stands where a key should.
std::size_t behind_equals(std::string_view line, std::size_t at) {
  const char quote = line[at];
  auto end = behind_bare(line, at);
  if (quote == '"' || quote == '\'') {
    end = line.find_first_of(std::string{quote} + '\\', at + 1);
    if (end == std::string_view::npos || line[end] == '\\') return 0;
    ++end;
  }
  if (end == at) return 0;
  const auto equals = line.find_first_not_of(kBlanks, end);
  if (equals == std::string_view::npos || line[equals] != '=') return 0;
  const auto value = line.find_first_not_of(kBlanks, equals + 1);
  return value == std::string_view::npos || line[value] == '=' ? 0 : equals + 1;
}

/// Whether the next line may go on with a value of this one.
bool goes_on(std::string_view line) {
  const auto last = line.find_last_not_of(kBlanks);
  return last != std::string_view::npos &&
         std::string_view{"=,[{\\"}.find(line[last]) != std::string_view::npos;
}

enum class Shown : std::uint8_t { Key, Nothing };

std::string masked_line(std::string_view line, Shown what) {
  const auto first = line.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  std::size_t shown = first;
  if (what == Shown::Key) {
    shown = std::max({first, behind_header(line, first), behind_equals(line, first)});
  }
  std::string out{line.substr(0, shown)};
  if (line.find_first_not_of(kBlanks, shown) == std::string_view::npos) return out;
  if (shown != first) out += ' ';
  return out + std::string{kMask};
}

}  // namespace

std::string masked(std::string_view text) {
  std::string out;
  bool whole = false;       // nothing of this line can be told from a secret
  bool many_lines = false;  // nor of any below
  while (true) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    many_lines = many_lines || line.find("\"\"\"") != std::string_view::npos ||
                 line.find("'''") != std::string_view::npos;
    out += masked_line(line, whole || many_lines ? Shown::Nothing : Shown::Key);
    whole = goes_on(line) || (whole && line.find_first_not_of(kBlanks) == std::string_view::npos);
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

bool looks_like_secrets(const SourceFile& file) {
  if (std::filesystem::path{file.name}.filename().string().starts_with("secrets")) return true;
  for (const std::string_view header : {"[secrets]", "[sites."}) {
    if (file.text.starts_with(header) ||
        file.text.find('\n' + std::string{header}) != std::string::npos) {
      return true;
    }
  }
  return false;
}

}  // namespace tunnel::config
