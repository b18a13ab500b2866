#pragma once

#include "filter/model/rule_lists.hpp"
#include "filter/packet/packet.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace tunnel::filter::ipmon {

/// What a rule has had logged.
struct Record {
  enum class Action : std::uint8_t {
    Passed,            // p: by a rule
    Blocked,           // b
    PassedByDefault,   // P
    BlockedByDefault,  // B
    Logged,            // L: by a log rule
    Unmatched,         // n
  };

  std::chrono::system_clock::time_point time{};
  unsigned count = 1;  // of identical ones in one
  Action action = Action::Logged;
  RuleId rule{};
  bool keeps_state = false;  // K-S
  bool keeps_frags = false;  // K-F
  packet::Packet packet{};   // with its direction and interface
};

/// A record as ipmon(8) writes it, in local time and without the end of the line:
///
///     13/04/2005 15:02:11.123456 2x tun0 @300:2 p 192.168.1.215,3936 -> 192.168.253.1,23 PR tcp
///     len 20 48 -S K-S K-F IN
std::string line_of(const Record& record);

/// Whether two records in a row are one, but for time and number.
bool same(const Record& a, const Record& b);

}  // namespace tunnel::filter::ipmon
