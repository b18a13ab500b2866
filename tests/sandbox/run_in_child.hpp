#pragma once

#include "pppd-bridge/sandbox/sandbox.hpp"

#include <functional>
#include <string>

namespace tunnel::sandbox::test {

/// How a child of the test ended.
struct Ended {
  int status = -1;  // its exit status, unless a signal ended it
  int signal = 0;
  std::string said;  // on standard error
};

/// What a child does; it exits with 0 if that returns 0 or more, and with 1 else.
using Body = std::function<long()>;

/// In a process of its own, as it is.
Ended run_free(const Body& body);

/// The same in the sandbox, with which its child (Profile::Openssh) begins.
Ended run_confined(const Subject& subject, const Body& body);

}  // namespace tunnel::sandbox::test
