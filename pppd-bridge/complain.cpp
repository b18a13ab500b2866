#include "pppd-bridge/modes.hpp"

#include <cstdio>

namespace tunnel::bridge {

int complain(const Error& error) {
  std::fprintf(stderr, "pppd-bridge: %s\n", error.message().c_str());
  return kExitFailure;
}

}  // namespace tunnel::bridge
