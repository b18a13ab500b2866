#include "tunneld/supervisor/privileges.hpp"

#include <fmt/format.h>

#include <cap-ng.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace tunnel::supervisor {

namespace {

constexpr std::array<unsigned, 4> kNeeded{CAP_NET_ADMIN, CAP_SETUID, CAP_SETGID, CAP_KILL};

Result<void> check_given() {
  capng_clear(CAPNG_SELECT_BOTH);
  if (capng_get_caps_process() < 0) return errno_error("read this process's capabilities");
  for (const auto capability : kNeeded) {
    if (capng_have_capability(CAPNG_EFFECTIVE, capability) == 0) {
      return make_error(std::errc::operation_not_permitted,
                        fmt::format("tunneld needs CAP_{} and does not have it: start it as root, "
                                    "or by its systemd unit",
                                    capng_capability_to_name(capability)));
    }
  }
  return {};
}

/// What may be kept over an exec later on (keep_powers_over_exec()); by itself it gives nothing to
/// any program. It must be said before the bounding set is emptied.
Result<void> make_inheritable() {
  capng_clear(CAPNG_SELECT_BOTH);
  if (capng_get_caps_process() < 0) return errno_error("read this process's capabilities");
  for (const auto capability : kNeeded) {
    capng_update(CAPNG_ADD, CAPNG_INHERITABLE, capability);
  }
  if (capng_apply(CAPNG_SELECT_CAPS) < 0) return errno_error("make capabilities inheritable");
  return {};
}

}  // namespace

Result<void> prepare_directory(const std::filesystem::path& directory, Account owner,
                               unsigned mode) {
  if (::mkdir(directory.c_str(), mode) < 0) {
    if (errno == EEXIST) return {};
    return errno_error(fmt::format("make the directory {}", directory.native()));
  }
  if (::geteuid() == 0 && (::chown(directory.c_str(), owner.uid, owner.gid) < 0 ||
                           ::chmod(directory.c_str(), mode) < 0)) {
    return errno_error(fmt::format("give the directory {} to its owner", directory.native()));
  }
  return {};
}

Result<void> keep_only_needed_powers(const std::string& user) {
  if (::geteuid() != 0) return check_given();
  const auto account = find_account(user);
  if (!account) return account.error();
  if (auto made = make_inheritable(); !made) return made;
  capng_clear(CAPNG_SELECT_BOTH);
  for (const auto capability : kNeeded) {
    capng_update(CAPNG_ADD,
                 static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE |
                                           CAPNG_BOUNDING_SET),
                 capability);
  }
  const auto flags = static_cast<capng_flags_t>(CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
  const int changed =
      capng_change_id(static_cast<int>(account->uid), static_cast<int>(account->gid), flags);
  if (changed < 0) {
    return make_error(std::errc::operation_not_permitted,
                      fmt::format("cannot become user {} (capng_change_id: {})", user, changed));
  }
  return {};
}

Result<void> keep_powers_over_exec() {
  for (const auto capability : kNeeded) {
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0) {
      return errno_error(
          fmt::format("keep CAP_{} over an exec", capng_capability_to_name(capability)));
    }
  }
  return {};
}

}  // namespace tunnel::supervisor
