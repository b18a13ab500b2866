#include "tunneld/import/ppp_conf.hpp"

#include "tunneld/base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace tunnel::importer {

namespace {

constexpr unsigned kDeepest = 8;        // files that include each other
constexpr unsigned kMostIncludes = 64;  // so that they do not go on for ever either
constexpr std::size_t kMostSections = 2000;

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

constexpr bool is_of_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view without_margins(std::string_view line) {
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  return line;
}

/// How long a variable is whose "$" is the first character; 0: it is a dollar sign alone.
std::size_t variable_size(std::string_view text) {
  if (text.starts_with("${")) {
    const auto end = text.find('}');
    return end == std::string_view::npos || end == 2 ? 0 : end + 1;
  }
  std::size_t size = 1;
  while (size < text.size() && is_of_name(text[size])) ++size;
  return size > 1 ? size : 0;
}

/// The line with variables and ~ replaced.
std::string interpreted(std::string_view line, bool& from_environment) {
  std::string out;
  while (!line.empty()) {
    std::size_t taken = 1;
    if (line.front() == '\\' && line.size() > 1) {
      taken = 2;
      if (line[1] == '$' || line[1] == '~') {
        out += line[1];
      } else {
        out += line.substr(0, 2);
      }
    } else if (line.starts_with("$$")) {
      taken = 2;
      out += '$';
    } else if (line.front() == '$' && variable_size(line) > 0) {
      taken = variable_size(line);
      from_environment = true;
    } else if (line.starts_with("~/")) {
      out += "/root";
    } else {
      out += line.front();
    }
    line.remove_prefix(taken);
  }
  return out;
}

enum class Remarks : std::uint8_t { Skipped, PartOfText };

std::optional<std::vector<std::string>> split(std::string_view line, Remarks remarks) {
  std::vector<std::string> words;
  bool quoted = false;
  bool in_word = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    const bool ends = !quoted && (is_blank(c) || (c == '#' && remarks == Remarks::Skipped));
    if (ends) {
      in_word = false;
      if (c == '#') break;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '\\') {
      if (++at < line.size()) words.back() += line[at];
    } else {
      words.back() += c;
    }
  }
  if (quoted) return std::nullopt;
  return words;
}

struct Line {
  unsigned number = 0;  // of its first
  std::string text{};
};

/// The lines of a file, those that are continued as one.
std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  bool continued = false;
  unsigned number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!continued) lines.push_back({number, {}});
    continued = line.ends_with('\\');
    if (continued) line.remove_suffix(1);
    lines.back().text += line;
  }
  return lines;
}

/// "label:", or "label :"; nullopt for anything else.
std::optional<std::string> label_of(std::string_view line) {
  auto words = split(line, Remarks::Skipped);
  if (!words || words->empty()) return std::nullopt;
  if (words->size() == 2 && (*words)[1] == ":") return std::move(words->front());
  auto& label = words->front();
  if (words->size() != 1 || label.size() < 2 || label.back() != ':') return std::nullopt;
  label.pop_back();
  return std::move(label);
}

class Reader {
 public:
  explicit Reader(const IncludeFinder& include) : include_{include} {}

  void read(const OldFile& file, unsigned depth) {
    current_ = nullptr;
    for (const auto& [number, text] : lines_of(file.text)) {
      const Place where{file.name, number};
      const auto line = without_margins(text);
      if (line.empty() || line.front() == '#') continue;
      if (is_blank(text.front())) {
        read_command(line, where);
      } else if (line.front() == '!') {
        read_include(line, where, depth);
      } else {
        begin_section(line, where);
      }
    }
    current_ = nullptr;
  }

  PppFile take() { return std::move(file_); }

 private:
  void mistake(const Place& where, std::string what, std::string advice) {
    file_.mistakes.push_back({where, std::move(what), std::move(advice)});
  }

  void read_command(std::string_view line, const Place& where) {
    if (current_ == nullptr) return;  // what is wrong above has been said
    bool from_environment = false;
    auto words = ppp_words(line, from_environment);
    if (!words) {
      // It is not shown, for it may be a password.
      mistake(where, "a quote is not closed, and ppp did not read this line",
              "see what it was meant to be");
      return;
    }
    if (words->empty()) return;
    if (from_environment) {
      mistake(where,
              in_quotes(words->front()) +
                  " takes something from the environment of ppp, which is "
                  "not known here",
              "see what it stood for, and write it in the profile");
    }
    current_->commands.push_back({where, std::move(*words)});
  }

  void read_include(std::string_view line, const Place& where, unsigned depth) {
    current_ = nullptr;
    bool from_environment = false;
    const auto words = ppp_words(line, from_environment);
    if (!words || words->size() != 2 || words->front() != "!include" || from_environment) {
      mistake(where, "ppp has no such command at the margin", "see what it was meant to be");
      return;
    }
    const auto& name = words->back();
    const auto path = name.starts_with('/') ? name : "/etc/ppp/" + name;
    if (depth == kDeepest || ++includes_ > kMostIncludes) {
      mistake(where, "files include each other too often",
              "write what is needed of them into one ppp.conf");
      return;
    }
    const auto found = include_(path);
    if (found && !found->error) return read(*found, depth + 1);
    mistake(where, "the included file " + in_quotes(path) + " is not here or cannot be read",
            "add it to what is imported, or write its links' profiles by hand");
  }

  void begin_section(std::string_view line, const Place& where) {
    current_ = nullptr;
    const auto label = label_of(line);
    if (!label) {
      mistake(where,
              "this is neither a label with its colon nor indented, so that ppp read nothing "
              "from here to the next label",
              "see whether a link was meant");
      return;
    }
    if (file_.sections.size() == kMostSections) {
      if (!full_) mistake(where, "from here on there are too many sections", "see what they are");
      full_ = true;
      return;
    }
    if (file_.find(*label) != nullptr) {
      mistake(where, "this is a second section " + in_quotes(*label) + ", which ppp never read",
              "see whether its lines were meant to be in force");
      return;
    }
    file_.sections.push_back({*label, where, {}});
    current_ = &file_.sections.back();
  }

  const IncludeFinder& include_;
  PppFile file_;
  PppSection* current_ = nullptr;  // of file_, until the next one begins
  unsigned includes_ = 0;
  bool full_ = false;
};

}  // namespace

const PppSection* PppFile::find(std::string_view label) const {
  const auto found = std::find_if(sections.begin(), sections.end(),
                                  [&](const auto& section) { return section.label == label; });
  return found == sections.end() ? nullptr : &*found;
}

PppFile parse_ppp_conf(const OldFile& file, const IncludeFinder& include) {
  Reader reader{include};
  reader.read(file, 1);
  return reader.take();
}

std::optional<std::vector<std::string>> ppp_words(std::string_view line, bool& from_environment) {
  return split(interpreted(line, from_environment), Remarks::Skipped);
}

std::optional<std::vector<std::string>> plain_words(std::string_view line) {
  return split(line, Remarks::Skipped);
}

std::optional<std::vector<std::string>> nested_words(std::string_view word) {
  return split(word, Remarks::PartOfText);
}

}  // namespace tunnel::importer
