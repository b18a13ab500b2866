#pragma once

#include "filter/model/rule.hpp"
#include "tunneld/base/bytes.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace tunnel::filter::kernel {

/// A packet that a rule has logged, valid during the call that brings it.
struct LoggedPacket {
  Direction direction = Direction::In;
  std::uint32_t mark = 0;
  std::string prefix{};
  unsigned interface = 0;                   // its index: where it came in, or goes out
  std::chrono::microseconds time{};         // since 1970; zero: the kernel told none
  std::optional<std::uint32_t> sequence{};  // counts the records of the group
  Bytes packet{};                           // as far as it was asked for
};

/// What follows the header of a message of NFLOG (nfnetlink_log.h); nullopt: it is none.
std::optional<LoggedPacket> parse_logged_packet(Bytes payload);

}  // namespace tunnel::filter::kernel
