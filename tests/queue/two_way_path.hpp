#pragma once

#include "tests/queue/path.hpp"

#include <array>
#include <cstdint>
#include <deque>

namespace tunnel::queue::test {

/// Two ends that send to each other as much as they may, in virtual time: what one acknowledges
/// waits behind what it has sent.
class TwoWayPath {
 public:
  TwoWayPath(double octets_per_second, Duration round_trip, std::size_t packet)
      : rate_{octets_per_second}, one_way_{round_trip / 2}, packet_{packet} {
    ends_[1].begins_at = now_ + 4230ms;  // so that the ends do not probe at the same times
  }

  void run(Duration time) {
    for (const auto end = now_ + time; now_ < end; now_ += kTick) {
      for (std::size_t i = 0; i < 2; ++i) arrive(ends_[i], ends_[1 - i]);
      for (auto& end_of_path : ends_) {
        send(end_of_path);
        carry(end_of_path);
        ++end_of_path.ticks;
        end_of_path.queue_sum += Rate{rate_}.time_of(end_of_path.sent - end_of_path.left);
      }
    }
  }

  struct Seen {
    double used = 0;
    Duration queue_mean{};
  };

  /// Of each end, since the last look.
  std::array<Seen, 2> look() { return {look(ends_[0]), look(ends_[1])}; }

 private:
  static constexpr Duration kTick = 100us;

  struct Acknowledgement {
    std::uint64_t behind;  // octets of the stream that it is in
    std::uint64_t total;
    TimePoint made_at;
    TimePoint arrives_at;
  };

  struct Chunk {
    std::uint64_t end;
    TimePoint at;
  };

  struct End {
    TimePoint begins_at{};
    InFlight in_flight;
    std::uint64_t sent = 0;
    std::uint64_t left = 0;
    double rest = 0;
    std::deque<Chunk> under_way;
    std::deque<Acknowledgement> waiting;  // in the buffer
    std::deque<Acknowledgement> travelling;
    std::uint64_t acknowledged = 0;  // of the other's
    double carried = 0;
    Duration queue_sum{};
    Duration::rep ticks = 0;
  };

  Seen look(End& end) const {
    const auto could = Rate{rate_}.octets_in(kTick) * static_cast<double>(end.ticks);
    const Seen seen{end.carried / could, end.queue_sum / end.ticks};
    end.carried = 0;
    end.queue_sum = {};
    end.ticks = 0;
    return seen;
  }

  void arrive(End& from, End& to) {
    std::uint64_t total = 0;
    for (; !from.under_way.empty() && from.under_way.front().at <= now_;
         from.under_way.pop_front()) {
      total = from.under_way.front().end / packet_ * packet_;
    }
    if (total > to.acknowledged) {
      to.acknowledged = total;
      to.waiting.push_back({to.sent, total, now_, {}});
    }
    for (; !from.travelling.empty() && from.travelling.front().arrives_at <= now_;
         from.travelling.pop_front()) {
      const auto& got = from.travelling.front();
      static_cast<void>(to.in_flight.acknowledged(got.total, far_clock(got.made_at), now_));
    }
  }

  void send(End& end) {
    while (now_ >= end.begins_at && end.in_flight.room(now_) > 0) {
      end.sent += packet_;
      end.in_flight.sent(end.sent, now_);
    }
  }

  void carry(End& end) {
    const auto could = Rate{rate_}.octets_in(kTick) + end.rest;
    const auto does = std::min(could, static_cast<double>(end.sent - end.left));
    const auto whole = static_cast<std::uint64_t>(does);
    end.rest = does < could ? 0 : does - static_cast<double>(whole);
    end.left += whole;
    end.carried += static_cast<double>(whole);
    if (whole > 0) end.under_way.push_back({end.left, now_ + one_way_});
    for (; !end.waiting.empty() && end.waiting.front().behind <= end.left;
         end.waiting.pop_front()) {
      end.travelling.push_back(end.waiting.front());
      end.travelling.back().arrives_at = now_ + one_way_;
    }
  }

  double rate_;
  Duration one_way_;
  std::size_t packet_;
  TimePoint now_{1h};
  std::array<End, 2> ends_;
};

}  // namespace tunnel::queue::test
