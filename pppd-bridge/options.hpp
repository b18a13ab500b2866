#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/identifiers.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tunnel::bridge {

/// `pppd-bridge dial SITE --supervisor FD`: started by tunneld.
struct DialOptions {
  SiteName site;
  int supervisor = -1;
};

/// `pppd-bridge answer SITE`: sshd's forced command.
struct AnswerOptions {
  SiteName site;
  std::string key;     // fingerprint of the key that opened the session, from sshd
  std::string socket;  // bridge.sock
};

/// `pppd-bridge stdio …`: one PPP end by itself.
struct StdioOptions {
  Ipv4Address local;
  Ipv4Address remote;
  std::optional<InterfaceName> interface;
  Mru mru;
  std::string ident;
  std::vector<Prefix> networks;  // accepted sources; empty: all
  bool debug = false;
};

using Options = std::variant<DialOptions, AnswerOptions, StdioOptions>;

/// The options, or the status to exit with: what was wrong, or the help that was asked for, has
/// been printed.
std::variant<Options, int> parse_options(int argc, char** argv);

}  // namespace tunnel::bridge
