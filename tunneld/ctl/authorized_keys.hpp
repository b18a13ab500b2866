#pragma once

#include "tunneld/base/result.hpp"
#include "tunneld/config/configuration.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tunnel::ctl {

/// The key with which somebody is at the door, as sshd tells its AuthorizedKeysCommand.
struct OfferedKey {
  std::string type{};         // %t; may be empty
  std::string base64;         // %k
  std::string fingerprint{};  // %f; may be empty
};

/// What sshd is to run for a key.
struct ForcedCommand {
  std::filesystem::path bridge;    // absolute
  std::filesystem::path socket{};  // bridge.sock; empty: where the bridge looks by itself
  /// Hexadecimal digits of a new ticket for a session of this site; empty, also the function: none.
  std::function<std::string(const config::Site&)> ticket{};
};

struct AuthorizedKeys {
  std::string lines{};                 // for sshd
  std::vector<std::string> refused{};  // sentences, for whoever asks why a key is not among them
};

/// A line for every key of every answering site, or for the offered one only:
///
///     restrict,command="/usr/sbin/pppd-bridge answer home",from="198.51.100.0/24" ssh-ed25519 ...
///
/// A key that two sites have opens neither: sshd would take the first, and the peer might be the
/// other. The error: the command cannot be said safely, and there are no lines at all.
Result<AuthorizedKeys> authorized_keys(std::span<const config::Site> sites,
                                       const ForcedCommand& command,
                                       const std::optional<OfferedKey>& offered);

}  // namespace tunnel::ctl
