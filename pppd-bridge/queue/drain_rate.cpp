#include "pppd-bridge/queue/drain_rate.hpp"

#include <algorithm>

namespace tunnel::queue {

void DrainRate::advance(TimePoint now, bool backlogged) noexcept {
  if (now <= burst_at_) return;
  if (backlogged_before_ && backlogged && !ran_dry_) {
    octets_ += burst_;
    time_ += burst_at_ - before_;
    if (time_ >= kWindow && octets_ > 0) close_window();
  }
  backlogged_before_ = backlogged;
  before_ = burst_at_;
  burst_at_ = now;
  burst_ = 0;
  ran_dry_ = false;
}

void DrainRate::taken(std::size_t octets, bool backlogged) noexcept {
  burst_ += octets;
  ran_dry_ = ran_dry_ || !backlogged;
}

void DrainRate::close_window() noexcept {
  windows_[next_window_] = Rate::of(octets_, time_);
  next_window_ = (next_window_ + 1) % kWindows;
  rate_ = *std::max_element(windows_.begin(), windows_.end());
  octets_ = 0;
  time_ = {};
}

}  // namespace tunnel::queue
