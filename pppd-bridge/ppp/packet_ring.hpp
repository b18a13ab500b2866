#pragma once

#include "pppd-bridge/ppp/packet_log.hpp"
#include "pppd-bridge/ppp/protocol.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tunnel::ppp {

enum class Direction : std::uint8_t { Received, Sent };

/// The last control packets of a link, for the log of a negotiation that fails: what came too fast
/// to be logged one by one is told then. Its memory is fixed; of a long packet the beginning is
/// kept, and of PAP and CHAP no secret.
class PacketRing {
 public:
  void note(Direction direction, Protocol protocol, Bytes packet, TimePoint now);
  /// Writes what there is, oldest first, decoded, and forgets it.
  void write_to(PacketLog& log, TimePoint now);

  void clear() noexcept { size_ = 0; }

 private:
  static constexpr std::size_t kPackets = 32;
  static constexpr std::size_t kKept = 128;  // octets of each

  struct Entry {
    TimePoint when{};
    Direction direction{};
    Protocol protocol{};
    std::uint8_t size = 0;
    std::array<std::uint8_t, kKept> octets{};
  };

  std::array<Entry, kPackets> entries_;
  std::size_t next_ = 0;
  std::size_t size_ = 0;
};

}  // namespace tunnel::ppp
