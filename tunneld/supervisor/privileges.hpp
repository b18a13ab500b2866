#pragma once

#include "tunneld/base/result.hpp"
#include "tunneld/supervisor/child_process.hpp"

#include <filesystem>
#include <string>

namespace tunnel::supervisor {

/// Makes a directory of tunneld's, and gives it to its account where this process may.
Result<void> prepare_directory(const std::filesystem::path& directory, Account owner,
                               unsigned mode);

/// Started as root: becomes `user`, with CAP_NET_ADMIN (devices, routes) and CAP_SETUID,
/// CAP_SETGID and CAP_KILL (to start bridges under another account, and to end them and what sshd
/// has left of their sessions), and nothing else, for good. Started as another user, by systemd:
/// keeps what it was given, and says which of these is missing.
Result<void> keep_only_needed_powers(const std::string& user);

/// From now on a program that this process executes in its own place has its powers too; no other
/// child gets them by that, since bridges give up theirs before they are executed.
Result<void> keep_powers_over_exec();

}  // namespace tunnel::supervisor
