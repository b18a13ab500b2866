#pragma once

#include "filter/compiler/conditions.hpp"
#include "filter/model/nat_lists.hpp"
#include "filter/nft/ruleset.hpp"

#include <vector>

namespace tunnel::filter::compiler {

/// Adds the chains of translation to the table. The kernel asks them about the first packet of each
/// flow, and does the same to the others.
void compile_nat(const NatLists& nat, nft::Table& table, std::vector<Unsupported>& problems);

}  // namespace tunnel::filter::compiler
