#pragma once

#include "tunneld/base/time.hpp"

#include <chrono>
#include <compare>
#include <cstdint>

namespace tunnel::queue {

/// How fast octets go.
struct Rate {
  double octets_per_second = 0;

  /// `time` must not be zero.
  static constexpr Rate of(std::uint64_t octets, Duration time) noexcept {
    return {static_cast<double>(octets) / std::chrono::duration<double>{time}.count()};
  }

  /// How many octets go in `time`.
  constexpr double octets_in(Duration time) const noexcept {
    return octets_per_second * std::chrono::duration<double>{time}.count();
  }

  /// How long `octets` take; the rate must not be zero.
  constexpr Duration time_of(std::uint64_t octets) const noexcept {
    const std::chrono::duration<double> time{static_cast<double>(octets) / octets_per_second};
    return std::chrono::duration_cast<Duration>(time);
  }

  auto operator<=>(const Rate&) const = default;
};

}  // namespace tunnel::queue
