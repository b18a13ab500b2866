#include "pppd-bridge/ppp/echo_monitor.hpp"

#include <algorithm>

namespace tunnel::ppp {

namespace {

/// Intervals for which a round trip is known well enough.
constexpr int kMeasuredFor = 10;

}  // namespace

void EchoMonitor::start(TimePoint now) noexcept {
  running_ = interval_ > Duration::zero();
  next_ = now + interval_;
  last_life_ = now;
  unanswered_ = 0;
  in_doubt_ = false;
  sent_ = {};
}

void EchoMonitor::stop() noexcept {
  running_ = false;
}

void EchoMonitor::note_life(TimePoint now) noexcept {
  last_life_ = std::max(last_life_, now);
  unanswered_ = 0;
  in_doubt_ = false;
}

void EchoMonitor::doubt(TimePoint now) noexcept {
  if (!running_) return;
  in_doubt_ = true;
  unanswered_ = 0;
  next_ = now;
}

Duration EchoMonitor::interval() const noexcept {
  if (!in_doubt_) return interval_;
  return std::min(interval_, std::max(interval_ / 3, round_trip_.value_or(Duration::zero())));
}

void EchoMonitor::sent(std::uint8_t id, TimePoint now) noexcept {
  std::rotate(sent_.rbegin(), sent_.rbegin() + 1, sent_.rend());
  sent_.front() = Sent{id, now};
  ++unanswered_;
  last_request_ = now;
  // Once one is missed, the rest are sooner: so that the last has its moment within `failures`
  // intervals of the last sign of life.
  next_ = now + (unanswered_ > 1 ? interval() * 3 / 4 : interval());
}

void EchoMonitor::answered(std::uint8_t id, TimePoint now) noexcept {
  for (auto& request : sent_) {
    if (!request || request->id != id) continue;
    round_trip_ = now - request->when;
    measured_at_ = now;
    request.reset();
    return;
  }
}

void EchoMonitor::asked(TimePoint now) noexcept {
  if (round_trip_ && now < measured_at_ + kMeasuredFor * interval_) next_ = now + interval_;
}

std::optional<TimePoint> EchoMonitor::death() const noexcept {
  if (!running_ || failures_ == 0 || unanswered_ < failures_) return std::nullopt;
  // The last request gets a moment for its answer, which after a stop of our own process may
  // already wait to be read.
  return std::max(last_life_ + interval() * failures_, last_request_ + interval() / 4);
}

EchoMonitor::Due EchoMonitor::due(TimePoint now) const noexcept {
  if (const auto dies = death(); dies && now >= *dies) return Due::Death;
  if (running_ && now >= next_) return Due::Echo;
  return Due::Nothing;
}

std::optional<TimePoint> EchoMonitor::deadline() const noexcept {
  if (!running_) return std::nullopt;
  return std::min(next_, death().value_or(next_));
}

}  // namespace tunnel::ppp
