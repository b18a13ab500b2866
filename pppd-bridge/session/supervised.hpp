#pragma once

#include "pppd-bridge/session/session.hpp"
#include "pppd-bridge/session/supervisor_channel.hpp"
#include "tunneld/ipc/messages.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace tunnel::session {

/// How a bridge ends, for its exit status.
enum class Outcome : std::uint8_t { Closed, Failed };

/// What a bridge was given by tunneld, and what it must tell a tunneld that is restarted.
struct Supervised {
  SupervisorChannel channel;
  ipc::Settings settings;
  UniqueFd tun;
  UniqueFd listening;  // where a restarted tunneld will call
  ipc::Role role = ipc::Role::Dial;
  std::string peer;
  std::string key;
  ipc::Trace trace{};  // wanted from the beginning
};

/// tunneld's first answer. The wish for a trace, which comes before the settings so that it holds
/// from the first packet, is put aside.
Result<FromSupervisor> wait_for_settings(Supervised& supervised,
                                         std::chrono::milliseconds patience);

/// Takes what tunneld has handed over for this site: settings, tun device, and the socket by which
/// the next tunneld finds this bridge, on which it listens from now on. Returns the descriptors
/// that are left, or why it is not what was expected.
Result<std::vector<UniqueFd>> take_over(Supervised& supervised, const SiteName& site,
                                        FromSupervisor handed);

/// Runs one session under tunneld, to its end, in the sandbox, which this process does not leave
/// any more. When tunneld dies the link lives on, and the bridge waits for the next one to call. It
/// makes no socket of its own.
Outcome run_supervised(Supervised supervised, std::unique_ptr<transport::Transport> transport);

}  // namespace tunnel::session
