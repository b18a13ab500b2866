#include "tunneld/base/secret.hpp"

#include <string.h>

namespace tunnel {

void wipe(MutableBytes memory) noexcept { explicit_bzero(memory.data(), memory.size()); }

}  // namespace tunnel
