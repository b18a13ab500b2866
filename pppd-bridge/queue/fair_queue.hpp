#pragma once

#include "pppd-bridge/queue/buffer_pool.hpp"
#include "pppd-bridge/queue/limits.hpp"
#include "pppd-bridge/queue/scheduler.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

/// What waits between the tun device and the transport, in an order that is fair and does not get
/// old: FQ-CoDel (RFC 8290). No descriptor, no clock, no random number: time and the flows' hashes
/// come with the packets.
namespace tunnel::queue {

/// A packet on its way to the transport, and what its owner wants to know of it then.
template <typename Meta>
struct Packet {
  static_assert(std::is_trivially_copyable_v<Meta>);

  Buffer buffer;
  Meta meta{};
  std::uint32_t flow_hash = 0;  // equal for all packets of a flow; all its bits are used
};

/// Marks a packet as having met congestion (RFC 3168 §5), its checksum mended; false: its transport
/// does not take marks. A packet that is marked already is as good as marked.
using MarkFunction = bool (*)(MutableBytes packet) noexcept;

/// Packets of one link that wait to be sent: flows take turns, and none keeps a standing queue for
/// long (Scheduler, Codel).
///
/// A super-packet waits and is sent, marked or dropped as one packet, and counts by its octets. On
/// a slow link it must not be queued whole: at 10 Mb/s, 64 KiB take 52 ms, for which everybody else
/// waits. So where drain_rate() is less than about 50 Mb/s, its owner splits it first.
///
/// One wakeup should push what there is and then pop until the transport is full or the queue is
/// empty, all with the same `now`: so the rate is told from the bursts.
template <typename Meta>
class FairQueue final : private PacketStore {
 public:
  FairQueue(const Limits& limits, MarkFunction marker) : scheduler_{limits}, marker_{marker} {}

  FairQueue(const FairQueue&) = delete;
  FairQueue& operator=(const FairQueue&) = delete;

  /// Returns what was dropped for want of room: from the flow that holds most, its oldest first.
  Dropped push(Packet<Meta>&& packet, TimePoint now) {
    const auto index =
        scheduler_.push({packet.flow_hash, static_cast<std::uint32_t>(packet.buffer.size()),
                         static_cast<std::uint32_t>(packet.buffer.capacity())},
                        now);
    if (index == packets_.size()) {
      packets_.push_back(std::move(packet));
    } else {
      packets_[index] = std::move(packet);
    }
    return scheduler_.keep_limits(*this);
  }

  /// The packet to be sent next; nullopt: there is none.
  std::optional<Packet<Meta>> pop(TimePoint now) {
    const auto index = scheduler_.pop(now, *this);
    if (!index) return std::nullopt;
    return std::move(packets_[*index]);
  }

  /// Forgets every packet: the link they were for has gone.
  Dropped clear(TimePoint now) { return scheduler_.clear(now, *this); }

  /// Gives the memory of an empty queue back, and with it what CoDel knows of flows.
  void release_unused() noexcept {
    if (!empty()) return;
    scheduler_.release_unused();
    packets_ = decltype(packets_){};  // not {}, which keeps the capacity
  }

  bool empty() const noexcept { return scheduler_.packets() == 0; }

  std::size_t packets() const noexcept { return scheduler_.packets(); }

  /// Octets of packets.
  std::size_t bytes() const noexcept { return scheduler_.bytes(); }

  /// Octets of the buffers that the packets lie in.
  std::size_t memory() const noexcept { return scheduler_.memory(); }

  const Counters& counters() const noexcept { return scheduler_.counters(); }

  /// Of the packets popped since this was last called.
  Delays take_delays() noexcept { return scheduler_.take_delays(); }

  /// How fast packets were popped while others waited; nullopt: they have hardly ever waited.
  std::optional<Rate> drain_rate() const noexcept { return scheduler_.drain_rate(); }

  /// What CoDel aims at: the limits', or more on a slow link.
  const CodelTarget& aim() const noexcept { return scheduler_.aim(); }

 private:
  bool mark(Index packet) override { return marker_(packets_[packet].buffer.bytes()); }

  void drop(Index packet) override { packets_[packet].buffer = {}; }

  Scheduler scheduler_;
  MarkFunction marker_;
  std::vector<Packet<Meta>> packets_;
};

}  // namespace tunnel::queue
