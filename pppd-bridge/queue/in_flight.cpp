#include "pppd-bridge/queue/in_flight.hpp"

#include "tunneld/base/check.hpp"

#include <algorithm>
#include <limits>

namespace tunnel::queue {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kGain = 2;
/// A slow link is probed with less than `least`, which may be a queue there.
constexpr double kProbeGain = 0.5;
constexpr Duration kRoundTripLife = seconds{10};
/// If a probe finds the round trip longer, it may have been a bad moment; if shorter, half of what
/// was taken for the product may still have been a queue.
constexpr Duration kDoubtfulLife = seconds{2};
constexpr double kDoubtful = 1.25;
/// A bandwidth that falls by so much asks for a probe: the path may be another one.
constexpr double kFallen = 0.8;
constexpr Duration kProbePause = seconds{1};
/// The greatest rate is that of ten round trips, as in BBR, but of half a second at least: a local
/// path has a round trip of 200 us, and its processes do not run for milliseconds.
constexpr Duration kShortestWindow = milliseconds{500};
constexpr int kWindowRoundTrips = 10;

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

Acknowledged InFlight::acknowledged(std::uint64_t total_octets, TimePoint now) noexcept {
  if (total_octets > delivery_.sent()) return Acknowledged::Impossible;
  if (total_octets <= delivery_.acknowledged()) return Acknowledged::NoMore;
  note_gap(now);
  progress_at_ = now;
  note_lump(total_octets - delivery_.acknowledged(), now);
  const auto sample = delivery_.acknowledged(total_octets, now);
  note_round_trip(sample, now);
  note_rate(sample, now);
  set_limit(now);
  return Acknowledged::More;
}

std::size_t InFlight::room(TimePoint now) const noexcept {
  const auto under_way = in_flight();
  if (under_way < limit_) return limit_ - static_cast<std::size_t>(under_way);
  const bool given_up = under_way > 0 && now - progress_at_ >= tuning_.patience;
  return given_up ? std::numeric_limits<std::size_t>::max() : 0;
}

std::optional<TimePoint> InFlight::deadline() const noexcept {
  if (in_flight() < limit_) return std::nullopt;
  return progress_at_ + tuning_.patience;
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

void InFlight::note_round_trip(const DeliverySample& sample, TimePoint now) noexcept {
  if (!probe_) {
    if (min_round_trip_ && sample.round_trip > *min_round_trip_) return;
    min_round_trip_ = sample.round_trip;
    min_round_trip_until_ = now + kRoundTripLife;
    return;
  }
  probe_->shortest = std::min(probe_->shortest, sample.round_trip);
  if (probe_->drained_at && sample.sent_at >= *probe_->drained_at) finish_probe(now);
}

void InFlight::finish_probe(TimePoint now) noexcept {
  const auto before = *min_round_trip_;
  const bool doubtful =
      probe_->shortest > before * kDoubtful || before > probe_->shortest * kDoubtful;
  min_round_trip_ = probe_->shortest;
  min_round_trip_until_ = now + (doubtful ? kDoubtfulLife : kRoundTripLife);
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
  if (window_ended && fallen && now - last_probe_ >= kProbePause) min_round_trip_until_ = now;
}

void InFlight::set_limit(TimePoint now) noexcept {
  if (!min_round_trip_ || bandwidth_.value() == Rate{}) return;
  if (!probe_ && now >= min_round_trip_until_) probe_.emplace();
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
