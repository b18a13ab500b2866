#pragma once

#include "filter/ipmon/line.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::filter::ipmon {

/// What a line of filter.log or nat.log tells.
struct Fields {
  enum class Kind : std::uint8_t { Packet, Translation, State, Notice };

  struct End {
    HostAddress host{};
    std::optional<std::uint16_t> port{};
    bool operator==(const End&) const = default;
  };

  Kind kind = Kind::Notice;
  WallTime time{};
  unsigned count = 1;
  std::string rule{};   // "@300:2", of a translation "@2"
  std::string event{};  // "NEW-MAP"; of a state "EXPIRE"
  End source{};         // of a translation: the inside
  End destination{};    // of a translation: the other end
  std::optional<End> outside{};
  std::string protocol{};  // "tcp"

  std::string interface {};  // of packets only, as all below
  std::optional<Record::Action> action{};
  bool is_short = false;
  unsigned header_size = 0;
  unsigned size = 0;
  std::string tcp_flags{};  // "AS"
  std::string icmp{};       // "echo/0"
  bool keeps_state = false;
  bool keeps_frags = false;
  std::optional<Direction> direction{};

  struct Counts {
    std::uint64_t forward = 0;
    std::uint64_t backward = 0;
    bool operator==(const Counts&) const = default;
  };

  std::optional<Counts> packets{};  // of a translation or state that ended
  std::optional<Counts> bytes{};
  std::string text{};  // what stands behind the time, and the number
};

/// Reads what line_of() writes, of any kind; what is no other is a notice. nullopt: it does not
/// begin with a time. Only the first line is looked at.
std::optional<Fields> parse_line(std::string_view line);

}  // namespace tunnel::filter::ipmon
