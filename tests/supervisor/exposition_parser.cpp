#include "tests/supervisor/exposition_parser.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace tunnel::test {

namespace {

/// What is left of a line, taken from the front.
class Line {
 public:
  explicit Line(std::string_view text) : all_{text}, rest_{text} {}

  bool empty() const noexcept { return rest_.empty(); }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (!take(c)) fail(std::string{"there is no '"} + c + '\'');
  }

  std::string name() {
    const auto is_letter = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    std::size_t length = 0;
    while (length < rest_.size() &&
           (is_letter(rest_[length]) ||
            (length > 0 && rest_[length] >= '0' && rest_[length] <= '9'))) {
      ++length;
    }
    if (length == 0) fail("a name is missing");
    return std::string{take_front(length)};
  }

  std::string label_value() {
    expect('"');
    std::string value;
    while (!take('"')) value += unescaped("\\\"n");
    return value;
  }

  /// The rest of a line of HELP.
  std::string help() {
    std::string text;
    while (!empty()) text += unescaped("\\n");
    return text;
  }

  double number() {
    double value = 0;
    const auto* const end = rest_.data() + rest_.size();
    const auto [stop, error] = std::from_chars(rest_.data(), end, value);
    if (error != std::errc{} || stop != end) fail("this is no number, or there is more behind it");
    rest_ = {};
    return value;
  }

  std::string rest() { return std::string{std::exchange(rest_, {})}; }

  [[noreturn]] void fail(const std::string& why) const {
    throw std::runtime_error{why + ": " + std::string{all_}};
  }

 private:
  std::string_view take_front(std::size_t length) {
    const auto front = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return front;
  }

  char unescaped(std::string_view may_be_escaped) {
    if (rest_.empty()) fail("a text has no end");
    const char c = take_front(1).front();
    if (c != '\\') return c;
    if (rest_.empty() || may_be_escaped.find(rest_.front()) == std::string_view::npos) {
      fail("there is no such escape");
    }
    const char escaped = take_front(1).front();
    return escaped == 'n' ? '\n' : escaped;
  }

  std::string_view all_;
  std::string_view rest_;
};

}  // namespace

ParsedExposition ParsedExposition::parse(std::string_view text) {
  ParsedExposition parsed;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) throw std::runtime_error{"the last line has no end"};
    parsed.take_line(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return parsed;
}

std::optional<double> ParsedExposition::value(std::string_view family, const Labels& labels) const {
  const auto found = std::find_if(samples_.begin(), samples_.end(), [&](const auto& sample) {
    return sample.family == family && sample.labels == labels;
  });
  return found == samples_.end() ? std::nullopt : std::optional{found->value};
}

void ParsedExposition::take_line(std::string_view line) {
  if (line.starts_with('#')) return take_comment(line);
  take_sample(line);
}

void ParsedExposition::take_comment(std::string_view text) {
  Line line{text};
  line.expect('#');
  line.expect(' ');
  const auto word = line.name();
  line.expect(' ');
  const auto name = line.name();
  line.expect(' ');
  if (word == "HELP") {
    if (!families_.emplace(name, Family{{}, line.help()}).second) line.fail("a second HELP");
    current_ = name;
    return;
  }
  auto& family = families_[name];
  if (word != "TYPE" || name != current_ || !family.type.empty()) line.fail("no TYPE behind HELP");
  family.type = line.rest();
  if (family.type != "counter" && family.type != "gauge") line.fail("no such type");
  if ((family.type == "counter") != name.ends_with("_total")) line.fail("a counter is _total");
}

void ParsedExposition::take_sample(std::string_view text) {
  Line line{text};
  Sample sample{.family = line.name()};
  if (sample.family != current_ || families_[current_].type.empty()) {
    line.fail("a sample outside its family");
  }
  if (line.take('{')) {
    do {
      auto name = line.name();
      line.expect('=');
      if (!sample.labels.emplace(std::move(name), line.label_value()).second) {
        line.fail("a label twice");
      }
    } while (line.take(','));
    line.expect('}');
  }
  line.expect(' ');
  sample.value = line.number();
  if (value(sample.family, sample.labels)) line.fail("a sample twice");
  samples_.push_back(std::move(sample));
}

}  // namespace tunnel::test
