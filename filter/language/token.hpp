#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tunnel::filter::language {

/// A piece of a rule file. The text lies in the file's, and must not outlive it.
struct Token {
  enum class Kind : std::uint8_t {
    Word,       // letters, digits, and . _ - $ and an IPv6 address as a whole
    Symbol,     // / : , ( ) ! = != < > <= >= <> >< -> @ ;
    Unknown,    // a character that no rule has
    EndOfLine,  // of a logical line: not behind a backslash
    EndOfFile,
  };
  Kind kind = Kind::EndOfFile;
  std::string_view text{};
  unsigned line = 0;    // from 1
  unsigned column = 0;  // from 1, in characters

  bool is(std::string_view what) const noexcept {
    return (kind == Kind::Word || kind == Kind::Symbol) && text == what;
  }

  bool ends_rule() const noexcept {
    return kind == Kind::EndOfLine || kind == Kind::EndOfFile || is(";");
  }
};

/// All tokens of a file, the last of which is EndOfFile; remarks and blanks are gone.
std::vector<Token> tokens_of(std::string_view text);

}  // namespace tunnel::filter::language
