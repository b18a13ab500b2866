#pragma once

#include "tunneld/base/time.hpp"

#include <algorithm>

namespace tunnel::queue {

/// The greatest value of the last one to two windows; before there is any, T{}. Without new values
/// the old ones stay: to know nothing would be worse.
template <typename T>
class WindowedMax {
 public:
  /// Returns whether a window has ended with this value.
  bool add(const T& value, TimePoint now, Duration window) noexcept {
    const bool ended = now - began_ >= window;
    if (ended) {
      before_ = current_;
      current_ = T{};
      began_ = now;
    }
    raise(value);
    return ended;
  }

  /// A value that is to count if it is the greatest, but not as one of many that make old ones end.
  void raise(const T& value) noexcept { current_ = std::max(current_, value); }

  T value() const noexcept { return std::max(current_, before_); }

  /// Of the last window that has ended.
  T last_window() const noexcept { return before_; }

 private:
  T current_{};
  T before_{};
  TimePoint began_{};
};

}  // namespace tunnel::queue
