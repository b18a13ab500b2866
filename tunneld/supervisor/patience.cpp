#include "tunneld/supervisor/patience.hpp"

#include <algorithm>

namespace tunnel::supervisor {

namespace {

using namespace std::chrono_literals;

constexpr Duration kConnect = 60s;
constexpr Duration kLeastPpp = 45s;
constexpr Duration kLeastClose = 3s;

/// From the moment PPP gives up until its last words are here.
constexpr Duration kLastWords = 1s;

}  // namespace

Patience patience_for(const PppTimers& timers) noexcept {
  const Duration requests = timers.restart * timers.max_configure;
  const Duration farewells = timers.restart * timers.max_terminate;
  // Half as much again: an answer that is late, but not too late, begins the counting anew.
  return {.connect = kConnect,
          .ppp = std::max(kLeastPpp, requests + requests / 2),
          .close = std::max(kLeastClose, farewells + kLastWords)};
}

}  // namespace tunnel::supervisor
