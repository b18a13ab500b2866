#pragma once

#include "tunneld/import/findings.hpp"
#include "tunneld/import/tree.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::importer {

/// What a known_hosts says about one host.
struct HostKeys {
  std::vector<std::string> usable{};  // "ssh-ed25519 AAAA...", as a profile pins them
  bool others = false;                // keys of types that are not pinned, such as RSA
  bool hashed = false;                // the file has names that cannot be read: they may be its
};

/// The keys of a host at a port in known_hosts, sshd(8). Revoked keys and authorities are none.
HostKeys keys_of_host(std::string_view known_hosts, const std::string& host,
                      const std::string& port);

/// A key of authorized_keys that ran `ppp -direct LABEL`.
struct DirectKey {
  std::string label{};
  std::string key{};                // "ssh-ed25519 AAAA... comment", as a profile has it
  std::vector<std::string> from{};  // "192.0.2.0/24"
  Place where{};
};

/// Reads an authorized_keys. Keys without such a command have nothing to do with a link and are
/// passed over; keys that a profile cannot have, and hosts in from="" that are no networks, go to
/// the list.
std::vector<DirectKey> parse_authorized_keys(const OldFile& file, Findings& findings);

}  // namespace tunnel::importer
