#include "pppd-bridge/sandbox/powers.hpp"

#include <cap-ng.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace tunnel::sandbox {

Result<void> require_no_powers() {
  if (::geteuid() == 0 || ::getuid() == 0) {
    return make_error(
        std::errc::operation_not_permitted,
        "refusing to parse the network as root: tunneld starts this program under the "
        "account named by bridge_user, sshd under the account that is logged in to");
  }
  capng_clear(CAPNG_SELECT_ALL);
  if (capng_get_caps_process() < 0 || capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE) {
    return make_error(std::errc::operation_not_permitted,
                      "refusing to parse the network with capabilities in hand");
  }
  return {};
}

Result<void> give_up_growth() {
  const rlimit none{0, 0};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || ::setrlimit(RLIMIT_CORE, &none) < 0) {
    return errno_error("give up privileges");
  }
  return {};
}

}  // namespace tunnel::sandbox
