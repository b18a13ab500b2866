#include "tunneld/base/secret.hpp"

#include <string.h>

namespace tunnel {

void wipe(MutableBytes memory) noexcept {
  if (!memory.empty()) explicit_bzero(memory.data(), memory.size());  // it may not be given null
}

void wipe(std::string& text) noexcept {
  explicit_bzero(text.data(), text.size());
}

bool constant_time_equal(Bytes expected, Bytes given) noexcept {
  if (expected.empty() || expected.size() != given.size()) return false;
  volatile unsigned difference = 0;  // or the compiler may leave the loop early
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference = difference | (unsigned{expected[i]} ^ unsigned{given[i]});
  }
  return difference == 0;
}

}  // namespace tunnel
