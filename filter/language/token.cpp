#include "filter/language/token.hpp"

#include "tunneld/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tunnel::filter::language {

namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '.' || c == '_' ||
         c == '-' || c == '$';
}

constexpr bool is_of_ipv6(char c) {
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || is_digit(c) || c == ':' || c == '.';
}

/// The longer ones first.
constexpr std::array<std::string_view, 18> kSymbols{
    "!=", "<=", ">=", "<>", "><", "->", "/", ":", ",", "(", ")", "!", "=", "<", ">", "@", ";", "*"};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_{text} {}

  std::vector<Token> all() {
    while (!rest_.empty()) scan();
    // A last line need not end.
    if (!found_.empty() && found_.back().kind != Token::Kind::EndOfLine) {
      add(Token::Kind::EndOfLine, 0);
    }
    add(Token::Kind::EndOfFile, 0);
    return std::move(found_);
  }

 private:
  void scan() {
    const char c = rest_.front();
    if (c == '\n') return end_line();
    if (c == '\\' && (rest_.starts_with("\\\n") || rest_.starts_with("\\\r\n"))) {
      skip(rest_.find('\n') + 1);
      return begin_line();
    }
    if (c == ' ' || c == '\t' || c == '\r') return skip(1);
    if (c == '#') return skip(std::min(rest_.find('\n'), rest_.size()));
    if (const auto size = ipv6_size(); size > 0) return add(Token::Kind::Word, size);
    for (const auto symbol : kSymbols) {
      if (rest_.starts_with(symbol)) return add(Token::Kind::Symbol, symbol.size());
    }
    if (const auto size = word_size(); size > 0) return add(Token::Kind::Word, size);
    add(Token::Kind::Unknown, character_size());
  }

  /// An address has two colons at least, which a range of ports has not.
  std::size_t ipv6_size() const {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_of_ipv6);
    const bool whole = end == rest_.end() || !is_word(*end);
    const auto colons = std::count(rest_.begin(), end, ':');
    return whole && colons >= 2 ? static_cast<std::size_t>(end - rest_.begin()) : 0;
  }

  /// With the octets of UTF-8 that continue it.
  std::size_t character_size() const {
    std::size_t size = 1;
    while (size < rest_.size() && is_utf8_continuation(rest_[size])) ++size;
    return size;
  }

  std::size_t word_size() const {
    std::size_t size = 0;
    while (size < rest_.size() && is_word(rest_[size]) && !rest_.substr(size).starts_with("->")) {
      ++size;
    }
    return size;
  }

  /// An empty line is none.
  void end_line() {
    if (!found_.empty() && found_.back().kind != Token::Kind::EndOfLine) {
      found_.push_back({Token::Kind::EndOfLine, rest_.substr(0, 0), line_, column_});
    }
    skip(1);
    begin_line();
  }

  void begin_line() {
    ++line_;
    column_ = 1;
  }

  void skip(std::size_t count) {
    column_ += static_cast<unsigned>(length_in_characters(rest_.substr(0, count)));
    rest_.remove_prefix(count);
  }

  void add(Token::Kind kind, std::size_t size) {
    found_.push_back({kind, rest_.substr(0, size), line_, column_});
    skip(size);
  }

  std::string_view rest_;
  unsigned line_ = 1;
  unsigned column_ = 1;
  std::vector<Token> found_;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view text) {
  return Scanner{text}.all();
}

}  // namespace tunnel::filter::language
