#pragma once

#include "tests/support/link_emulator/command.hpp"
#include "tests/support/link_emulator/link.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/time.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::test {

/// Packets from one tun device to another, over a Link.
class OneWay {
 public:
  /// The descriptors stay the caller's.
  OneWay(int from, int to);

  /// A new line, nothing on the way, and counters from nothing.
  void set(const LinkSettings& settings);

  /// Takes packets until there are none, or enough for one turn.
  void take(TimePoint now);
  /// Hands over those that have arrived.
  void hand_over(TimePoint now);

  /// When the next one arrives.
  std::optional<TimePoint> deadline() const;

  /// "arrived=9 lost=1 overflown=0".
  std::string statistics() const;

 private:
  struct Packet {
    TimePoint arrival;
    std::vector<std::uint8_t> bytes;
  };

  std::vector<std::uint8_t> copy_of(Bytes packet);

  int from_;
  int to_;
  Link link_{LinkSettings{}};
  std::vector<std::uint8_t> scratch_;
  std::deque<Packet> on_the_way_;
  std::vector<std::vector<std::uint8_t>> spare_;  // of packets that have arrived, to be used again
  std::uint64_t arrived_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t overflown_ = 0;
};

/// Both directions between two tun devices.
class Line {
 public:
  Line(UniqueFd left, UniqueFd right);

  void set(const LinkCommand& command);

  /// Moves what is there and what is due.
  void run(TimePoint now);
  std::optional<TimePoint> deadline() const;

  int left() const noexcept { return left_.get(); }

  int right() const noexcept { return right_.get(); }

  /// "left arrived=9 lost=1 overflown=0 right arrived=...".
  std::string statistics() const;

 private:
  UniqueFd left_;
  UniqueFd right_;
  OneWay from_left_;
  OneWay from_right_;
};

}  // namespace tunnel::test
