#pragma once

#include "filter/model/rule.hpp"
#include "filter/nft/expressions.hpp"
#include "filter/nft/ruleset.hpp"

#include <vector>

namespace tunnel::filter::compiler {

/// How long IPFilter keeps a flow of UDP without an answer, and with one (ipf(5)).
inline constexpr Ages kUdpAges{std::chrono::seconds{120}, std::chrono::seconds{12}};

/// Rules that give a new flow of TCP or UDP these ages: without an answer, and with one.
std::vector<nft::Expressions> aging(const Ages& ages, nft::Table& table);

/// Likewise of UDP alone.
nft::Expressions udp_aging(const Ages& ages, nft::Table& table);

}  // namespace tunnel::filter::compiler
