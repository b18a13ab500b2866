#pragma once

#include "tunneld/base/time.hpp"

#include <algorithm>
#include <chrono>

namespace tunnel {

/// Lets `burst` things pass at once and `per_second` of them in the long run, on the caller's time.
/// The generic cell rate algorithm: one point in time is the whole bucket.
class RateLimiter {
 public:
  constexpr RateLimiter(unsigned burst, unsigned per_second) noexcept
      : interval_{Duration{std::chrono::seconds{1}} / per_second},
        tolerance_{interval_ * (burst - 1)} {}

  /// Whether one more may pass now.
  constexpr bool allow(TimePoint now) noexcept {
    const auto due = std::max(due_, now);
    if (due - now > tolerance_) return false;
    due_ = due + interval_;
    return true;
  }

 private:
  Duration interval_;
  Duration tolerance_;
  TimePoint due_ = TimePoint::min();
};

}  // namespace tunnel
