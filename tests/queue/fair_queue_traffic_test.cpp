#include "tests/queue/sample.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>

namespace tunnel::queue::test {
namespace {

/// A TCP as simple as it can be: a segment more in flight each round trip, or twice as much until
/// the first packet is lost or marked; after that, seven tenths (RFC 9438 §4.6).
struct Source {
  std::size_t packet;
  std::uint8_t ecn;
  double window = 10;  // packets
  int in_flight = 0;
  std::uint64_t delivered = 0;
  bool slow_start = true;
  TimePoint reduced{};
};

/// Sources behind a FairQueue in front of a link that takes `burst` octets at a time.
class Simulation {
 public:
  Simulation(double octets_per_second, Duration round_trip, std::size_t burst = 1500)
      : rate_{octets_per_second}, round_trip_{round_trip}, burst_{burst} {}

  void add(Source source) { sources_.push_back(source); }

  void run(Duration time) {
    const auto end = bench_.now + time;
    while (bench_.now < end) {
      take_acknowledgements();
      for (std::size_t i = 0; i < sources_.size(); ++i) send_window(i);
      send_burst();
    }
  }

  std::uint64_t delivered(std::size_t source) const { return sources_[source].delivered; }

  /// The share of the link that was used since the last call.
  double used() {
    const auto time = std::exchange(measured_from_, bench_.now);
    const auto sent = std::exchange(sent_, 0);
    return static_cast<double>(sent) / Rate{rate_}.octets_in(bench_.now - time);
  }

  Bench& bench() { return bench_; }

  Duration longest_ping() const { return longest_ping_; }

  /// A packet of 84 octets each `interval`.
  void ping_every(Duration interval) { ping_interval_ = interval; }

 private:
  static constexpr int kPing = 999;

  struct Acknowledgement {
    TimePoint when;
    std::size_t source;
    bool congestion;
  };

  void take_acknowledgements() {
    while (!acknowledgements_.empty() && acknowledgements_.front().when <= bench_.now) {
      const auto got = acknowledgements_.front();
      acknowledgements_.pop_front();
      auto& source = sources_[got.source];
      --source.in_flight;
      if (!got.congestion) {
        const auto segment = std::min(1.0, 1500.0 / static_cast<double>(source.packet));
        source.window += source.slow_start ? 1 : segment / source.window;
      } else if (bench_.now - source.reduced > round_trip_) {
        source.window = std::max(source.window * 0.7, 2.0);
        source.slow_start = false;
        source.reduced = bench_.now;
      }
    }
    if (ping_interval_ > Duration{} && bench_.now >= next_ping_) {
      bench_.push(kPing, 84);
      ping_sent_ = bench_.now;
      next_ping_ = bench_.now + ping_interval_;
    }
  }

  void send_window(std::size_t index) {
    auto& source = sources_[index];
    for (; source.in_flight < static_cast<int>(source.window); ++source.in_flight) {
      const auto flow = static_cast<int>(index);
      serials_[flow].push_back(bench_.serial);
      bench_.push(flow, source.packet, source.ecn);
    }
  }

  void send_burst() {
    std::size_t sent = 0;
    while (sent < burst_) {
      const auto packet = bench_.queue.pop(bench_.now);
      if (!packet) break;
      sent += packet->buffer.size();
      note(*packet);
    }
    sent_ += sent;
    bench_.now += sent == 0 ? Duration{100us} : Rate{rate_}.time_of(sent);
  }

  void note(const TaggedPacket& packet) {
    const auto flow = packet.meta.flow;
    if (flow == kPing) {
      longest_ping_ = std::max(longest_ping_, bench_.now - ping_sent_);
      return;
    }
    const auto index = static_cast<std::size_t>(flow);
    sources_[index].delivered += packet.buffer.size();
    auto& serials = serials_[flow];
    const auto when = bench_.now + round_trip_;
    for (; serials.front() != packet.meta.serial; serials.pop_front()) {
      acknowledgements_.push_back({when, index, true});  // lost before this one
    }
    serials.pop_front();
    acknowledgements_.push_back({when, index, packet.buffer.bytes()[0] == kMarked});
  }

