#pragma once

#include "tests/support/sites.hpp"

#include <cstddef>
#include <string>

namespace tunnel::test {

/// Sends so many rounds of datagrams from one node to another, each round by one call with
/// UDP_SEGMENT, waits for each, and throws where one is missing or is not what was sent.
void send_datagrams(const World& world, const std::string& from, const std::string& to,
                    const std::string& address, std::size_t rounds);

}  // namespace tunnel::test
