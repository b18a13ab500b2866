#pragma once

#include "filter/compiler/condition_builder.hpp"
#include "filter/compiler/conditions.hpp"

#include <string_view>
#include <vector>

// "with …", and what IPv4 and IPv6 have in different places.

namespace tunnel::filter::compiler {

/// Each a list of conjunctions that exclude each other.
std::vector<Choice> tos_is(std::uint8_t tos);
std::vector<Choice> ttl_is(std::string_view op, std::uint8_t ttl);
std::vector<Choice> icmp_is(const IcmpTest& test, const ProtocolTest& protocol);

/// Fragments, in View::Raw.
std::vector<Choice> fragments();
/// Packets whose transport header is cut, in View::Raw.
std::vector<Choice> short_packets();
/// Those of TCP and UDP that do not reach as far as their ports and flags, in View::Raw.
std::vector<Choice> cut_headers();

void add_quality(ConditionBuilder& out, const WithTest& test, const Rule& rule, View view,
                 std::vector<Unsupported>& problems);

/// Whether a test can only be made of packets as they came.
bool is_raw(const WithTest& test) noexcept;

}  // namespace tunnel::filter::compiler
