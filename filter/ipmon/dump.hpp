#pragma once

#include "tunneld/base/bytes.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tunnel::filter::ipmon {

/// Octets as ipmon(8) writes them below the line of a packet: sixteen in a line, in hexadecimal,
/// and once more as text, where what is no printable ASCII is a dot.
///
///     47 45 54 20 2f 20 48 54 54 50 2f 31 2e 30 0d 0a        GET / HTTP/1.0..
std::vector<std::string> dump_of(Bytes octets);

/// Whether a line of a log is one of those.
bool is_dump(std::string_view line) noexcept;

}  // namespace tunnel::filter::ipmon
