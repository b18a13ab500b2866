#include "tunneld/import/rc_conf.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace tunnel::importer {

namespace {

constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

constexpr bool is_of_name(char c) {
  return is_letter(c) || (c >= '0' && c <= '9');
}

/// Goes through a file as the shell would.
class Scanner {
 public:
  Scanner(std::string_view text, const std::string& file, RcConf::Values& values)
      : rest_{text}, file_{file}, values_{values} {}

  void scan() {
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '#') {
        skip_line();
      } else if (is_letter(c)) {
        scan_word();
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ';') {
        take();
      } else {
        skip_command();
      }
    }
  }

 private:
  char take() {
    const char c = rest_.front();
    if (c == '\n') ++line_;
    rest_.remove_prefix(1);
    return c;
  }

  void skip_line() { rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size())); }

  /// Something that is no assignment: to its end, past quotes.
  void skip_command() {
    while (!rest_.empty() && rest_.front() != '\n' && rest_.front() != ';') value();
  }

  void scan_word() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_of_name);
    const std::string name(rest_.begin(), end);
    const auto line = line_;
    rest_.remove_prefix(name.size());
    if (!rest_.starts_with('=')) {
      // "export NAME=VALUE" is an assignment behind a word.
      if (name != "export") skip_command();
      return;
    }
    take();
    auto text = value();
    values_.insert_or_assign(name, RcValue{std::move(text), {file_, line}});
  }

  /// One word of the shell, without its quotes. Takes a character at least where there is one that
  /// belongs to no word.
  std::string value() {
    std::string out;
    bool any = false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '\n' || c == ';' || c == ' ' || c == '\t' || c == '\r') {
        if (!any && c != '\n' && c != ';') take();
        return out;
      }
      any = true;
      if (c == '\'') {
        single_quoted(out);
      } else if (c == '"') {
        double_quoted(out);
      } else {
        plain(out);
      }
    }
    return out;
  }

  void single_quoted(std::string& out) {
    take();
    while (!rest_.empty() && rest_.front() != '\'') out += take();
    if (!rest_.empty()) take();
  }

  void double_quoted(std::string& out) {
    take();
    while (!rest_.empty() && rest_.front() != '"') plain(out);
    if (!rest_.empty()) take();
  }

  /// A character, an escaped one, or a variable.
  void plain(std::string& out) {
    if (rest_.front() == '\\' && rest_.size() > 1) {
      take();
      const char c = take();
      if (c != '\n') out += c;
    } else if (rest_.front() == '$' && rest_.size() > 1) {
      variable(out);
    } else {
      out += take();
    }
  }

  void variable(std::string& out) {
    const bool braces = rest_.starts_with("${");
    const auto name = rest_.substr(braces ? 2 : 1);
    const auto end = std::find_if_not(name.begin(), name.end(), is_of_name);
    const std::string found(name.begin(), end);
    const bool closed = !braces || (end != name.end() && *end == '}');
    if (found.empty() || !closed) {
      out += take();
      return;
    }
    const auto value = values_.find(found);
    if (value != values_.end()) append(out, value->second.text);
    rest_.remove_prefix(found.size() + (braces ? 3 : 1));
  }

  /// A variable that holds itself twice, line by line, must not fill the memory.
  static void append(std::string& out, const std::string& text) {
    constexpr std::size_t kLongest = 65536;
    if (out.size() + text.size() <= kLongest) out += text;
  }

  std::string_view rest_;
  const std::string& file_;
  RcConf::Values& values_;
  unsigned line_ = 1;
};

}  // namespace

void RcConf::read(const OldFile& file) {
  read_ = true;
  Scanner{file.text, file.name, values_}.scan();
}

const RcValue* RcConf::find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

std::string RcConf::text(std::string_view name) const {
  const auto* value = find(name);
  return value == nullptr ? std::string{} : value->text;
}

bool RcConf::is_yes(std::string_view name) const {
  auto value = text(name);
  std::transform(value.begin(), value.end(), value.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return value == "yes" || value == "true" || value == "on" || value == "1";
}

std::vector<std::string> list_of(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n";
  std::vector<std::string> words;
  while (true) {
    const auto begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    const auto end = std::min(text.find_first_of(kBlanks), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

}  // namespace tunnel::importer
