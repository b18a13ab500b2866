#pragma once

#include <string>

namespace tunnel::transport {

/// Linking private_network.cpp puts a test program, before its first test, into network and mount
/// namespaces of its own: the loopback is up, /run is empty but for sshd's directory, and
/// /etc/hosts is kHosts. It needs root, and fails without it.
///
/// Two names for tests: kSeveralAddresses is ::1, where there is no sshd, and 127.0.0.1.
inline constexpr const char* kSeveralAddresses = "several.test";
inline constexpr const char* kUnknownName = "unknown.invalid";

/// The command's standard output; fails the test if it does not exit with 0.
std::string run_command(const std::string& command);

}  // namespace tunnel::transport
