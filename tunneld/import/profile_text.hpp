#pragma once

#include "tunneld/import/new_site.hpp"
#include "tunneld/import/ppp_secret.hpp"

#include <string>
#include <vector>

namespace tunnel::importer {

/// sites/NAME.toml. What is required and empty is a remark at its place, and on the list.
std::string profile_text(const NewSite& site, Findings& findings);

/// What goes into tunneld.toml.
struct NewGateway {
  std::string name{};
  bool forwards = true;
  bool has_rules = false;
  bool has_nat = false;
  /// FreeBSD had the rules, and did not load them: they are written, and not named.
  bool rules_off = false;
  bool nat_off = false;
};

std::string gateway_text(const NewGateway& gateway, const std::vector<NewSite>& sites);

/// secrets.toml; empty: there is no secret.
Secret secrets_text(const std::vector<PppSecret>& secrets, const std::vector<NewSite>& sites);

}  // namespace tunnel::importer
