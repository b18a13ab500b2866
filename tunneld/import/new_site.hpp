#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/secret.hpp"
#include "tunneld/import/findings.hpp"
#include "tunneld/import/link.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tunnel::importer {

/// A profile to be: every value is one that tunneld takes. What is empty, and required, is left to
/// be filled in.
struct NewSite {
  SiteName name{};
  std::string label{};  // of the section it was
  Place where{};
  bool dials = true;
  bool autostart = true;

  // [ssh], when it dials: the key is keys/NAME
  std::string host{};
  std::uint16_t port = 22;
  std::string user{};
  std::vector<std::string> host_keys{};
  // when it answers
  std::vector<std::string> authorized_keys{};
  std::vector<std::string> from{};

  // [ppp]
  std::string interface {};
  std::string local{};
  std::string remote{};
  std::vector<std::string> pool{};  // instead of `remote`
  std::string ident{};
  std::optional<std::int64_t> mru{};
  std::optional<std::int64_t> accm{};
  std::string echo_interval{};
  std::vector<std::string> dns{};
  std::vector<std::string> nbns{};
  std::vector<std::pair<std::string, std::string>> options{};  // "pfc", "deny"

  // [ppp.auth]
  std::vector<std::string> require{};
  std::string peer{};
  std::string own_name{};
  std::vector<std::string> accept{};
  Secret secret{};  // of own_name at this site; empty: none

  std::vector<Prefix> networks{};

  // [reconnect]
  std::string longest_pause{};
  std::optional<std::int64_t> attempts{};
};

/// [ppp] local, remote and pool, of `set ifaddr`.
void translate_addresses(const Link& link, NewSite& site, Findings& findings);
/// [routes], of `add`. The addresses are there.
void translate_routes(const Link& link, NewSite& site, Findings& findings);
/// A network that rc.conf or ppp.conf routes into the tunnel.
void add_network(const std::string& text, const Place& where, NewSite& site, Findings& findings);
/// The rest of [ppp] and [reconnect].
void translate_ppp(const Link& link, NewSite& site, Findings& findings);
/// [ppp.auth], but for `peer`.
void translate_auth(const Link& link, NewSite& site, Findings& findings);
/// Host, port and user of [ssh].
void translate_ssh(const Link& link, NewSite& site, Findings& findings);

/// "255.255.255.0" as 24; nullopt: it is no mask.
std::optional<unsigned> length_of_mask(const std::string& mask);

/// A decimal number; nullopt: it is none, or longer than nine digits.
std::optional<std::int64_t> decimal(const std::string& text);

}  // namespace tunnel::importer
