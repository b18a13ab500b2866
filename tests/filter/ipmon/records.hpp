#pragma once

#include "filter/ipmon/line.hpp"
#include "filter/packet/packet_parser.hpp"
#include "filter/packet/packet_text.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>
#include <variant>

namespace tunnel::filter::ipmon {

/// In UTC: 13 April 2005, 15:02:11.123456.
inline constexpr WallTime kThen{std::chrono::seconds{1113404531} +
                                std::chrono::microseconds{123456}};

class InUtc : public testing::Test {
 protected:
  InUtc() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

/// A packet, in ipftest's form, that rule @300:2 has passed then.
inline Record record(const std::string& text) {
  const auto written = std::get<packet::WrittenPacket>(packet::parse_packet_text(text));
  Record out;
  out.packet = std::get<packet::Packet>(packet::parse_packet(written.octets));
  out.packet.direction = written.direction;
  out.packet.interface = written.interface;
  out.time = kThen;
  out.action = Record::Action::Passed;
  out.rule = {"300", 2};
  return out;
}

}  // namespace tunnel::filter::ipmon
