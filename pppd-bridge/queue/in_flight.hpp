#pragma once

#include "pppd-bridge/queue/delivery.hpp"
#include "pppd-bridge/queue/rate.hpp"
#include "pppd-bridge/queue/windowed_max.hpp"
#include "tunneld/base/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tunnel::queue {

/// What an acknowledgement was.
enum class Acknowledged : std::uint8_t {
  More,        // octets that had not been acknowledged yet
  NoMore,      // nothing new; it may be a late one
  Impossible,  // octets that were never sent: the peer is not what it claims to be
};

/// The numbers in the limit of an InFlight.
struct InFlightTuning {
  /// The limit before anything is known of the path.
  std::size_t initial = 128 * 1024;
  /// The limit at its lowest: a slow link needs a few packets under way.
  std::size_t least = 16 * 1024;
  /// Time for which there may be octets under way in any case: as long as processes on the way wait
  /// for a processor. At 4 Gb/s it makes 1 MiB. Measured with both ends on two cores: half of it
  /// costs four tenths of the throughput, and twice as much brings nothing but latency.
  Duration scheduling = std::chrono::milliseconds{2};
  /// Without any acknowledgement for so long, there is room for as much again (InFlight::room()).
  Duration patience = std::chrono::seconds{5};
};

/// How many octets may be under way between this end's queue and the far end's reading: in pipes,
/// in the buffers of two SSH programs and two TCP sockets, and in the network. All of these
/// together hold megabytes, and whatever they hold delays what comes behind; but only the queue
/// knows what to send first. So no more is handed to them than keeps the path busy. The far end,
/// which is ours, tells how many octets it has read.
///
/// The model is BBR's (draft-ietf-ccwg-bbr): the bandwidth is the greatest rate of delivery seen
/// lately, the round trip the shortest; their product fills the path. The limit is
///
/// - twice that product: acknowledgements of one half come while the other is under way, and a
///   bandwidth that has grown shows by being twice as much each round trip;
/// - and as much as has lately come in lumps, one product at most: where the TCP below repeats a
///   segment, everything behind it waits a round trip, and then comes at once. Without it, that TCP
///   would run out of what to send, and our limit would take the place of its congestion window. At
///   least it is what goes in the time for which processes on the way wait for a processor.
///
/// BBR's pacing, and its answers to loss, have no place here: loss is the business of the TCP
/// below, and is seen as delay only.
///
/// As it keeps a queue standing, a round trip without one is not seen by itself. When the shortest
/// is ten seconds old, or the bandwidth falls, the limit is half of the product for a round trip,
/// and what is seen then counts. With both ends sending, the way back has a queue, too, which this
/// end cannot drain: if that were taken for part of the path, each end would make room for the
/// other's queue, and both would grow without end. So the two ways are measured each by itself,
/// with the far end's clock: whatever that shows, its error is in one with plus and in the other
/// with minus.
class InFlight {
 public:
  explicit InFlight(const InFlightTuning& tuning = {}) noexcept : tuning_{tuning} {}

  /// `total_octets` have been sent up to now; it must not decrease.
  void sent(std::uint64_t total_octets, TimePoint now) noexcept;

  /// The far end says that it has read `total_octets`, at `far_clock` nanoseconds of a monotonic
  /// clock of its own, which may have begun at any time. What is not More changes nothing.
  [[nodiscard]] Acknowledged acknowledged(std::uint64_t total_octets, std::uint64_t far_clock,
                                          TimePoint now) noexcept;

  /// How many octets may be sent now. A packet that is larger may be sent if it is not zero.
  ///
  /// A peer that fails to acknowledge must not stop the link for ever: each `patience` without any
  /// acknowledgement makes room for the limit again, if what is below takes it. If that is dead,
  /// LCP finds out, and sooner.
  std::size_t room(TimePoint now) const noexcept;

  /// When there is room again without an acknowledgement; nullopt: there is some.
  std::optional<TimePoint> deadline(TimePoint now) const noexcept;

  std::uint64_t in_flight() const noexcept { return delivery_.in_flight(); }

  std::size_t limit() const noexcept { return limit_; }

  /// nullopt: nothing is known yet.
  std::optional<Rate> bandwidth() const noexcept;

  std::optional<Duration> min_round_trip() const noexcept { return min_round_trip_; }

 private:
  static constexpr Duration kWayThereLife = std::chrono::seconds{10};

  /// A round trip with an empty queue is looked for: first what is under way has to become little,
  /// then what is sent after that has to be acknowledged.
  struct Probe {
    std::optional<TimePoint> drained_at;
    Duration shortest_way = Duration::max();
  };

  void note_gap(TimePoint now) noexcept;
  void note_lump(std::uint64_t octets, TimePoint now) noexcept;
  void note_ways(const DeliverySample& sample, std::uint64_t far_clock, TimePoint now) noexcept;
  void note_way_there(Duration way, TimePoint sent_at, TimePoint now) noexcept;
  void note_rate(const DeliverySample& sample, TimePoint now) noexcept;
  void finish_probe(TimePoint now) noexcept;
  void set_limit(TimePoint now) noexcept;
  std::uint64_t allowed(TimePoint now) const noexcept;
  Duration window() const noexcept;

  InFlightTuning tuning_;
  Delivery delivery_;
  std::size_t limit_ = tuning_.initial;
  WindowedMax<Rate> bandwidth_;
  bool bandwidth_tried_ = false;  // there was Demand::Enough at least once
  std::optional<Duration> min_round_trip_;
  /// The shortest way there, with the difference of the clocks; what a probe finds, or less.
  std::optional<Duration> way_there_;
  TimePoint way_there_until_{};
  Duration way_there_life_ = kWayThereLife;  // less after a probe whose result is in doubt
  /// The shortest way back, negative and with that difference: the far end's probes show it.
  WindowedMax<std::optional<Duration>> way_back_;
  std::optional<Probe> probe_;
  TimePoint last_probe_{};
  TimePoint last_call_{};
  /// What was sent up to here was followed by a gap: nothing to send, although there was room.
  std::uint64_t gap_behind_ = 0;
  TimePoint progress_at_{};
  TimePoint lump_began_{};
  std::uint64_t lump_octets_ = 0;
  WindowedMax<double> lump_;
};

}  // namespace tunnel::queue
