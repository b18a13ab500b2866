#pragma once

#include <limits>
#include <string>

namespace tunnel {

/// A last column that stands for wherever the line ends.
inline constexpr unsigned kEndOfLine = std::numeric_limits<unsigned>::max();

/// Where something stands in a file. Lines and columns count from 1, columns in characters;
/// `last_column` is one past the last, or kEndOfLine. Line 0: the file as a whole.
struct Location {
  unsigned line = 0;
  unsigned first_column = 0;
  unsigned last_column = 0;

  bool operator==(const Location&) const = default;
};

/// One mistake in a file, and what to do about it.
struct Diagnostic {
  std::string file{};
  unsigned line = 0;  // 0: the file as a whole, without columns or a source line
  unsigned first_column = 0;
  unsigned last_column = 0;  // one past the last
  std::string message{};
  std::string source_line{};
  std::string hint{};  // may be empty

  bool operator==(const Diagnostic&) const = default;
};

/// The diagnostic as it is printed, without a newline at the end:
///
///     sites/labs.toml:12:1-6: error: unknown key "remot" in [ppp]
///         remot = "10.224.1.2"
///         ^~~~~
///     hint: did you mean "remote"?
///
/// Of a long line, only the part around the caret is shown.
std::string explain(const Diagnostic& diagnostic);

}  // namespace tunnel
