#pragma once

#include "tunneld/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace tunnel::transport {

/// A point in time by which a blocking step of dial() must be over.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds allowance)
      : end_{std::chrono::steady_clock::now() + allowance} {}

  bool expired() const { return std::chrono::steady_clock::now() >= end_; }

  /// For poll(2): milliseconds left, rounded up, 0 once expired.
  int poll_timeout() const {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(
        left.count(), 0, std::numeric_limits<int>::max()));
  }

 private:
  TimePoint end_;
};

}  // namespace tunnel::transport
