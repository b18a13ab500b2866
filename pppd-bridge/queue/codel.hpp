#pragma once

#include "tunneld/base/time.hpp"

#include <cstdint>

namespace tunnel::queue {

/// What CoDel aims at (RFC 8289 §3.2, §3.3).
struct CodelTarget {
  Duration target;
  Duration interval;
};

/// CoDel (RFC 8289) for the queue of one flow: the delay that stays for an interval is a standing
/// queue, and its sender is told so, ever more often, until it has gone. Bursts are none of its
/// business: a queue that is drained by bursts, as ours is, looks bad in the first packet of a
/// burst and good in the last, and only the best of an interval counts.
class Codel {
 public:
  enum class Verdict : std::uint8_t {
    Pass,
    Signal,  // mark the packet, or else drop it
  };

  /// Is asked of every packet as it leaves, after `sojourn` in the queue. `held`: the octets of its
  /// flow that were queued, its own included. This is the loop in RFC 8289 §5.5, turned inside out.
  ///
  /// A queue of two packets of the wire (`mtu`) is never too long: with packets of that size, it is
  /// what RFC 8289 §5.6 says by "less than maxpacket behind this one". To take the largest packet
  /// seen for maxpacket would let every flow keep 64 KiB whatever the delay: Linux had that, and
  /// went back.
  Verdict judge(Duration sojourn, std::uint64_t held, std::uint32_t mtu, const CodelTarget& aim,
                TimePoint now) noexcept;

  /// There was nothing to send in the flow's turn (RFC 8289 §5.6).
  void emptied() noexcept;

  /// So many packets were dropped for want of room: the sender is that much too fast.
  void add_drops(std::uint32_t packets) noexcept { count_ += packets; }

 private:
  bool standing(Duration sojourn, std::uint64_t held, std::uint32_t mtu, const CodelTarget& aim,
                TimePoint now) noexcept;
  void begin_dropping(const CodelTarget& aim, TimePoint now) noexcept;

  /// When the delay has been above target for an interval; the epoch: it is not above.
  TimePoint first_above_{};
  TimePoint drop_next_{};
  std::uint32_t count_ = 0;       // signals since dropping began
  std::uint32_t last_count_ = 0;  // count_ as it was when dropping last began
  bool dropping_ = false;
};

}  // namespace tunnel::queue
