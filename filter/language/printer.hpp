#pragma once

#include "filter/model/rule.hpp"

#include <string>

namespace tunnel::filter::language {

/// The rule in its canonical form, one line without its end: parsed again it is the same rule but
/// for its place. Numbers stand for hosts, services and protocols.
std::string print(const Rule& rule);

}  // namespace tunnel::filter::language
