#pragma once

#include "tunneld/base/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tunnel::queue {

/// What a FairQueue may hold, and its parameters in the words of RFC 8290 §5.2.
struct Limits {
  /// Queues that flows are spread over by their hash.
  std::uint32_t flows = 1024;
  /// Octets that a flow may send in its turn. One packet of the wire, although packets of 64 KiB
  /// may wait: a larger one would let every flow send so much before another's turn, and would make
  /// a new flow count as sparse for as long. A packet larger than the quantum is paid for by turns
  /// passed over later, each of which costs a few nanoseconds (Linux does the same).
  std::uint32_t quantum = 1514;
  /// A packet of the wire, super-packets split: what CoDel calls maxpacket, see Codel.
  std::uint32_t mtu = 1514;
  Duration target = std::chrono::milliseconds{5};
  Duration interval = std::chrono::milliseconds{100};
  /// Octets of packets.
  std::size_t bytes = 4 * 1024 * 1024;
  /// Octets of the buffers that these packets lie in.
  std::size_t memory = 16 * 1024 * 1024;
  std::size_t packets = 10240;
};

}  // namespace tunnel::queue
