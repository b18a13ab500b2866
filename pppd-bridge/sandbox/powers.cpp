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

Result<void> hide_from_others() {
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) return errno_error("hide from other processes");
  return {};
}

Result<void> give_up_capabilities() {
  capng_clear(CAPNG_SELECT_ALL);
  if (capng_get_caps_process() < 0) {
    return make_error(std::errc::operation_not_permitted, "read our own capabilities");
  }
  // The bounding set first: to empty it takes a capability. Without that one, no_new_privs and the
  // refusal of exec see to it that nothing is won by what it holds.
  const bool may_bound = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;
  capng_clear(CAPNG_SELECT_ALL);
  if (may_bound && capng_apply(CAPNG_SELECT_BOUNDS) < 0)
    return errno_error("empty the bounding set");
  if (capng_apply(CAPNG_SELECT_CAPS) < 0) return errno_error("give up all capabilities");
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) {
    return errno_error("give up ambient capabilities");
  }
  return {};
}

Result<void> keep_network_administration() {
  capng_clear(CAPNG_SELECT_ALL);
  const int kept = capng_update(
      CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED), CAP_NET_ADMIN);
  if (kept < 0 || capng_apply(CAPNG_SELECT_CAPS) < 0) {
    return make_error(std::errc::operation_not_permitted, "CAP_NET_ADMIN is needed");
  }
  return {};
}

}  // namespace tunnel::sandbox
