#include "tunneld/base/secret.hpp"

#include <string.h>

namespace tunnel {

void wipe(MutableBytes memory) noexcept {
  if (!memory.empty()) explicit_bzero(memory.data(), memory.size());  // it may not be given null
}

void wipe(std::string& text) noexcept {
  explicit_bzero(text.data(), text.size());
}

}  // namespace tunnel
