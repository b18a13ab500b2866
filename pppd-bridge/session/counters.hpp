#pragma once

#include <cstdint>

namespace tunnel::session {

/// What has crossed since the session began. A packet is one of the link's: a super-packet that
/// goes as a whole is one, and one that is cut is as many as its segments.
struct Counters {
  std::uint64_t packets_in = 0;  // from the peer, taken by the tun device
  std::uint64_t bytes_in = 0;
  std::uint64_t packets_out = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t dropped_source = 0;
  std::uint64_t dropped_malformed = 0;
  std::uint64_t dropped_too_big = 0;
  std::uint64_t dropped_down = 0;
  std::uint64_t dropped_tun = 0;
  std::uint64_t dropped_unsent = 0;    // control packets that found the outgoing buffer full
  std::uint64_t dropped_metadata = 0;  // whose frame and headers contradict each other
  std::uint64_t super_packets_in = 0;  // that crossed the link as a whole
  std::uint64_t super_packets_out = 0;
  std::uint64_t splits = 0;       // super-packets that were cut here
  std::uint64_t segments = 0;     // and what came of them
  std::uint64_t joins = 0;        // segments that became part of a larger packet here
  std::uint64_t mss_clamped = 0;  // SYNs whose MSS was lowered
  std::uint64_t wire_bytes_in = 0;
  std::uint64_t wire_bytes_out = 0;
};

}  // namespace tunnel::session
