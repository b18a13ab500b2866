#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/ipc/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tunnel::bridge {

/// `pppd-bridge dial SITE --supervisor FD [--small-segments]`: started by tunneld.
struct DialOptions {
  SiteName site;
  int supervisor = -1;
  bool small_segments = false;
};

/// `pppd-bridge answer SITE`: sshd's forced command.
struct AnswerOptions {
  SiteName site;
  std::string key;                   // fingerprint of the key that opened the session, from sshd
  std::vector<std::uint8_t> ticket;  // for the claim, from the forced command; secret
  std::string socket;                // bridge.sock
};

/// `pppd-bridge stdio …`: one PPP end by itself.
struct StdioOptions {
  ipc::Ppp ppp;  // as a profile's; auth.name is ours
  std::optional<InterfaceName> interface;
  std::vector<Prefix> networks;  // accepted sources; empty: all
  std::string peer_name;         // that the peer must prove
  std::string secret_file;       // ours; empty: none
  std::string peer_secret_file;  // the peer's, likewise
  bool encrypted = false;        // nobody reads standard input and output on their way
  bool debug = false;
};

using Options = std::variant<DialOptions, AnswerOptions, StdioOptions>;

/// The options, or the status to exit with: what was wrong, or the help that was asked for, has
/// been printed.
std::variant<Options, int> parse_options(int argc, char** argv);

}  // namespace tunnel::bridge
