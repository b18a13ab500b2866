#pragma once

#include "filter/kernel/nftables.hpp"
#include "tunneld/base/diagnostic.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/policy/policy.hpp"

namespace tunnel::supervisor {

/// Why the kernel has not taken a policy: by the line of the rule that it refuses, where one can be
/// found within some seconds, in which nothing else is done.
Diagnostic why_refused(filter::kernel::Nftables& nftables, const policy::FilterPolicy& policy,
                       const Error& error);

}  // namespace tunnel::supervisor
