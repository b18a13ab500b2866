#pragma once

#include <chrono>

namespace tunnel {

/// Monotonic: a jump of the wall clock changes nothing.
using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

}  // namespace tunnel
