#pragma once

#include "tunneld/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

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

/// For what anybody can bring about as often as he likes, and which is told to the administrator:
/// some of it, and how much was left out.
class ToldSparingly {
 public:
  constexpr ToldSparingly(unsigned burst, unsigned per_second) noexcept
      : limiter_{burst, per_second} {}

  /// Whether to tell of one more: how many were not told of since the last. nullopt: this one is
  /// not.
  constexpr std::optional<std::uint64_t> tell(TimePoint now) noexcept {
    if (limiter_.allow(now)) return std::exchange(untold_, 0);
    ++untold_;
    return std::nullopt;
  }

 private:
  RateLimiter limiter_;
  std::uint64_t untold_ = 0;
};

}  // namespace tunnel
