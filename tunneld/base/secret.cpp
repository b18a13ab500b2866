#include "tunneld/base/secret.hpp"

#include <string.h>

namespace tunnel {

void wipe(MutableBytes memory) noexcept {
  if (!memory.empty()) explicit_bzero(memory.data(), memory.size());  // it may not be given null
}

}  // namespace tunnel
