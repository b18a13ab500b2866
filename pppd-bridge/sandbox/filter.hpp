#pragma once

#include "pppd-bridge/sandbox/calls.hpp"
#include "tunneld/base/result.hpp"

#include <sys/types.h>

namespace tunnel::sandbox {

/// From now on the kernel refuses this process every call that kCalls does not have for `profile`,
/// by SIGSYS, and says so in its log. `child` is the one that may be waited for and killed; 0:
/// none. Needs no_new_privs.
Result<void> refuse_other_calls(Profile profile, pid_t child);

/// From now on the calls of kNeverCalled fail with EPERM. Needs no_new_privs.
Result<void> refuse_calls_never_made();

}  // namespace tunnel::sandbox
