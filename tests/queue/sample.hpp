#pragma once

#include "pppd-bridge/queue/fair_queue.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace tunnel::queue::test {

using namespace std::chrono_literals;

/// What a test wants to find again.
struct Tag {
  int flow = 0;
  int serial = 0;

  bool operator==(const Tag&) const = default;
};

using Queue = FairQueue<Tag>;
using TaggedPacket = Packet<Tag>;

inline constexpr std::uint8_t kPlain = 0;    // takes no mark
inline constexpr std::uint8_t kCapable = 2;  // ECT(0)
inline constexpr std::uint8_t kMarked = 3;   // CE

/// Takes the first octet of a packet for its ECN field.
inline bool mark_first_octet(MutableBytes packet) noexcept {
  if (packet[0] == kPlain) return false;
  packet[0] = kMarked;
  return true;
}

/// Spreads flows over buckets so that small numbers do not meet in one.
inline std::uint32_t hash_of(int flow) {
  return static_cast<std::uint32_t>(flow) * 0x9e37'79b9U;
}

inline TaggedPacket packet_of(BufferPool& pool, Tag tag, std::size_t size,
                              std::uint8_t ecn = kPlain) {
  TaggedPacket packet{pool.take(size), tag, hash_of(tag.flow)};
  packet.buffer.bytes()[0] = ecn;
  return packet;
}

/// A queue on a test's own time.
class Bench {
 public:
  explicit Bench(const Limits& limits = {}) : queue{limits, mark_first_octet} {}

  Dropped push(int flow, std::size_t size, std::uint8_t ecn = kPlain) {
    return queue.push(packet_of(pool, {flow, serial++}, size, ecn), now);
  }

  void push_many(int count, int flow, std::size_t size, std::uint8_t ecn = kPlain) {
    for (int i = 0; i < count; ++i) static_cast<void>(push(flow, size, ecn));
  }

  /// The flow of the next packet; -1: there is none.
  int pop_flow() {
    const auto packet = queue.pop(now);
    return packet ? packet->meta.flow : -1;
  }

  std::vector<int> pop_flows(int count) {
    std::vector<int> flows;
    for (int i = 0; i < count; ++i) flows.push_back(pop_flow());
    return flows;
  }

  BufferPool pool;
  Queue queue;
  TimePoint now{1h};
  int serial = 0;
};

}  // namespace tunnel::queue::test
