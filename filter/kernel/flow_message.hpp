#pragma once

#include "filter/flows/flow.hpp"
#include "filter/kernel/netlink_message.hpp"

#include <optional>

namespace tunnel::filter::kernel {

/// What the kernel's conntrack says about a flow, in an event or in an answer
/// (nfnetlink_conntrack.h); nullopt: it is no such message, or no flow of IP.
std::optional<flows::FlowEvent> parse_flow_event(const NetlinkMessage& message);

}  // namespace tunnel::filter::kernel
