#include "tunneld/supervisor/backoff.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::supervisor {

Backoff::Backoff(ReconnectPolicy policy, RandomBelow random)
    : policy_{policy}, random_{std::move(random)} {}

std::chrono::milliseconds Backoff::jittered(std::chrono::milliseconds pause) {
  const auto half = pause / 2;
  const auto bound = static_cast<std::uint64_t>((pause - half).count()) + 1;
  return half + std::chrono::milliseconds{static_cast<std::int64_t>(random_(bound))};
}

std::chrono::milliseconds Backoff::next() {
  auto pause = policy_.min;
  for (unsigned i = 0; i < failures_ && pause < policy_.max; ++i) pause *= 2;
  ++failures_;
  return jittered(std::min(pause, policy_.max));
}

std::chrono::milliseconds Backoff::longest() {
  ++failures_;
  return jittered(policy_.max);
}

std::chrono::milliseconds Backoff::after_established() {
  const auto bound = static_cast<std::uint64_t>((policy_.min / 2).count()) + 1;
  return std::chrono::milliseconds{static_cast<std::int64_t>(random_(bound))};
}

}  // namespace tunnel::supervisor
