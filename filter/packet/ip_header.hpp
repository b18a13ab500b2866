#pragma once

#include "filter/model/host_address.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tunnel::filter::packet {

/// The header of a packet, with IPv6's extension headers up to the one that is none.
struct IpHeader {
  Family family = Family::Ipv4;
  HostAddress source{};
  HostAddress destination{};
  std::uint8_t protocol = 0;
  std::uint8_t tos = 0;
  std::uint8_t ttl = 0;
  std::uint32_t id = 0;
  std::uint16_t offset = 0;  // in octets
  bool more_fragments = false;
  std::uint32_t header_size = 0;
  std::uint32_t size = 0;  // of the packet, as the header has it
  std::vector<std::uint8_t> options{};
};

/// nullopt: the header is not whole, or its lengths contradict each other. The packet behind it may
/// be cut, as it is where an ICMP error quotes it.
std::optional<IpHeader> parse_ip_header(Bytes octets);

}  // namespace tunnel::filter::packet
