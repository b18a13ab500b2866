#pragma once

#include "filter/model/nat_rule.hpp"
#include "filter/nft/ruleset.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tunnel::filter::compiler {

/// A map-block as chains: one for each host inside.
struct MapBlock {
  std::vector<nft::Chain> chains{};
  nft::Map hosts{};         // from hosts inside to their chains
  nft::Expressions then{};  // leads there
};

/// nullopt: there are too many hosts. Names begin with `name`.
std::optional<MapBlock> compile_map_block(const NatRule& rule, const std::string& name);

}  // namespace tunnel::filter::compiler
