#pragma once

#include "tunneld/base/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

/// A long-distance line, as arithmetic: no packets, no clock, no chance that a seed does not
/// decide.
namespace tunnel::test {

/// One direction of a line.
struct LinkSettings {
  std::chrono::nanoseconds delay{0};
  /// What is added to the delay, evenly distributed from nothing to this. Packets keep their order.
  std::chrono::nanoseconds jitter{0};
  std::uint64_t bits_per_second = 0;  // 0: as fast as they come
  /// What may wait for the rate, the packet in transmission too.
  std::size_t queue_bytes = 1'000'000;
  double loss = 0.0;  // of the packets that were transmitted, 0 to 1
  std::uint64_t seed = 1;

  bool operator==(const LinkSettings&) const = default;
};

enum class Fate : std::uint8_t {
  Arrives,
  Lost,       // on the way, by chance
  Overflown,  // there was no room to wait for the rate
};

struct Passage {
  Fate fate = Fate::Arrives;
  TimePoint arrival{};  // of one that arrives; never before that of an earlier packet

  bool operator==(const Passage&) const = default;
};

/// Decides what becomes of each packet that is offered. Packets wait for the rate in a bounded
/// FIFO, are transmitted, and then lost or late. The fate of the n-th packet that is transmitted
/// depends on seed and n alone, so that whoever sends over the same line loses the same ones.
class Link {
 public:
  explicit Link(const LinkSettings& settings) : settings_{settings} {}

  /// `now` must not go back from call to call.
  Passage offer(std::size_t bytes, TimePoint now);

 private:
  std::chrono::nanoseconds transmission_time(std::size_t bytes) const;

  LinkSettings settings_;
  std::uint64_t transmitted_ = 0;
  TimePoint idle_from_{};  // when the last packet has been transmitted
  TimePoint last_arrival_{};
};

}  // namespace tunnel::test
