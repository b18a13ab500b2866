#pragma once

#include "tunneld/audit/log_line.hpp"

#include <chrono>
#include <cstdint>
#include <utility>

namespace tunnel::audit {

/// So many in each second, and a count of those beyond.
class Quota {
 public:
  explicit constexpr Quota(unsigned in_a_second) noexcept : most_{in_a_second} {}

  /// Whether there is room for one more.
  bool take(WallTime now) {
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    if (second != second_) {
      second_ = second;
      taken_ = 0;
    }
    if (taken_ >= most_) {
      ++refused_;
      return false;
    }
    ++taken_;
    return true;
  }

  /// Those that were refused in seconds that are over, once.
  std::uint64_t refused(WallTime now) {
    if (std::chrono::floor<std::chrono::seconds>(now) == second_) return 0;
    return std::exchange(refused_, 0);
  }

 private:
  unsigned most_;
  WallTime second_{};
  unsigned taken_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace tunnel::audit
