#pragma once

#include "tunneld/config/checked.hpp"
#include "tunneld/config/configuration.hpp"

#include <string>
#include <string_view>

namespace tunnel::config {

/// A pinned host key: "TYPE BASE64 [COMMENT]" of ssh-ed25519 or ecdsa-sha2-nistp256, as in
/// /etc/ssh/ssh_host_*_key.pub. The result is "TYPE BASE64".
Checked<std::string> host_key(std::string_view line);

/// A key that may open a site: the same, and any type that sshd takes except DSA. Options in front
/// are refused, for tunneld writes its own.
Checked<AuthorizedKey> authorized_key(std::string_view line);

}  // namespace tunnel::config
