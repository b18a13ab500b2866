#pragma once

#include "pppd-bridge/queue/rate.hpp"
#include "tunneld/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tunnel::queue {

/// How fast a queue is emptied while it has something to give.
///
/// What is taken out at one point in time is a burst. A burst tells how much was taken since the
/// one before if packets were left waiting before it, in it and after it; if not, it tells how much
/// there was. Bursts are summed up until they span kWindow, and the fastest of the last kWindows
/// sums counts: a pause, as for a retransmission, is none of the link's rate. While nothing is
/// taken there is no sum.
class DrainRate {
 public:
  /// To be called before anything else is done at `now`. `backlogged`: packets wait.
  void advance(TimePoint now, bool backlogged) noexcept;

  /// So many octets were taken out; `backlogged`: more wait.
  void taken(std::size_t octets, bool backlogged) noexcept;

  /// nullopt: the queue has never been backlogged for long.
  std::optional<Rate> rate() const noexcept { return rate_; }

 private:
  static constexpr Duration kWindow = std::chrono::milliseconds{50};
  static constexpr std::size_t kWindows = 4;

  void close_window() noexcept;

  TimePoint burst_at_{};
  TimePoint before_{};  // the burst before this one
  std::uint64_t burst_ = 0;
  bool backlogged_before_ = false;
  bool ran_dry_ = false;
  std::uint64_t octets_ = 0;
  Duration time_{};
  std::array<Rate, kWindows> windows_{};
  std::size_t next_window_ = 0;
  std::optional<Rate> rate_;
};

}  // namespace tunnel::queue
