#pragma once

#include "pppd-bridge/segments/joiner.hpp"
#include "pppd-bridge/segments/offload.hpp"
#include "pppd-bridge/session/counters.hpp"
#include "pppd-bridge/session/source_check.hpp"
#include "pppd-bridge/tun/packet_device.hpp"
#include "pppd-bridge/vendor/frame.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/rate_limiter.hpp"
#include "tunneld/base/time.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tunnel::session {

/// What the link makes of packets on their way in.
struct InboundRules {
  Mru largest_segment{1500};               // what we have told the peer
  std::optional<std::uint16_t> clamp_mss;  // TCP is told of this MTU in SYNs
};

/// Packets between the transport and the tun device: checked as to their source and what they say
/// of themselves, and joined with others of their flow where the kernel takes that.
class Inbound final : private segments::PacketSink {
 public:
  /// Without `sources` every source is accepted.
  Inbound(tun::PacketDevice& device, std::optional<SourceCheck> sources, Counters& counters);

  /// nullptr: every source is accepted.
  SourceCheck* sources() noexcept { return sources_ ? &*sources_ : nullptr; }

  /// A packet out of one of the standard frames.
  void standard_packet(Family family, Bytes packet, const InboundRules& rules);

  /// One out of a frame of our own.
  void vendor_packet(Family family, const vendor::Header& header, MutableBytes packet,
                     const InboundRules& rules, TimePoint now);

  /// A frame of our own whose header contradicts itself, or that has no packet in it.
  void bad_frame(TimePoint now) noexcept;

  /// Nothing more comes in this wakeup: what was kept back to be joined goes to the device.
  void flush() { joiner_.flush(*this); }

  /// Whether the peer goes on sending what no end of ours would.
  bool peer_lies() const noexcept { return peer_lies_; }

  void release_unused() noexcept;

 private:
  // segments::PacketSink
  void packet(Bytes packet, const segments::Offload& offload) override;

  /// Counts what is not to be accepted.
  Verdict judge(Family family, Bytes packet);
  void note_lie(TimePoint now) noexcept;
  MutableBytes scratch();
  void plain_packet(Bytes packet);
  void write_segments(Bytes packet, const segments::Offload& offload, std::size_t largest);
  void write(Bytes packet, const segments::Offload& offload);

  tun::PacketDevice& device_;
  std::optional<SourceCheck> sources_;
  Counters& counters_;
  segments::Joiner joiner_;
  std::vector<std::uint8_t> scratch_;  // for a packet that has to be changed, or cut
  RateLimiter lies_;
  bool peer_lies_ = false;
};

}  // namespace tunnel::session
