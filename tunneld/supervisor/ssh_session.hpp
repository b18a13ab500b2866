#pragma once

#include "tunneld/supervisor/processes.hpp"

#include <boost/asio/io_context.hpp>

#include <sys/types.h>

namespace tunnel::supervisor {

/// Sees to the end of an SSH session whose bridge is gone.
///
/// sshd tells its client how the bridge ended, and closes the connection when the client has heard
/// it. A client that has lost its power never will, and is given up when ClientAliveInterval and
/// ClientAliveCountMax of sshd have passed, which are longer than anybody needs to wait for a link
/// that is known to be dead. So sshd's process for the session has a few seconds, and is then asked
/// to end (SIGTERM), if it still is the very process that it was, and that account's.
void end_session(boost::asio::io_context& context, const ProcessMark& session, uid_t account);

}  // namespace tunnel::supervisor
