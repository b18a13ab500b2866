#pragma once

#include "filter/packet/packet.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tunnel::filter::packet {

/// A packet somebody wrote down, as octets with all checksums right.
struct WrittenPacket {
  Direction direction = Direction::In;
  InterfaceName interface {};  // empty: none
  std::vector<std::uint8_t> octets{};
};

/// Why a line is no packet.
struct TextMistake {
  std::size_t column = 0;  // from 1
  std::size_t width = 1;
  std::string message{};
  std::string hint{};
};

/// ipftest's form:
///
///     in|out|in6|out6 [on IFACE] [PROTO] SRC[,PORT] DST[,PORT] [FLAGS | TYPE[,CODE]] [OPTION...]
///
/// with the options `opt a,b`, `mf`, `seq=`, `ack=`, `win=`, `urp=`, `mss=`, `id=`, `query=`,
/// `off=`, `ttl=`, `tos=`, `len=` (octets behind the transport header), `body=` (octets behind the
/// header of IP, cut or filled up to), and at the end `for PROTO SRC[,PORT] DST[,PORT]`: what an
/// ICMP error is about.
std::variant<WrittenPacket, TextMistake> parse_packet_text(std::string_view line);

/// The same form, of a packet; what it does not say is not printed.
std::string print(const Packet& packet);

}  // namespace tunnel::filter::packet
