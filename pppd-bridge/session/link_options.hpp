#pragma once

#include "pppd-bridge/ppp/link_options.hpp"
#include "pppd-bridge/ppp/output.hpp"
#include "tunneld/ipc/messages.hpp"

#include <string>

namespace tunnel::session {

/// A profile's [ppp], as the engine takes it.
ppp::LinkOptions link_options(const ipc::Ppp& settings);

/// What was agreed, as tunneld is told it.
ipc::LinkUp link_up(const ppp::Agreed& agreed, const std::string& transport);

}  // namespace tunnel::session
