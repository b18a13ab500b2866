#include "filter/model/nat_lists.hpp"

#include <algorithm>
#include <bit>

namespace tunnel::filter {

namespace {

unsigned mask_length(const AddressTest& test) {
  const auto* v4 = std::get_if<MaskedIpv4>(&test.address);
  return v4 == nullptr ? 0 : static_cast<unsigned>(std::popcount(v4->mask));
}

}  // namespace

unsigned outbound_mask_length(const NatRule& rule) {
  return mask_length(rule.source.address);
}

unsigned inbound_mask_length(const NatRule& rule) {
  if (rule.kind != NatRule::Kind::Bimap) return mask_length(rule.destination.address);
  const auto* network = std::get_if<MaskedIpv4>(&rule.target);
  return network == nullptr ? 32 : static_cast<unsigned>(std::popcount(network->mask));
}

NatLists NatLists::of(const std::vector<NatRule>& rules) {
  NatLists lists;
  for (const auto& rule : rules) {
    if (rule.kind != NatRule::Kind::Rdr) lists.outbound.push_back(rule);
    if (rule.kind == NatRule::Kind::Rdr || rule.kind == NatRule::Kind::Bimap) {
      lists.inbound.push_back(rule);
    }
  }
  std::stable_sort(lists.outbound.begin(), lists.outbound.end(), [](const auto& a, const auto& b) {
    return outbound_mask_length(a) > outbound_mask_length(b);
  });
  std::stable_sort(lists.inbound.begin(), lists.inbound.end(), [](const auto& a, const auto& b) {
    return inbound_mask_length(a) > inbound_mask_length(b);
  });
  return lists;
}

}  // namespace tunnel::filter
