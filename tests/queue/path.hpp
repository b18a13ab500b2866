#pragma once

#include "pppd-bridge/queue/in_flight.hpp"
#include "pppd-bridge/queue/rate.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <random>
#include <vector>

namespace tunnel::queue::test {

using namespace std::chrono_literals;

/// In octets per second.
inline constexpr double kMbit = 1e6 / 8;

/// What the clock of the far end shows: it began at another time.
inline std::uint64_t far_clock(TimePoint time) {
  return static_cast<std::uint64_t>((time.time_since_epoch() - 40h).count());
}

/// A path from this end to the far end and back, in virtual time: a buffer without bounds in front
/// of a link with a rate and a delay. An InFlight says how much is put into it.
class Path {
 public:
  struct Properties {
    double octets_per_second = 100 * kMbit;
    Duration round_trip = 50ms;
    Duration jitter{};        // each arrival may be so much late; none overtakes another
    Duration wakeup = 100us;  // how often this end runs, and the far end acknowledges
    std::size_t packet = 8192;
  };

  /// What was seen since the last look.
  struct Seen {
    double used = 0;        // of what the link could have carried
    Duration queue_mean{};  // in the buffer, in time of the link
    Duration queue_max{};
    Duration least_round_trip{};
    std::size_t limit = 0;
  };

  explicit Path(Properties properties) : is_{properties} {}

  Properties& properties() { return is_; }

  /// Each second, what comes arrives so much later, and then at once, as where a segment has to be
  /// repeated.
  void hold_every_second(Duration time) { hold_ = time; }

  /// Each second, nothing is carried for so long either, as where that segment is lost again.
  void stop_every_second(Duration time) { hold_ = stop_ = time; }

  /// Offers so many octets per second instead of as many as possible.
  void offer(double octets_per_second) { offered_ = octets_per_second; }

  /// Sends one octet each so often, beside the rest, and notes how long it takes to get there.
  void ping_every(Duration interval) { ping_interval_ = interval; }

  void run(Duration time) {
    for (const auto end = now_ + time; now_ < end; now_ += is_.wakeup) {
      acknowledge();
      send();
      carry();
      arrive();
      note();
    }
  }

  Seen look() {
    Seen seen;
    const auto ticks = static_cast<double>(ticks_);
    seen.used = carried_ / (Rate{is_.octets_per_second}.octets_in(is_.wakeup) * ticks);
    seen.queue_mean = queue_sum_ / static_cast<Duration::rep>(ticks_);
    seen.queue_max = queue_max_;
    seen.least_round_trip = in_flight.min_round_trip().value_or(0ms);
    seen.limit = in_flight.limit();
    ticks_ = 0;
    carried_ = 0;
    queue_sum_ = queue_max_ = {};
    return seen;
  }

  Seen run_and_look(Duration time) {
    look_from_now();
    run(time);
    return look();
  }

  Duration longest_ping() const { return longest_ping_; }

  TimePoint now() const { return now_; }

  InFlight in_flight;

 private:
  struct Chunk {
    std::uint64_t end;  // the total with it
    TimePoint at;
  };

  void look_from_now() {
    ticks_ = 0;
    carried_ = 0;
    queue_sum_ = queue_max_ = {};
  }

  void acknowledge() {
    for (; !acknowledgements_.empty() && acknowledgements_.front().at <= now_;
         acknowledgements_.pop_front()) {
      const auto& got = acknowledgements_.front();
      const auto made_at = got.at - is_.round_trip / 2;
      static_cast<void>(in_flight.acknowledged(got.end, far_clock(made_at), now_));
    }
  }

  void send() {
    if (offered_ > 0) credit_ += Rate{offered_}.octets_in(is_.wakeup);
    if (ping_interval_ > Duration{} && now_ >= next_ping_ && ping_waits_since_ == TimePoint{}) {
      ping_waits_since_ = now_;
      next_ping_ = now_ + ping_interval_;
    }
    if (ping_waits_since_ != TimePoint{} && in_flight.room(now_) > 0) {
      in_flight.sent(++sent_, now_);
      packets_.push_back(sent_);
      pings_.push_back({sent_, ping_waits_since_});
      ping_waits_since_ = {};
    }
    while (in_flight.room(now_) > 0) {
      if (offered_ > 0 && credit_ < static_cast<double>(is_.packet)) break;
      credit_ -= static_cast<double>(is_.packet);
      sent_ += is_.packet;
      in_flight.sent(sent_, now_);
      packets_.push_back(sent_);
    }
    if (offered_ == 0) credit_ = 0;
  }

  bool in_trouble(Duration length) const {
    return length > Duration{} && now_.time_since_epoch() % 1s < length;
  }

  void carry() {
    if (in_trouble(stop_)) return;
    const auto could = Rate{is_.octets_per_second}.octets_in(is_.wakeup) + carry_rest_;
    const auto does = std::min(could, static_cast<double>(sent_ - left_));
    carry_rest_ = does < could ? 0 : does - static_cast<double>(static_cast<std::uint64_t>(does));
    left_ += static_cast<std::uint64_t>(does);
    carried_ += does;
    if (does < 1) return;
    auto at = now_ + is_.round_trip / 2;
    if (is_.jitter > Duration{}) {
      at += Duration{std::uniform_int_distribution<Duration::rep>{0, is_.jitter.count()}(random_)};
    }
    if (!under_way_.empty()) at = std::max(at, under_way_.back().at);
    under_way_.push_back({left_, at});
  }

  void arrive() {
    if (in_trouble(hold_)) return;
    auto& total = arrived_;
    for (; !under_way_.empty() && under_way_.front().at <= now_; under_way_.pop_front()) {
      total = under_way_.front().end;
    }
    std::uint64_t whole = 0;
    for (; !packets_.empty() && packets_.front() <= total; packets_.pop_front()) {
      whole = packets_.front();
    }
    if (whole == 0) return;
    acknowledgements_.push_back({whole, now_ + is_.round_trip / 2});
    for (; !pings_.empty() && pings_.front().end <= total; pings_.pop_front()) {
      longest_ping_ = std::max(longest_ping_, now_ - pings_.front().at);
    }
  }

  void note() {
    ++ticks_;
    const auto queue = Rate{is_.octets_per_second}.time_of(sent_ - left_);
    queue_sum_ += queue;
    queue_max_ = std::max(queue_max_, queue);
  }

  Properties is_;
  TimePoint now_{1h + 300ms};
  std::mt19937 random_{1};
  Duration hold_{};
  Duration stop_{};
  double offered_ = 0;
  double credit_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t left_ = 0;  // the buffer, for the link
  double carry_rest_ = 0;
  std::deque<std::uint64_t> packets_;  // where they end
  std::uint64_t arrived_ = 0;
  std::deque<Chunk> under_way_;
  std::deque<Chunk> acknowledgements_;
  std::deque<Chunk> pings_;
  Duration ping_interval_{};
  TimePoint next_ping_{};
  TimePoint ping_waits_since_{};
  Duration longest_ping_{};
  std::uint64_t ticks_ = 0;
  double carried_ = 0;
  Duration queue_sum_{};
  Duration queue_max_{};
};

}  // namespace tunnel::queue::test
