#pragma once

#include "tunneld/base/secret.hpp"
#include "tunneld/import/findings.hpp"
#include "tunneld/import/link.hpp"
#include "tunneld/import/new_site.hpp"
#include "tunneld/import/ssh_files.hpp"
#include "tunneld/import/tree.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tunnel::importer {

/// Pins what the old gateway's known_hosts has of the far one.
void take_host_keys(const Tree& tree, const Link& link, NewSite& site, Findings& findings);

/// The private key that ssh was given, or would have tried first; nullopt where there is none that
/// tunneld can use: the list says how to make one.
std::optional<Secret> take_identity(const Tree& tree, const Link& link, const NewSite& site,
                                    const std::string& directory, Findings& findings);

/// The keys of every account that could run `ppp -direct`.
std::vector<DirectKey> direct_keys(const Tree& tree, Findings& findings);

}  // namespace tunnel::importer
