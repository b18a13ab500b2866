#include "pppd-bridge/sandbox/landlock.hpp"

#include "tunneld/base/unique_fd.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace tunnel::sandbox {

namespace {

/// The kernel's struct as of Linux 6.12; Debian 12's header has its first member only. A kernel
/// that is older is told of so many octets as it knows.
struct RulesetAttributes {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;  // version 4
  std::uint64_t scoped = 0;              // version 6
};

constexpr std::uint64_t kFilesOfVersion1 = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
constexpr std::uint64_t kRefer = LANDLOCK_ACCESS_FS_REFER;  // version 2
constexpr std::uint64_t kTruncate = 1U << 14;               // version 3
constexpr std::uint64_t kDeviceControl = 1U << 15;          // version 5
constexpr std::uint64_t kBindTcp = 1U << 0;
constexpr std::uint64_t kConnectTcp = 1U << 1;
constexpr std::uint64_t kAbstractSockets = 1U << 0;
constexpr std::uint64_t kSignals = 1U << 1;

int version() noexcept {
  const auto found = ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0},
                               LANDLOCK_CREATE_RULESET_VERSION);
  return found < 0 ? 0 : static_cast<int>(found);
}

RulesetAttributes everything(int version, Signals signals) noexcept {
  RulesetAttributes all;
  all.handled_access_fs = kFilesOfVersion1;
  if (version >= 2) all.handled_access_fs |= kRefer;
  if (version >= 3) all.handled_access_fs |= kTruncate;
  if (version >= 4) all.handled_access_net = kBindTcp | kConnectTcp;
  if (version >= 5) all.handled_access_fs |= kDeviceControl;
  if (version >= 6) all.scoped = kAbstractSockets;
  if (version >= 6 && signals == Signals::Confined) all.scoped |= kSignals;
  return all;
}

std::size_t known_size(int version) noexcept {
  if (version < 4) return offsetof(RulesetAttributes, handled_access_net);
  if (version < 6) return offsetof(RulesetAttributes, scoped);
  return sizeof(RulesetAttributes);
}

/// What is handled is refused, but for what rules allow.
Result<UniqueFd> make_ruleset(int version, const RulesetAttributes& attributes) {
  UniqueFd ruleset{static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, &attributes, known_size(version), 0U))};
  if (!ruleset) return errno_error("sandbox: make a Landlock ruleset");
  return ruleset;
}

Result<int> enter(const UniqueFd& ruleset, int version) {
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0U) < 0) {
    return errno_error("sandbox: enter Landlock");
  }
  return version;
}

/// hosts, resolv.conf and nsswitch.conf, with whatever the latter names; openssl.cnf; our own maps.
/// Each may be missing.
constexpr std::array kReadFrom{"/etc", "/usr", "/lib",     "/lib32",     "/lib64", "/libx32",
                               "/opt", "/run", "/var/lib", "/var/cache", "/nix",   "/proc"};

Result<void> allow_reading(const UniqueFd& ruleset, const char* folder) {
  const UniqueFd there{::open(folder, O_PATH | O_CLOEXEC)};
  if (!there) return {};
  landlock_path_beneath_attr rule{};
  rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
  rule.parent_fd = there.get();
  if (::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0U) < 0) {
    return errno_error("sandbox: add a Landlock rule");
  }
  return {};
}

}  // namespace

Result<int> forbid_all_files(Signals signals) {
  const int known = version();
  if (known == 0) return 0;
  const auto ruleset = make_ruleset(known, everything(known, signals));
  if (!ruleset) return ruleset.error();
  return enter(*ruleset, known);
}

Result<int> forbid_all_but_reading() {
  const int known = version();
  if (known == 0) return 0;
  auto handled = everything(known, Signals::Confined);
  handled.handled_access_net = 0;  // a name server, and then sshd
  const auto ruleset = make_ruleset(known, handled);
  if (!ruleset) return ruleset.error();
  for (const auto* folder : kReadFrom) {
    if (auto done = allow_reading(*ruleset, folder); !done) return done.error();
  }
  return enter(*ruleset, known);
}

}  // namespace tunnel::sandbox