  double rate_;
  Duration round_trip_;
  std::size_t burst_;
  Bench bench_;
  std::vector<Source> sources_;
  std::map<int, std::deque<int>> serials_;  // sent and not yet delivered
  std::deque<Acknowledgement> acknowledgements_;
  std::uint64_t sent_ = 0;
  TimePoint measured_from_ = bench_.now;
  Duration ping_interval_{};
  TimePoint next_ping_{};
  TimePoint ping_sent_{};
  Duration longest_ping_{};
};

constexpr double kMbit = 1e6 / 8;

void expect_short_queue_and_full_link(Simulation& simulation, Duration mean, double used) {
  simulation.run(10s);
  simulation.bench().queue.take_delays();
  simulation.used();
  simulation.run(20s);
  EXPECT_LE(simulation.bench().queue.take_delays().mean, mean);
  EXPECT_GE(simulation.used(), used);
}

TEST(FairQueueTrafficTest, OneTcpKeepsAShortQueueAndFillsTheLink) {
  Simulation simulation{100 * kMbit, 20ms};
  simulation.add({1500, kPlain});
  expect_short_queue_and_full_link(simulation, 8ms, 0.95);
  EXPECT_GT(simulation.bench().queue.counters().codel.packets, 10U);
}

TEST(FairQueueTrafficTest, OneTcpThatTakesMarksLosesNothing) {
  Simulation simulation{100 * kMbit, 20ms};
  simulation.add({1500, kCapable});
  expect_short_queue_and_full_link(simulation, 8ms, 0.95);
  EXPECT_EQ(simulation.bench().queue.counters().codel, Dropped{});
  EXPECT_GT(simulation.bench().queue.counters().marked, 10U);
}

TEST(FairQueueTrafficTest, ALinkThatTakesBurstsIsFilledAllTheSame) {
  Simulation simulation{100 * kMbit, 20ms, 64 * 1024};  // 5 ms a burst
  simulation.add({1500, kCapable});
  simulation.add({1500, kPlain});
  expect_short_queue_and_full_link(simulation, 13ms, 0.95);
}

TEST(FairQueueTrafficTest, SuperPacketsOnAFastLinkKeepAShortQueue) {
  Simulation simulation{1000 * kMbit, 10ms, 128 * 1024};
  for (int i = 0; i < 4; ++i) simulation.add({65535, kPlain});
  expect_short_queue_and_full_link(simulation, 8ms, 0.9);
}

TEST(FairQueueTrafficTest, ALowRateIsUsed) {
  Simulation simulation{1 * kMbit, 50ms};
  simulation.add({1500, kPlain});
  simulation.add({1500, kPlain});
  expect_short_queue_and_full_link(simulation, 80ms, 0.95);
}

TEST(FairQueueTrafficTest, APingDoesNotWaitForTenDownloads) {
  Simulation simulation{100 * kMbit, 20ms};
  for (int i = 0; i < 10; ++i) simulation.add({1500, i % 2 == 0 ? kPlain : kCapable});
  simulation.run(10s);
  simulation.ping_every(10ms);
  simulation.run(10s);
  EXPECT_LE(simulation.longest_ping(), 250us);  // two packets of the wire take 240 us
}

TEST(FairQueueTrafficTest, FlowsOfDifferentPacketSizesGetTheSame) {
  Simulation simulation{200 * kMbit, 10ms};
  for (const std::size_t size : {500U, 1500U, 9000U}) simulation.add({size, kPlain});
  simulation.run(30s);
  const auto all = simulation.delivered(0) + simulation.delivered(1) + simulation.delivered(2);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_GE(simulation.delivered(i), all / 4) << i;
}

}  // namespace
}  // namespace tunnel::queue::test
