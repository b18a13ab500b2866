#pragma once

#include "tests/support/sites.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::test {

// What can be seen of a gateway from outside its programs, and what can be done to it.

/// Whether the host gets an answer from the address.
bool reaches(const World& world, const std::string& from, const std::string& address);

/// The routes that tunneld made, sorted: "192.168.253.0/24 dev tun0", "unreachable 172.16.1.0/24".
std::vector<std::string> tunnel_routes(const World& world, const std::string& gateway);

/// Tells of its routes from now on, as `ip monitor` does.
Process monitor_routes(const World& world, const std::string& gateway);

/// The names of all tun devices.
std::vector<std::string> tun_devices(const World& world, const std::string& gateway);

/// The lines of a log ("ppp", "auth", "console") that have this text.
std::vector<std::string> log_lines(const World& world, const std::string& gateway,
                                   const std::string& log, std::string_view text = "");

/// A key that nobody knows: "ssh-ed25519 AAAA...".
std::string make_public_key(const World& world, const std::string& node);

/// "SHA256:..." of a public key.
std::string fingerprint(const World& world, const std::string& public_key);

/// The first two words of a file with one public key.
std::string public_key_in(const World& world, const std::string& gateway, const std::string& path);

/// Before Labs' tunneld is started or reloaded: claims need no ticket.
void do_without_tickets(const World& world);

/// Before Labs' sshd and tunneld are started: what sshd runs for HOME's key instead of the bridge,
/// as shell text; by a forced command of one's own, which has no ticket.
void answer_with(const World& world, const std::string& script);

/// Before Labs' tunneld is started: the reference policy, on hosts that see the gateway only.
void use_reference_policy(const World& world);

/// What sshd of Labs has written.
std::string sshd_log(const World& world);

}  // namespace tunnel::test
