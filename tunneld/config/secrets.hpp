#pragma once

#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/secret.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace tunnel::config {

/// secrets.toml: what PPP names prove themselves with. It is no part of the configuration, for that
/// is compared, copied and shown; secrets are moved, asked for one by one, and wiped.
class Secrets {
 public:
  void add(std::string name, Secret secret);
  void add(const SiteName& site, std::string name, Secret secret);

  /// The secret of a name at a site: the site's own, or else the one for every site; nullptr when
  /// there is neither. It lives as long as this object is neither changed nor moved.
  const Secret* find(const SiteName& site, std::string_view name) const;

  /// Whether a name proves itself at a site with the same secret in both; without one in both, too.
  bool same_in(const Secrets& other, const SiteName& site, std::string_view name) const;

 private:
  using ByName = std::map<std::string, Secret, std::less<>>;

  ByName common_;
  std::map<SiteName, ByName> sites_;
};

}  // namespace tunnel::config
