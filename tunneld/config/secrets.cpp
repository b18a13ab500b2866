#include "tunneld/config/secrets.hpp"

#include <utility>

namespace tunnel::config {

void Secrets::add(std::string name, Secret secret) {
  common_.insert_or_assign(std::move(name), std::move(secret));
}

void Secrets::add(const SiteName& site, std::string name, Secret secret) {
  sites_[site].insert_or_assign(std::move(name), std::move(secret));
}

const Secret* Secrets::find(const SiteName& site, std::string_view name) const {
  const auto in = [&](const ByName& names) -> const Secret* {
    const auto found = names.find(name);
    return found == names.end() ? nullptr : &found->second;
  };
  const auto own = sites_.find(site);
  const auto* secret = own == sites_.end() ? nullptr : in(own->second);
  return secret != nullptr ? secret : in(common_);
}

bool Secrets::same_in(const Secrets& other, const SiteName& site, std::string_view name) const {
  const auto* here = find(site, name);
  const auto* there = other.find(site, name);
  if (here == nullptr || there == nullptr) return here == there;
  return constant_time_equal(here->reveal(), there->reveal());
}

}  // namespace tunnel::config
