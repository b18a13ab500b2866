#pragma once

#include "tunneld/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tunnel::ppp {

/// Lets `burst` things pass at once and `per_second` of them in the long run, on the caller's time.
/// The generic cell rate algorithm: one point in time is the whole bucket.
class RateLimiter {
 public:
  constexpr RateLimiter(unsigned burst, unsigned per_second) noexcept
      : interval_{Duration{std::chrono::seconds{1}} / per_second},
        tolerance_{interval_ * (burst - 1)} {}

  /// Whether one more may pass now; refusals are counted.
  constexpr bool allow(TimePoint now) noexcept {
    const auto due = std::max(due_, now);
    if (due - now > tolerance_) {
      ++refused_;
      return false;
    }
    due_ = due + interval_;
    return true;
  }

  constexpr std::uint64_t refused() const noexcept { return refused_; }

 private:
  Duration interval_;
  Duration tolerance_;
  TimePoint due_ = TimePoint::min();
  std::uint64_t refused_ = 0;
};

}  // namespace tunnel::ppp
