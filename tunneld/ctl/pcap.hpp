#pragma once

#include "tunneld/base/bytes.hpp"

#include <cstdint>
#include <vector>

namespace tunnel::ctl {

/// The header of a file in libpcap's format (pcap-savefile(5)): microseconds, DLT_PPP, octets of
/// numbers from the lowest on.
std::vector<std::uint8_t> pcap_header();

/// One frame: the time since 1970, the frame's whole length, and what there is of it.
std::vector<std::uint8_t> pcap_record(std::uint64_t microseconds, std::uint32_t length,
                                      Bytes octets);

}  // namespace tunnel::ctl
