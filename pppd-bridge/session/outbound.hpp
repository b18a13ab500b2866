#pragma once

#include "pppd-bridge/queue/fair_queue.hpp"
#include "pppd-bridge/segments/offload.hpp"
#include "pppd-bridge/segments/splitter.hpp"
#include "pppd-bridge/session/counters.hpp"
#include "pppd-bridge/tun/packet_device.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tunnel::session {

/// Whether super-packets go to the peer as they are, or in segments.
enum class Carriage : std::uint8_t { Segments, Whole };

/// What the link makes of packets on their way out.
struct OutboundRules {
  Carriage carriage = Carriage::Segments;
  Mru largest_segment{1500};               // the peer's MRU
  std::optional<std::uint16_t> clamp_mss;  // TCP is told of this MTU in SYNs
};

/// Frames what comes out of an Outbound.
class PacketSink {
 public:
  /// One packet or, with Carriage::Whole, one with something left to do; its metadata are such as a
  /// peer works out again from the packet (segments::complete_metadata()).
  virtual void send_packet(Bytes packet, const segments::Offload& offload) = 0;

 protected:
  ~PacketSink() = default;
};

/// Packets between the tun device and the transport. They wait in a fair queue (queue::FairQueue)
/// and not in the kernel's, which knows no flows: the device is read whenever it has something, and
/// what is too much is dropped here, from whichever flow has most.
class Outbound {
 public:
  /// What is kept of a packet that waits.
  struct Waiting {
    segments::Offload offload{};
    Carriage carriage = Carriage::Segments;  // which it was put in order for
  };

  /// `seed` keys the hash that tells flows apart: no peer shall choose packets that collide.
  Outbound(Counters& counters, std::uint64_t seed);

  /// A buffer for one packet, to be handed to push().
  queue::Buffer take_buffer() { return pool_.take(); }

  /// Queues a packet that came out of the device, in order for the link, or drops and counts it.
  void push(queue::Buffer packet, segments::Offload offload, const OutboundRules& rules,
            TimePoint now);

  /// Hands the next packet to `sink`; false: there is none.
  bool send_next(PacketSink& sink, const OutboundRules& rules, TimePoint now);

  /// Drops everything: the network has gone. Returns how many packets that were.
  std::uint64_t clear(TimePoint now);

  bool empty() const noexcept { return queue_.empty() && !cutting_; }

  /// Gives back the memory of what a busy hour has needed.
  void release_unused() noexcept;

  const queue::FairQueue<Waiting>& queue() const noexcept { return queue_; }

  queue::Delays take_delays() noexcept { return queue_.take_delays(); }

 private:
  /// A super-packet of which some segments are sent.
  struct Cutting {
    queue::Buffer packet;
    segments::Splitter splitter;
  };

  bool begin_cutting(queue::Buffer packet, const segments::Offload& offload,
                     const OutboundRules& rules);
  void send_segment(PacketSink& sink);
  void queue_packet(queue::Buffer packet, const Waiting& what, std::uint32_t flow, TimePoint now);
  void queue_segments(const segments::Splitter& whole, std::uint32_t flow, TimePoint now);
  bool slow() const noexcept;

  Counters& counters_;
  std::uint64_t seed_;
  queue::BufferPool pool_;  // outlives the buffers below
  queue::FairQueue<Waiting> queue_;
  std::optional<Cutting> cutting_;
  std::vector<std::uint8_t> segment_;
};

}  // namespace tunnel::session
