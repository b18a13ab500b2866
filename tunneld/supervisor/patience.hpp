#pragma once

#include "tunneld/base/time.hpp"

#include <chrono>

namespace tunnel::supervisor {

/// The timer and the counters of RFC 1661 §4.6, as a profile has them.
struct PppTimers {
  std::chrono::milliseconds restart{3000};
  unsigned max_configure = 10;
  unsigned max_terminate = 2;
};

/// How long nothing may be heard of a bridge. One that works ends by itself within these, with a
/// better reason; they are for the bridge that hangs.
struct Patience {
  Duration connect{};  // in each state before PPP
  Duration ppp{};      // in each of LCP, authentication and the network protocols
  Duration close{};    // after it was asked to end

  /// A whole attempt: each of the states before PPP, and each of PPP's, once. The bridge says which
  /// state it is in, and one that its peer has taken over could go to and fro for ever.
  Duration attempt() const noexcept { return 4 * connect + 3 * ppp; }
};

/// Long enough for PPP to give up first, and never so short that a busy machine is taken for a
/// bridge that hangs.
Patience patience_for(const PppTimers& timers) noexcept;

}  // namespace tunnel::supervisor
