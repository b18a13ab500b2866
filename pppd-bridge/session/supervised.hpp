#pragma once

#include "pppd-bridge/session/session.hpp"
#include "pppd-bridge/session/supervisor_channel.hpp"
#include "tunneld/ipc/messages.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace tunnel::session {

/// How a bridge ends, for its exit status.
enum class Outcome : std::uint8_t { Closed, Failed };

/// What a bridge was given by tunneld, and what it must tell a tunneld that is restarted.
struct Supervised {
  SupervisorChannel channel;
  ipc::Settings settings;
  UniqueFd tun;
  ipc::Role role = ipc::Role::Dial;
  std::string peer;
  std::string key;
  ipc::Trace trace{};  // wanted from the beginning
};

/// tunneld's first answer. The wish for a trace, which comes before the settings so that it holds
/// from the first packet, is put aside.
Result<FromSupervisor> wait_for_settings(Supervised& supervised,
                                         std::chrono::milliseconds patience);

/// Runs one session under tunneld, to its end. When tunneld dies the link lives on, and the bridge
/// offers itself to the next one.
Outcome run_supervised(Supervised supervised, std::unique_ptr<transport::Transport> transport);

}  // namespace tunnel::session
