#include "pppd-bridge/session/system_random.hpp"

#include "tunneld/base/check.hpp"

#include <sys/random.h>

namespace tunnel::session {

std::uint32_t SystemRandom::u32() {
  std::uint32_t value = 0;
  // Up to 256 bytes are never interrupted once the pool is ready.
  TUNNEL_CHECK(::getrandom(&value, sizeof value, 0) == sizeof value);
  return value;
}

}  // namespace tunnel::session
