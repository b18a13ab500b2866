#pragma once

#include "filter/compiler/compiler.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <map>

namespace tunnel::filter::compiler {

/// What a rule has decided about: the packets that met it, and those of the flows it has let in. Of
/// a log or count rule: what it matched.
struct RuleCount {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t state_packets = 0;  // of `packets`, those that passed by state
  std::uint64_t state_bytes = 0;
};

/// By the rules' numbers, from a table as libnftables lists it; rules that have met nothing are in
/// it where the kernel has a counter for them. What is of another form is passed over.
std::map<std::uint32_t, RuleCount> counts_in(const boost::json::value& listing);

}  // namespace tunnel::filter::compiler
