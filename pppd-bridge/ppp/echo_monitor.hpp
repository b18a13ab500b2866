#pragma once

#include "tunneld/base/time.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace tunnel::ppp {

/// Decides when an Echo-Request is due and when the peer counts as dead: no good frame of any kind
/// for `failures` intervals, in which as many Echo-Requests were sent. A jump of time, as after a
/// stopped process, costs one interval: the peer has had no chance to answer in it.
///
/// An Echo-Request of the peer says all that the answer to ours would, but the round trip: while
/// they come, ours are sent only as often as that is worth knowing anew. Of two such ends one asks
/// and the other answers, which halves what idle links cost a hub.
///
/// A peer that there is reason to doubt is asked at once, and in a third of the time.
class EchoMonitor {
 public:
  enum class Due : std::uint8_t { Nothing, Echo, Death };

  /// `interval` of zero: no echoes, the peer never dies.
  EchoMonitor(Duration interval, unsigned failures) noexcept
      : interval_{interval}, failures_{failures} {}

  void start(TimePoint now) noexcept;
  void stop() noexcept;
  void note_life(TimePoint now) noexcept;
  /// The path may be gone: until something is heard, intervals are short, though never shorter than
  /// the last round trip.
  void doubt(TimePoint now) noexcept;
  void sent(std::uint8_t id, TimePoint now) noexcept;
  void answered(std::uint8_t id, TimePoint now) noexcept;
  /// An Echo-Request of the peer has come.
  void asked(TimePoint now) noexcept;

  Due due(TimePoint now) const noexcept;
  std::optional<TimePoint> deadline() const noexcept;

  /// From the last Echo-Request that was answered; nullopt: none was.
  std::optional<Duration> round_trip() const noexcept { return round_trip_; }

  unsigned failures() const noexcept { return failures_; }

 private:
  std::optional<TimePoint> death() const noexcept;
  Duration interval() const noexcept;

  struct Sent {
    std::uint8_t id = 0;
    TimePoint when{};
  };

  Duration interval_;
  unsigned failures_;
  bool running_ = false;
  bool in_doubt_ = false;
  TimePoint next_{};
  TimePoint last_request_{};
  TimePoint last_life_{};
  unsigned unanswered_ = 0;                  // Echo-Requests sent since the last sign of life
  std::array<std::optional<Sent>, 4> sent_;  // newest first: a round trip may exceed the interval
  std::optional<Duration> round_trip_;
  TimePoint measured_at_{};  // when round_trip_ was
};

}  // namespace tunnel::ppp
