#pragma once

#include "tunneld/base/result.hpp"

namespace tunnel::sandbox {

/// From now on a call that the filter refuses is named before it ends the process: to tunneld by
/// ipc::CallRefused on the socket `channel`, or on standard error where there is none (-1) or it
/// takes nothing. The process then dies by SIGSYS, as if the kernel had killed it at once.
Result<void> name_refused_calls(int channel);

/// The socket to tunneld is another one from now on; -1: none.
void tell_refused_calls_to(int channel) noexcept;

}  // namespace tunnel::sandbox
