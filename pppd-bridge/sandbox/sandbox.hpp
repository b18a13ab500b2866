#pragma once

#include "pppd-bridge/sandbox/calls.hpp"
#include "tunneld/base/result.hpp"

#include <sys/types.h>

#include <string>

namespace tunnel::sandbox {

/// Whether this build can be confined. One with sanitizers cannot: they open files, start processes
/// and map memory as they please, when they find something and at the end of a process.
#ifdef TUNNEL_NO_SANDBOX
inline constexpr bool kBuiltIn = false;
#else
inline constexpr bool kBuiltIn = true;
#endif

/// What is to be confined.
struct Subject {
  Profile profile = Profile::Answer;
  int channel = -1;  // the socket to tunneld, who is told of a refused call; -1: standard error is
  pid_t child = 0;   // Profile::Openssh: `ssh`
};

/// The first stage of a bridge that dials by libssh2: a resolver, and whatever nsswitch.conf makes
/// it load, are at work, and so is the key exchange. Needs give_up_growth().
Result<void> begin_dial();

/// The last stage (docs/security.md): everything is open, connected and authenticated, and of the
/// peer's PPP no octet is read. There is no way back. Returns what this machine could not do, as a
/// sentence for the log; mostly nothing.
///
/// An error is of a kernel that does not do what every kernel since 3.17 does, and the bridge must
/// not go on.
Result<std::string> enter(const Subject& subject);

}  // namespace tunnel::sandbox
