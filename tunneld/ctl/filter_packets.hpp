#pragma once

#include "filter/packet/packet.hpp"
#include "tunneld/base/diagnostic.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tunnel::ctl {

/// One packet of those that are to be tested.
struct TestPacket {
  std::chrono::milliseconds after{};  // the one before
  filter::Direction direction = filter::Direction::In;
  InterfaceName interface {};
  std::variant<filter::packet::Packet, filter::packet::NotAPacket> packet{};
};

struct TestPackets {
  std::vector<TestPacket> packets{};
  std::vector<Diagnostic> mistakes{};
};

/// Packets in ipftest's form, a line each; "after 10s" lets time pass; `name` is for messages.
TestPackets packets_of_text(const std::string& name, std::string_view text);

/// Packets in hexadecimal: "in on em0 4500 0028 …", or "[in,em0]" as ipftest has it, and lines of
/// octets up to an empty one or the next packet. Without either, packets come in, on no interface.
TestPackets packets_of_hex(const std::string& name, std::string_view text);

}  // namespace tunnel::ctl
