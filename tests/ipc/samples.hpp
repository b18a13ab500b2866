#pragma once

#include "tunneld/ipc/messages.hpp"

#include <vector>

namespace tunnel::ipc::test {

/// One of every message as it is usual, empty, and at the ends of its ranges.
std::vector<ToBridge> messages_to_bridge();
std::vector<FromBridge> messages_from_bridge();

/// As much as settings may hold.
Settings largest_settings();

}  // namespace tunnel::ipc::test
