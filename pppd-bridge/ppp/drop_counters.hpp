#pragma once

#include "tunneld/base/rate_limiter.hpp"
#include "tunneld/base/time.hpp"

#include <cstdint>

namespace tunnel::ppp {

/// Packets that came to the engines and were dropped.
struct DropCounters {
  std::uint64_t malformed = 0;   // lengths or options that do not add up
  std::uint64_t unexpected = 0;  // answers to no request of ours, packets of another phase
  std::uint64_t flooded = 0;     // beyond the rate at which they are answered or looked at

  /// Whether `rate` allows one more; where it does not, that one is counted.
  constexpr bool admit(RateLimiter& rate, TimePoint now) noexcept {
    const bool allowed = rate.allow(now);
    if (!allowed) ++flooded;
    return allowed;
  }

  friend constexpr DropCounters operator+(DropCounters a, const DropCounters& b) noexcept {
    return {a.malformed + b.malformed, a.unexpected + b.unexpected, a.flooded + b.flooded};
  }

  bool operator==(const DropCounters&) const = default;
};

}  // namespace tunnel::ppp
