#pragma once

#include "filter/flows/flow.hpp"
#include "filter/model/nat_lists.hpp"
#include "tunneld/base/address.hpp"

#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

// Which rule of ipnat.rules has translated a flow. The kernel does not keep that: it is found again
// from the flow's addresses before and after.

namespace tunnel::filter::flows {

/// A rule, and its place among the rules of its files in their order, from 1: as `tunnelctl nat
/// rules` prints it.
struct NumberedNatRule {
  unsigned number = 0;
  NatRule rule{};
};

/// The rules of a policy in the order in which they are tried.
class NatRules {
 public:
  NatRules() = default;
  explicit NatRules(const NatLists& lists);

  /// map, map-block, bimap.
  const std::vector<NumberedNatRule>& outbound() const noexcept { return outbound_; }

  /// rdr, bimap.
  const std::vector<NumberedNatRule>& inbound() const noexcept { return inbound_; }

 private:
  std::vector<NumberedNatRule> outbound_{};
  std::vector<NumberedNatRule> inbound_{};
};

/// Whether an interface has this address; for rules that say "0/32".
using HasAddress = std::function<bool(const InterfaceName& interface, Ipv4Address address)>;

/// One translation of a flow; one of both ends is two.
struct Session {
  NatRule::Kind kind = NatRule::Kind::Map;
  unsigned rule = 0;  // 0: none of the rules in force makes such a one
  std::uint8_t protocol = 0;
  HostAddress inside{};  // the end that is translated: as it is
  std::uint16_t inside_port = 0;
  HostAddress outside{};  // and as the other end sees it
  std::uint16_t outside_port = 0;
  HostAddress peer{};  // the other end
  std::uint16_t peer_port = 0;

  bool operator==(const Session&) const = default;
};

/// The translations of a flow: of its destination (rdr, bimap), then of its source (map, map-block,
/// bimap). The interface of a rule is not known of a flow: of rules that differ in that alone, the
/// first is taken.
std::vector<Session> sessions_of(const Flow& flow, const NatRules& rules,
                                 const HasAddress& has_address);

}  // namespace tunnel::filter::flows
