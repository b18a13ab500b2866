#include "filter/language/rule_reader.hpp"

#include "tunneld/base/escape.hpp"
#include "tunneld/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tunnel::filter::language {

namespace {

std::string line_of(const SourceFile& file, unsigned number) {
  std::string_view rest = file.text;
  for (auto line = number; line > 1; --line) rest.remove_prefix(rest.find('\n') + 1);
  auto text = rest.substr(0, rest.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return std::string{text};
}

}  // namespace

std::string shown(const Token& token) {
  switch (token.kind) {
    case Token::Kind::Word:
    case Token::Kind::Symbol:
    case Token::Kind::Unknown:
      return '"' + escape_text(token.text) + '"';
    case Token::Kind::EndOfLine:
    case Token::Kind::EndOfFile:
      return "the end of the rule";
  }
  return {};
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  const auto digits = hexadecimal ? text.substr(2) : text;
  std::uint32_t value = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, hexadecimal ? 16 : 10);
  if (digits.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

RuleReader::RuleReader(const SourceFile& file, const Variables& variables)
    : file_{file}, variables_{variables}, tokens_{tokens_of(file.text)} {}

bool RuleReader::next_rule() {
  dead_ = false;
  while (begun_ && !at_end()) ++at_;
  while (tokens_[at_].kind != Token::Kind::EndOfFile && tokens_[at_].ends_rule()) ++at_;
  begun_ = true;
  return tokens_[at_].kind != Token::Kind::EndOfFile;
}

bool RuleReader::accept(std::string_view what) {
  if (!next_is(what)) return false;
  ++at_;
  return true;
}

Token RuleReader::take() {
  const auto token = peek();
  if (!token.ends_rule()) ++at_;
  return token;
}

void RuleReader::expect(std::string_view what) {
  if (accept(what)) return;
  mistake(peek(), "expected \"" + std::string{what} + "\" instead of " + shown(peek()));
}

Token RuleReader::expect_word(std::string_view what) {
  if (peek().kind == Token::Kind::Word) return with_variable(take());
  mistake(peek(), "expected " + std::string{what} + " instead of " + shown(peek()));
  return {};
}

/// A variable may stand wherever a word of the user's may.
Token RuleReader::with_variable(Token token) {
  if (!token.text.starts_with('$')) return token;
  const auto found = variables_.find(token.text.substr(1));
  if (found != variables_.end()) {
    token.text = found->second;
    return token;
  }
  std::string known;
  for (const auto& [name, value] : variables_) known += (known.empty() ? "$" : ", $") + name;
  mistake(token, shown(token) + " stands for nothing here",
          known.empty() ? "variables are for the rules of a site, which its profile names"
                        : "known are " + known);
  return {};
}

std::uint32_t RuleReader::expect_number(std::string_view what, std::uint32_t most) {
  const auto token = expect_word(what);
  if (dead_) return 0;
  const auto number = parse_number(token.text);
  if (number && *number <= most) return *number;
  mistake(token,
          shown(token) + " is not " + std::string{what} + " (0 to " + std::to_string(most) + ')');
  return 0;
}

void RuleReader::mistake(const Token& token, std::string message, std::string hint) {
  if (std::exchange(dead_, true)) return;
  end_ = {Token::Kind::EndOfLine, {}, token.line, token.column};
  const auto width = std::max<std::size_t>(length_in_characters(token.text), 1);
  Diagnostic diagnostic;
  diagnostic.file = file_.name;
  diagnostic.line = token.line;
  diagnostic.first_column = token.column;
  diagnostic.last_column = token.column + static_cast<unsigned>(width);
  diagnostic.message = std::move(message);
  diagnostic.source_line = line_of(file_, token.line);
  diagnostic.hint = std::move(hint);
  mistakes_.push_back(std::move(diagnostic));
}

std::string_view RuleReader::word_behind(std::string_view what) const {
  for (auto at = at_; !tokens_[at].ends_rule(); ++at) {
    const auto& next = tokens_[at + 1];
    if (tokens_[at].is(what) && next.kind == Token::Kind::Word) return next.text;
  }
  return {};
}

bool RuleReader::is_followed_by(std::string_view what) const noexcept {
  for (auto at = at_; at < at_ + 2; ++at) {
    if (tokens_[at].ends_rule()) return false;
  }
  return tokens_[at_ + 2].is(what);
}

Diagnostic mistake_in_line(const SourceFile& file, unsigned line, std::string message,
                           std::string hint) {
  auto text = line_of(file, line);
  const auto first = std::min(text.find_first_not_of(" \t"), text.size());
  const auto end = std::min(text.find_first_of(" \t", first), text.size());
  return Diagnostic{.file = file.name,
                    .line = line,
                    .first_column = static_cast<unsigned>(first) + 1,
                    .last_column = static_cast<unsigned>(std::max(end, first + 1)) + 1,
                    .message = std::move(message),
                    .source_line = std::move(text),
                    .hint = std::move(hint)};
}

void sort_by_line(std::vector<Diagnostic>& mistakes) {
  std::stable_sort(mistakes.begin(), mistakes.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return a.line < b.line; });
}

}  // namespace tunnel::filter::language
