#include "pppd-bridge/queue/in_flight.hpp"

#include "tunneld/base/check.hpp"

#include <algorithm>

namespace tunnel::queue {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kGain = 2;
/// A slow link is probed with less than `least`, which may be a queue there.
constexpr double kProbeGain = 0.5;
/// The far end's next probe must come before its last one is forgotten.
constexpr Duration kWayBackLife = seconds{12};
/// If a probe finds the way longer, it may have been a bad moment; if shorter, half of what
/// was taken for the product may still have been a queue.
constexpr Duration kDoubtfulLife = seconds{2};
constexpr double kDoubtful = 0.25;  // of the round trip
/// A bandwidth that falls by so much asks for a probe: the path may be another one.
constexpr double kFallen = 0.8;
constexpr Duration kProbePause = seconds{1};
constexpr Duration kLeast = std::chrono::microseconds{1};
/// The greatest rate is that of ten round trips, as in BBR, but of half a second at least: a local
/// path has a round trip of 200 us, and its processes do not run for milliseconds.
constexpr Duration kShortestWindow = milliseconds{500};
constexpr int kWindowRoundTrips = 10;

/// The difference of two clocks' readings, whatever the peer says. Two of them can be added.
Duration difference(std::uint64_t later, std::uint64_t earlier) noexcept {
  constexpr std::int64_t kFar = std::int64_t{1} << 61;
  return Duration{std::clamp(static_cast<std::int64_t>(later - earlier), -kFar, kFar)};
}

std::uint64_t clock_at(TimePoint time) noexcept {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds{time.time_since_epoch()}.count());
}

std::size_t octets(double count) noexcept {
  return static_cast<std::size_t>(std::min(count, 1e15));
}

}  // namespace

void InFlight::sent(std::uint64_t total_octets, TimePoint now) noexcept {
  TUNNEL_DCHECK(total_octets >= delivery_.sent());
  note_gap(now);
  if (in_flight() == 0) progress_at_ = now;
  const bool tried = !probe_ && delivery_.acknowledged() > gap_behind_;
  delivery_.sent(total_octets, now, tried ? Demand::Enough : Demand::Short);
}

Acknowledged InFlight::acknowledged(std::uint64_t total_octets, std::uint64_t far_clock,
                                    TimePoint now) noexcept {
  if (total_octets > delivery_.sent()) return Acknowledged::Impossible;
  if (total_octets <= delivery_.acknowledged()) return Acknowledged::NoMore;
  note_gap(now);
  progress_at_ = now;
  note_lump(total_octets - delivery_.acknowledged(), now);
  const auto sample = delivery_.acknowledged(total_octets, now);
  note_ways(sample, far_clock, now);
  note_rate(sample, now);
  set_limit(now);
  return Acknowledged::More;
}

std::size_t InFlight::room(TimePoint now) const noexcept {
  const auto limit = allowed(now);
  return in_flight() < limit ? static_cast<std::size_t>(limit - in_flight()) : 0;
}

std::optional<TimePoint> InFlight::deadline(TimePoint now) const noexcept {
  if (room(now) > 0) return std::nullopt;
  const auto times = static_cast<Duration::rep>(in_flight() / limit_);
  return progress_at_ + times * tuning_.patience;
}

/// The limit, and as much again for each time that patience has ended.
std::uint64_t InFlight::allowed(TimePoint now) const noexcept {
  const auto times = in_flight() == 0 ? 0 : (now - progress_at_) / tuning_.patience;
  return limit_ * (1 + static_cast<std::uint64_t>(times));
}

std::optional<Rate> InFlight::bandwidth() const noexcept {
  const auto rate = bandwidth_.value();
  return rate == Rate{} ? std::nullopt : std::optional{rate};
}

/// Looks at how the last wakeup ended: with room left there was nothing more to send, or what is
/// below took no more, and then the limit is not ours.
void InFlight::note_gap(TimePoint now) noexcept {
  if (now == last_call_) return;
  last_call_ = now;
  if (in_flight() < limit_) gap_behind_ = delivery_.sent();
}

