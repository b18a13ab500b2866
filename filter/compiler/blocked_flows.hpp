#pragma once

#include "filter/model/rule.hpp"
#include "filter/nft/ruleset.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::filter::compiler {

/// Flows that "block ... keep state" has met. Conntrack forgets a flow whose first packet is
/// dropped, so they are remembered in sets, which belong to the rule: both ways, for TCP and UDP.
class BlockedFlows {
 public:
  explicit BlockedFlows(nft::Table& table) : table_{table} {}

  /// Rules that remember the flow of a packet that the rule of that number blocks.
  std::vector<nft::Expressions> remember(std::uint32_t number, const std::optional<Ages>& ages);

  /// Rules that give the packets of all remembered flows their rule's number as the mark, and lead
  /// on by the map.
  std::vector<nft::Expressions> look_up(const std::string& map) const;

 private:
  nft::Table& table_;
  std::vector<std::uint32_t> numbers_{};
};

}  // namespace tunnel::filter::compiler
