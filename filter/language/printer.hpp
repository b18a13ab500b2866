#pragma once

#include "filter/model/nat_rule.hpp"
#include "filter/model/rule.hpp"

#include <string>

namespace tunnel::filter::language {

/// The canonical form of a rule, in one line without its end. Parsed, it is the same rule: masks as
/// lengths, names as numbers, and what a member has from its head is written out.
std::string print(const Rule& rule);
std::string print(const NatRule& rule);

}  // namespace tunnel::filter::language
