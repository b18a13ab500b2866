#pragma once

#include "filter/language/token.hpp"
#include "tunneld/base/diagnostic.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::filter::language {

/// A rule file under its name, for messages.
struct SourceFile {
  std::string name{};
  std::string text{};
  unsigned number = 0;  // Place::file of its rules
};

/// What `$interface` and the like stand for in a site's own rules, without the `$`.
using Variables = std::map<std::string, std::string, std::less<>>;

/// Walks the tokens of a file, rule by rule, and collects the mistakes.
///
/// After the first mistake in a rule it plays dead: nothing is accepted any more, every question is
/// answered as at the end of a rule, and further mistakes are not noted, since they would follow
/// from the first. next_rule() brings it back to life. So a parser needs no checks of its own.
class RuleReader {
 public:
  /// `variables` must outlive it.
  RuleReader(const SourceFile& file, const Variables& variables);

  /// To the beginning of the next rule; false: there is none.
  bool next_rule();

  const Token& peek() const noexcept { return dead_ ? end_ : tokens_[at_]; }

  bool at_end() const noexcept { return peek().ends_rule(); }

  bool next_is(std::string_view what) const noexcept { return peek().is(what); }

  /// Takes the next token if it is that.
  bool accept(std::string_view what);
  /// Takes the next token, whatever it is; at the end of a rule it stays there.
  Token take();
  /// The next token, which must be that; else it is a mistake that `what` was expected.
  void expect(std::string_view what);
  /// The next word; anything else is a mistake that `what` was expected, and the word is empty.
  Token expect_word(std::string_view what);
  /// A decimal or hexadecimal number up to `most`.
  std::uint32_t expect_number(std::string_view what, std::uint32_t most);

  /// The word behind the first `what` of the present rule, which is not taken; empty: none.
  std::string_view word_behind(std::string_view what) const;

  /// Whether `what` is two tokens behind the next one: "em1" and ":" behind "to".
  bool is_followed_by(std::string_view what) const noexcept;

  /// About `token`, of the present rule.
  void mistake(const Token& token, std::string message, std::string hint = {});

  /// Whether the present rule has a mistake.
  bool dead() const noexcept { return dead_; }

  std::vector<Diagnostic> take_mistakes() { return std::move(mistakes_); }

 private:
  Token with_variable(Token token);

  const SourceFile& file_;
  const Variables& variables_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  bool dead_ = false;
  bool begun_ = false;
  Token end_{};
  std::vector<Diagnostic> mistakes_;
};

/// For messages: the token in quotation marks, or "the end of the rule".
std::string shown(const Token& token);

/// A decimal number, or a hexadecimal one behind 0x.
std::optional<std::uint32_t> parse_number(std::string_view text);

/// About a rule as a whole, of which the first line is known.
Diagnostic mistake_in_line(const SourceFile& file, unsigned line, std::string message,
                           std::string hint);

void sort_by_line(std::vector<Diagnostic>& mistakes);

}  // namespace tunnel::filter::language
