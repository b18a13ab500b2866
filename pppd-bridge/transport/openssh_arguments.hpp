#pragma once

#include "pppd-bridge/transport/dial.hpp"
#include "pppd-bridge/transport/host_key.hpp"

#include <span>
#include <string>
#include <vector>

namespace tunnel::transport {

inline constexpr const char* kSshProgram = "/usr/bin/ssh";

/// Files that `ssh` is to read, by path.
struct OpensshFiles {
  std::string known_hosts;
  std::string agent;     // a socket; the key is in there. Or empty
  std::string identity;  // of a FIDO key; both empty: whatever the ssh_config names
};

/// The command line of `ssh`. What makes the stream a clean one and the server the right one is
/// fixed here, whatever a configuration file says; how it is reached, ciphers and agents are left
/// to the file, if there is one. No secret is among them.
std::vector<std::string> openssh_arguments(const DialSettings& settings, const OpensshFiles& files,
                                           std::span<const HostKey> pinned);

/// The contents of a known_hosts file with the pinned keys, under a name that the arguments above
/// make `ssh` look for, whatever the host and port.
std::string known_hosts_text(std::span<const HostKey> pinned);

}  // namespace tunnel::transport
