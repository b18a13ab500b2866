#pragma once

#include "filter/model/protocols.hpp"

#include <cstdint>
#include <string>

namespace tunnel::filter::packet {

/// "tcp", "47": the same word in packets as they are written and in the logs, whatever the names of
/// this machine.
inline std::string protocol_word(std::uint8_t protocol) {
  switch (protocol) {
    case kIcmp:
      return "icmp";
    case kTcp:
      return "tcp";
    case kUdp:
      return "udp";
    case kIcmp6:
      return "ipv6-icmp";
    default:
      return std::to_string(protocol);
  }
}

}  // namespace tunnel::filter::packet
