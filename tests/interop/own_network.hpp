#pragma once

#include "tunneld/base/unique_fd.hpp"

namespace tunnel::test {

/// While it lives, this thread and the children it makes are in a network namespace that nothing
/// else is in, whose loopback is up. What they leave in it is gone with the last of them.
class OwnNetwork {
 public:
  OwnNetwork();
  OwnNetwork(const OwnNetwork&) = delete;
  OwnNetwork& operator=(const OwnNetwork&) = delete;
  ~OwnNetwork();

 private:
  UniqueFd before_;
};

}  // namespace tunnel::test
