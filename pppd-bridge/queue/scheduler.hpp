#pragma once

#include "pppd-bridge/queue/codel.hpp"
#include "pppd-bridge/queue/drain_rate.hpp"
#include "pppd-bridge/queue/index_list.hpp"
#include "pppd-bridge/queue/limits.hpp"
#include "tunneld/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tunnel::queue {

/// Packets that were thrown away.
struct Dropped {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;

  bool operator==(const Dropped&) const = default;
};

/// What has been done to packets since the queue was made.
struct Counters {
  Dropped codel;             // CoDel wanted it, and the packet could not be marked
  Dropped full;              // for want of room
  Dropped cleared;           // by clear()
  std::uint64_t marked = 0;  // CoDel wanted it: passed on with Congestion Experienced

  bool operator==(const Counters&) const = default;
};

/// How long packets waited that were passed on.
struct Delays {
  std::uint64_t packets = 0;
  Duration mean{};
  Duration max{};
};

/// Where the packets lie that a Scheduler schedules by their index.
class PacketStore {
 public:
  /// Marks the packet as having met congestion (RFC 3168 §5); false: it cannot be marked.
  virtual bool mark(Index packet) = 0;
  virtual void drop(Index packet) = 0;

 protected:
  ~PacketStore() = default;
};

/// FQ-CoDel (RFC 8290) for packets of which it knows the size, no more: the part of FairQueue that
/// is no template.
///
/// Each flow has a queue of its own, watched by a CoDel of its own. Those that have something to
/// send take turns: first the new ones, which have not yet sent a quantum since they had nothing to
/// send, then the old ones. So what sends little is never behind what sends much, and those that
/// send much share by octets (deficit round robin), whatever the size of their packets.
class Scheduler {
 public:
  explicit Scheduler(const Limits& limits) noexcept;

  struct Arrival {
    std::uint32_t flow_hash;
    std::uint32_t size;
    std::uint32_t memory;
  };

  /// Queues a packet; returns the index at which its owner is to store it.
  Index push(const Arrival& arrival, TimePoint now);

  /// Drops from the fattest flow until the limits are kept (RFC 8290 §4.1).
  Dropped keep_limits(PacketStore& store) noexcept;

  /// The packet to be sent next, which is no longer queued; its index is free for another one.
  std::optional<Index> pop(TimePoint now, PacketStore& store) noexcept;

  Dropped clear(TimePoint now, PacketStore& store) noexcept;

  /// Gives its memory back, if nothing is queued.
  void release_unused() noexcept;

  std::size_t packets() const noexcept { return packets_; }

  std::size_t bytes() const noexcept { return bytes_; }

  std::size_t memory() const noexcept { return memory_; }

  const Counters& counters() const noexcept { return counters_; }

  Delays take_delays() noexcept;

  std::optional<Rate> drain_rate() const noexcept { return drain_.rate(); }

  /// What CoDel aims at, at the present drain rate.
  const CodelTarget& aim() const noexcept { return aim_; }

 private:
  struct Item {
    TimePoint arrived{};
    std::uint32_t size = 0;
    std::uint32_t memory = 0;
    Index next = kNone;
  };

  struct Flow {
    IndexList items;
    std::uint64_t bytes = 0;
    std::int64_t deficit = 0;
    bool listed = false;  // in new_flows_ or old_flows_
    Index next = kNone;
    Codel codel;
  };

  Index take_index();
  Index bucket(std::uint32_t hash) const noexcept;
  bool over_limits() const noexcept;
  Index fattest() const noexcept;
  void drop_from(Flow& flow, Dropped& dropped, PacketStore& store) noexcept;
  std::optional<Index> take_from(Flow& flow, TimePoint now, PacketStore& store) noexcept;
  Index unlink_first(Flow& flow) noexcept;
  void follow_drain_rate() noexcept;
  void note_passed(Duration sojourn) noexcept;

  Limits limits_;
  std::vector<Item> items_;
  IndexList free_items_;
  std::vector<Flow> flows_;  // empty until the first packet
  IndexList new_flows_;
  IndexList old_flows_;
  std::size_t packets_ = 0;
  std::size_t bytes_ = 0;
  std::size_t memory_ = 0;
  DrainRate drain_;
  CodelTarget aim_;
  std::optional<Rate> aim_rate_;
  Counters counters_;
  std::uint64_t passed_ = 0;  // since take_delays(), as the next two
  Duration waited_{};
  Duration longest_wait_{};
};

}  // namespace tunnel::queue
