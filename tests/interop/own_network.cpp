#include "tests/interop/own_network.hpp"

#include "tests/support/process.hpp"

#include <fcntl.h>
#include <sched.h>

#include <cstdlib>
#include <stdexcept>

namespace tunnel::test {

OwnNetwork::OwnNetwork() : before_{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)} {
  if (!before_) fail_errno("open this thread's network");
  if (::unshare(CLONE_NEWNET) < 0) fail_errno("make a network namespace");
  if (const auto up = run({"ip", "link", "set", "lo", "up"}); up.status != 0) {
    throw std::runtime_error{"the loopback does not come up: " + up.err};
  }
}

OwnNetwork::~OwnNetwork() {
  if (::setns(before_.get(), CLONE_NEWNET) < 0) std::abort();  // no test could go on
}

}  // namespace tunnel::test
