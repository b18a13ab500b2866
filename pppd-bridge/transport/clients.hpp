#pragma once

#include "pppd-bridge/transport/dial.hpp"
#include "pppd-bridge/transport/host_key.hpp"

#include <span>
#include <string>

/// The two implementations behind dial(), which has checked the settings.
namespace tunnel::transport {

DialResult dial_libssh2(DialSettings& settings, std::span<const HostKey> pinned,
                        DialObserver& observer);

DialResult dial_openssh(DialSettings& settings, std::span<const HostKey> pinned,
                        DialObserver& observer);

/// Words for a host key that is not a pinned one. `server` is "192.0.2.1 port 22".
std::string wrong_host_key_text(const std::string& server, const std::string& received,
                                std::span<const HostKey> pinned);

/// Words for a key that sshd does not take.
std::string refused_key_text(const DialSettings& settings);

/// What is run when the settings name nothing: only a name, for the account's forced command
/// decides.
std::string wanted_command(const DialSettings& settings);

/// "10 s".
std::string seconds_text(std::chrono::milliseconds time);

}  // namespace tunnel::transport
