#pragma once
#include <string>
namespace tunnel {
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
}
