#pragma once

#include "filter/compiler/condition_builder.hpp"
#include "filter/compiler/conditions.hpp"
#include "filter/model/nat_rule.hpp"

#include <vector>

namespace tunnel::filter::compiler {

/// What a translation rule asks of the first packet of a flow on its way in or out, with all that
/// follows from its other parts: the protocol of portmap, the port of the ftp proxy. Of a bimap,
/// the question is another one in each direction. No answer: it does not translate that way.
struct NatQuestion {
  const NatRule* rule = nullptr;
  Direction direction = Direction::In;
  ProtocolTest protocol{};
  Endpoint source{};
  Endpoint destination{};
};

NatQuestion question_of(const NatRule& rule, Direction direction);

/// As a rule of nftables, without what comes of it. With EndsOf::Flow it can be asked of all
/// packets of the flow, and says nothing of the interface.
std::vector<nft::Expressions> matches_of(const NatQuestion& question, EndsOf ends);

}  // namespace tunnel::filter::compiler
