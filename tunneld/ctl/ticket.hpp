#pragma once

#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/result.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace tunnel::ctl {

/// Asks the running tunneld for a ticket: for the SSH session that is this process's parent, for
/// this site, and for the key with this fingerprint. Hexadecimal digits; the error says why there
/// is none. sshd waits meanwhile, so it does not take long. Without a site, which never gets one,
/// tunneld learns that somebody came with a key that no site has.
Result<std::string> ask_for_ticket(const std::filesystem::path& socket,
                                   const std::optional<SiteName>& site,
                                   const std::string& fingerprint);

}  // namespace tunnel::ctl
