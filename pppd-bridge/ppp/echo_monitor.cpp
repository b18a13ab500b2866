#include "pppd-bridge/ppp/echo_monitor.hpp"

#include <algorithm>

namespace tunnel::ppp {

void EchoMonitor::start(TimePoint now) noexcept {
  running_ = interval_ > Duration::zero();
  next_ = now + interval_;
  last_life_ = now;
  unanswered_ = 0;
  sent_ = {};
}

void EchoMonitor::stop() noexcept {
  running_ = false;
}

void EchoMonitor::note_life(TimePoint now) noexcept {
  last_life_ = std::max(last_life_, now);
  unanswered_ = 0;
}

void EchoMonitor::sent(std::uint8_t id, TimePoint now) noexcept {
  std::rotate(sent_.rbegin(), sent_.rbegin() + 1, sent_.rend());
  sent_.front() = Sent{id, now};
  ++unanswered_;
  next_ = now + interval_;
}

void EchoMonitor::answered(std::uint8_t id, TimePoint now) noexcept {
  for (auto& request : sent_) {
    if (!request || request->id != id) continue;
    round_trip_ = now - request->when;
    request.reset();
    return;
  }
}

std::optional<TimePoint> EchoMonitor::death() const noexcept {
  if (!running_ || failures_ == 0 || unanswered_ < failures_) return std::nullopt;
  // The last request gets a moment for its answer, which after a stop of our own process may
  // already wait to be read.
  const auto last_request = next_ - interval_;
  return std::max(last_life_ + interval_ * failures_, last_request + interval_ / 4);
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
