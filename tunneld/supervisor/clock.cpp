#include "tunneld/supervisor/clock.hpp"

namespace tunnel::supervisor {

TimePoint steady_now() noexcept {
  return std::chrono::steady_clock::now();
}

audit::WallTime wall_now() noexcept {
  return std::chrono::system_clock::now();
}

}  // namespace tunnel::supervisor
