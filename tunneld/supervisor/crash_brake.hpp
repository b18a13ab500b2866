#pragma once

#include "tunneld/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>

namespace tunnel::supervisor {

/// Counts the bridges of one site that ended by a fault of their own: a call that the sandbox
/// refused, a broken invariant, a stray pointer. One now and then is replaced at once; five within
/// a minute are a loop (Event::CrashLoop).
class CrashBrake {
 public:
  enum class Verdict : std::uint8_t { GoOn, Loop };

  /// One more. A loop is told once, and counting begins anew.
  Verdict crashed(TimePoint now);

  /// The administrator has a hand in it.
  void release() noexcept { recent_.clear(); }

 private:
  std::deque<TimePoint> recent_;
};

}  // namespace tunnel::supervisor
