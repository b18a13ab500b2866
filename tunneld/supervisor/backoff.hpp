#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace tunnel::supervisor {

/// How long to wait between attempts ([reconnect] of a profile).
struct ReconnectPolicy {
  std::chrono::milliseconds min{1000};
  std::chrono::milliseconds max{60000};
  unsigned attempts = 0;  // in a row without a link; 0: for ever
  bool operator==(const ReconnectPolicy&) const = default;
};

/// Uniform in [0, bound); bound is not zero. Injected, so that tests are deterministic.
using RandomBelow = std::function<std::uint64_t(std::uint64_t bound)>;

/// Pauses that double from min to max, each jittered into the upper half of its length, so that a
/// hundred sites that were cut off together do not come back together.
class Backoff {
 public:
  Backoff(ReconnectPolicy policy, RandomBelow random);

  /// The pause before the next attempt, after one more failure.
  std::chrono::milliseconds next();

  /// The pause after a failure that trying again soon cannot mend: the longest, jittered.
  std::chrono::milliseconds longest();

  /// The pause after a link that had held: short, since most breaks are; at most half of min.
  std::chrono::milliseconds after_established();

  void reset() noexcept { failures_ = 0; }

  unsigned failures() const noexcept { return failures_; }

  /// Whether the profile's number of attempts is used up.
  bool exhausted() const noexcept { return policy_.attempts != 0 && failures_ >= policy_.attempts; }

 private:
  std::chrono::milliseconds jittered(std::chrono::milliseconds pause);

  ReconnectPolicy policy_;
  RandomBelow random_;
  unsigned failures_ = 0;
};

}  // namespace tunnel::supervisor
