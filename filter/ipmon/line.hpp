#pragma once

#include "filter/model/rule_lists.hpp"
#include "filter/packet/packet.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::filter::ipmon {

using WallTime = std::chrono::system_clock::time_point;

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

  WallTime time{};
  unsigned count = 1;  // of identical ones in one
  Action action = Action::Logged;
  RuleId rule{};
  bool keeps_state = false;          // K-S
  bool keeps_frags = false;          // K-F
  std::optional<LogLevel> level{};   // that the rule names
  packet::Packet packet{};           // with its direction and interface
  std::vector<std::uint8_t> body{};  // with log body: what is behind the headers, its beginning
};

/// How many octets of a body ipf(5) logs.
inline constexpr std::size_t kMostBody = 128;

/// "13/04/2005 15:02:11.123456", in local time: how a line begins.
std::string time_text(WallTime time);

/// A record as ipmon(8) writes it, in local time and without the end of the line:
///
///     13/04/2005 15:02:11.123456 2x tun0 @300:2 p 192.168.1.215,3936 -> 192.168.253.1,23 PR tcp
///     len 20 48 -S K-S K-F IN
///
/// A body follows in lines of its own (dump.hpp).
std::string line_of(const Record& record);

/// What stands behind the time and the number, the body included: records of the same text are
/// the same, but for the time.
std::string text_of(const Record& record);

/// The time, the number where it is more than one, and the text.
std::string line_of(WallTime time, unsigned count, const std::string& text);

/// log INFO, pass NOTICE, block WARNING, a short packet ERR, if the rule names no level.
Severity severity_of(const Record& record) noexcept;
/// That of the level, or local0; by its number in syslog(3).
std::uint8_t facility_of(const Record& record) noexcept;

/// "10.0.0.1,80"; without ports the host alone.
std::string end_text(const HostAddress& host, std::optional<std::uint16_t> port);

/// What is behind the headers of a packet, as far as it is there and ipf(5) logs it.
Bytes body_of(const packet::Packet& packet, Bytes octets) noexcept;

}  // namespace tunnel::filter::ipmon
