#include "pppd-bridge/queue/codel.hpp"

#include <chrono>
#include <cmath>

namespace tunnel::queue {

namespace {

/// RFC 8289 §3.3: the time of the next signal comes nearer with the square root of their number,
/// which lowers a TCP's rate linearly.
TimePoint control_law(TimePoint from, const CodelTarget& aim, std::uint32_t count) noexcept {
  const std::chrono::duration<double, Duration::period> pause{
      static_cast<double>(aim.interval.count()) / std::sqrt(static_cast<double>(count))};
  return from + std::chrono::duration_cast<Duration>(pause);
}

}  // namespace

Codel::Verdict Codel::judge(Duration sojourn, std::uint64_t held, std::uint32_t mtu,
                            const CodelTarget& aim, TimePoint now) noexcept {
  if (!standing(sojourn, held, mtu, aim, now)) {
    dropping_ = false;
    return Verdict::Pass;
  }
  if (!dropping_) {
    begin_dropping(aim, now);
    return Verdict::Signal;
  }
  if (now < drop_next_) return Verdict::Pass;
  ++count_;
  drop_next_ = control_law(drop_next_, aim, count_);
  return Verdict::Signal;
}

bool Codel::standing(Duration sojourn, std::uint64_t held, std::uint32_t mtu,
                     const CodelTarget& aim, TimePoint now) noexcept {
  if (sojourn < aim.target || held <= 2 * std::uint64_t{mtu}) {
    first_above_ = {};
    return false;
  }
  if (first_above_ == TimePoint{}) {
    first_above_ = now + aim.interval;
    return false;
  }
  return now >= first_above_;
}

void Codel::begin_dropping(const CodelTarget& aim, TimePoint now) noexcept {
  dropping_ = true;
  // Where it ended a moment ago, the rate at which that was reached is nearly right (RFC 8289
  // §5.5).
  const auto delta = count_ - last_count_;
  const bool recently = now - drop_next_ < 16 * aim.interval;
  count_ = delta > 1 && recently ? delta : 1;
  last_count_ = count_;
  drop_next_ = control_law(now, aim, count_);
}

void Codel::emptied() noexcept {
  first_above_ = {};
  dropping_ = false;
}

}  // namespace tunnel::queue
