#pragma once

#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"

namespace tunnel::session {

/// Blocks SIGTERM, SIGINT and SIGHUP and makes them readable from a descriptor, so that a link is
/// closed in good order. SIGPIPE is ignored: a broken stream is told by its write.
Result<UniqueFd> stop_signals();

}  // namespace tunnel::session
