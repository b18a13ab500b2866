#pragma once

#include "filter/model/host_address.hpp"
#include "filter/model/rule.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tunnel::filter::packet {

/// The ends and the protocol of a packet as written down.
struct WrittenEnds {
  HostAddress source{};
  HostAddress destination{};
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
};

/// All that the text form can say of the octets.
struct WrittenFields {
  WrittenEnds ends{};
  std::uint8_t tos = 0;
  std::uint8_t ttl = 64;
  std::uint32_t id = 0;
  std::uint32_t offset = 0;  // in octets
  bool more_fragments = false;
  std::vector<std::uint8_t> options{};

  std::uint8_t flags = 0;  // of TCP
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint16_t window = 4096;
  std::optional<std::uint16_t> urgent{};  // else 1 with URG, 0 without
  std::optional<std::uint16_t> segment_size{};

  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  std::uint16_t query = 0;
  std::optional<WrittenEnds> quoted{};

  std::uint32_t payload = 0;            // octets behind the transport header
  std::optional<std::uint32_t> body{};  // octets behind the header of IP
};

/// How many octets of IPv4's header options take; there is room for kMostOptionOctets.
std::size_t option_octets_of(const std::vector<std::uint8_t>& types);
inline constexpr std::size_t kMostOptionOctets = 40;

/// The octets, with every checksum right. A part of `body` that the fields do not fill is zero.
std::vector<std::uint8_t> octets_of(const WrittenFields& fields);

}  // namespace tunnel::filter::packet
