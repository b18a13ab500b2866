#pragma once

#include "filter/compiler/compiler.hpp"
#include "filter/compiler/conditions.hpp"
#include "filter/model/nat_lists.hpp"
#include "filter/nft/ruleset.hpp"

namespace tunnel::filter::compiler {

/// Adds what translation rules want of the packets of their flows, besides the translation: the ftp
/// helper, a smaller MSS, how long they may be silent.
void compile_nat_sessions(const NatLists& nat, nft::Table& table);

}  // namespace tunnel::filter::compiler
