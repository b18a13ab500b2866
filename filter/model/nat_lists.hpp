#pragma once

#include "filter/model/nat_rule.hpp"

#include <vector>

namespace tunnel::filter {

/// The rules of ipnat.rules in the order in which they are tried: the longest mask first, and among
/// equals the one that stands first in the file. A bimap is in both.
struct NatLists {
  std::vector<NatRule> outbound{};  // map, map-block, bimap: by the mask of the source
  std::vector<NatRule> inbound{};   // rdr, bimap: by the mask of the destination

  static NatLists of(const std::vector<NatRule>& rules);

  bool operator==(const NatLists&) const = default;
};

/// The leading ones of what a rule asks of the source of an outbound packet (map), or of the
/// destination of an inbound one (rdr; of a bimap, what it maps to).
unsigned outbound_mask_length(const NatRule& rule);
unsigned inbound_mask_length(const NatRule& rule);

}  // namespace tunnel::filter
