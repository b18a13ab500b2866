#pragma once

#include "tunneld/base/secret.hpp"
#include "tunneld/import/findings.hpp"
#include "tunneld/import/tree.hpp"

#include <string>
#include <vector>

namespace tunnel::importer {

/// A line of ppp.secret: who may prove to be whom.
struct PppSecret {
  std::string name{};
  Secret secret{};
  std::string address{};  // that the peer was given; empty: none
  Place where{};
};

/// Reads ppp.secret. What cannot be a secret of ours goes to the list; no secret does.
std::vector<PppSecret> parse_ppp_secret(const OldFile& file, Findings& findings);

/// Whether secrets.toml can hold it: a name and a secret of 1 to 255 bytes without control
/// characters.
bool can_be_secret(std::string_view name, std::string_view secret);

}  // namespace tunnel::importer
