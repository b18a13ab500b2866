#pragma once

#include "tunneld/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace tunnel::session {

/// Says when a peer of ours is to be told how many octets of its frames have been read, which is
/// what it measures the path by (queue::InFlight): often while there are many, and soon when there
/// are few, but together with a packet that goes its way, if there is one by then.
class Acknowledger {
 public:
  /// Octets that are worth a frame of their own. Each wakes four processes on its way: a quarter of
  /// this costs a tenth of the throughput.
  static constexpr std::uint64_t kOctets = 128 * 1024;
  /// What a slower link is acknowledged by: as long as this, its peer has more under way.
  static constexpr Duration kDelay = std::chrono::milliseconds{2};

  /// `total` octets have been read up to now.
  void read(std::uint64_t total, TimePoint now) noexcept {
    if (total == read_) return;
    if (!due_) due_ = now + kDelay;
    read_ = total;
    read_at_ = now;
  }

  bool pending() const noexcept { return due_.has_value(); }

  bool due(TimePoint now) const noexcept {
    return due_ && (read_ - told_ >= kOctets || now >= *due_);
  }

  std::optional<TimePoint> deadline() const noexcept { return due_; }

  struct Told {
    std::uint64_t octets;
    /// When they had been read: by a later point in time, the way there would seem longer than it
    /// is by as much as this has waited, and the peer would make room for that.
    TimePoint at;
  };

  /// What to tell; it counts as told.
  Told tell() noexcept {
    due_.reset();
    told_ = read_;
    return {read_, read_at_};
  }

  /// What is due cannot be said now: without `again`, until resume().
  void put_off(std::optional<TimePoint> again) noexcept { due_ = again; }

  /// It can be said again: what is untold is due. The peer may have stopped for want of it.
  void resume(TimePoint now) noexcept {
    if (read_ != told_) due_ = now;
  }

 private:
  std::uint64_t read_ = 0;
  std::uint64_t told_ = 0;
  TimePoint read_at_{};
  std::optional<TimePoint> due_;  // while something is untold, and can be told
};

}  // namespace tunnel::session