/// How much more has come than the bandwidth explains (draft-ietf-ccwg-bbr, "extra_acked").
void InFlight::note_lump(std::uint64_t octets, TimePoint now) noexcept {
  auto expected = bandwidth_.value().octets_in(now - lump_began_);
  if (static_cast<double>(lump_octets_) <= expected) {
    lump_began_ = now;
    lump_octets_ = 0;
    expected = 0;
  }
  lump_octets_ += octets;
  lump_.add(static_cast<double>(lump_octets_) - expected, now, window());
}

void InFlight::note_ways(const DeliverySample& sample, std::uint64_t far_clock,
                         TimePoint now) noexcept {
  way_back_.add(-difference(clock_at(now), far_clock), now, kWayBackLife);
  note_way_there(difference(far_clock, clock_at(sample.sent_at)), sample.sent_at, now);
  // With true clocks the sum is no more than this round trip, and no less than nothing.
  min_round_trip_ = std::clamp(*way_there_ - *way_back_.value(),
                               std::min(kLeast, sample.round_trip), sample.round_trip);
}

void InFlight::note_way_there(Duration way, TimePoint sent_at, TimePoint now) noexcept {
  if (!probe_) {
    if (way_there_ && way > *way_there_) return;
    way_there_ = way;
    way_there_until_ = now + way_there_life_;
    return;
  }
  probe_->shortest_way = std::min(probe_->shortest_way, way);
  if (probe_->drained_at && sent_at >= *probe_->drained_at) finish_probe(now);
}

void InFlight::finish_probe(TimePoint now) noexcept {
  const auto change = std::chrono::abs(probe_->shortest_way - *way_there_);
  const bool doubtful = change > kDoubtful * *min_round_trip_;
  way_there_ = probe_->shortest_way;
  way_there_life_ = doubtful ? kDoubtfulLife : kWayThereLife;
  way_there_until_ = now + way_there_life_;
  probe_.reset();
  last_probe_ = now;
  gap_behind_ = delivery_.sent();  // the gap that the probe has made
}

/// A rate at which there was no more to send says that the path is as fast as that at least.
void InFlight::note_rate(const DeliverySample& sample, TimePoint now) noexcept {
  if (!sample.rate) return;
  if (sample.demand == Demand::Short) {
    if (*sample.rate > bandwidth_.value()) bandwidth_.raise(*sample.rate);
    return;
  }
  bandwidth_tried_ = true;
  const auto before = bandwidth_.value().octets_per_second;
  const bool window_ended = bandwidth_.add(*sample.rate, now, window());
  const bool fallen = bandwidth_.last_window().octets_per_second < kFallen * before;
  if (window_ended && fallen && now - last_probe_ >= kProbePause) way_there_until_ = now;
}

void InFlight::set_limit(TimePoint now) noexcept {
  if (!min_round_trip_ || bandwidth_.value() == Rate{}) return;
  if (!probe_ && now >= way_there_until_) probe_.emplace();
  const auto rate = bandwidth_.value();
  const auto product = rate.octets_in(*min_round_trip_);
  if (probe_) {
    limit_ = std::max(tuning_.least / 8, octets(kProbeGain * product));
    if (!probe_->drained_at && in_flight() <= limit_) probe_->drained_at = now;
    return;
  }
  const auto lump = std::clamp(lump_.value(), rate.octets_in(tuning_.scheduling),
                               std::max(product, rate.octets_in(tuning_.scheduling)));
  limit_ = std::max(tuning_.least, octets(kGain * product + lump));
  // With little to send, little is seen; that is no reason to begin with less.
  if (!bandwidth_tried_) limit_ = std::max(limit_, tuning_.initial);
}

Duration InFlight::window() const noexcept {
  return std::max(kShortestWindow, kWindowRoundTrips * min_round_trip_.value_or(Duration{}));
}

}  // namespace tunnel::queue
