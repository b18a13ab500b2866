#include "tunneld/supervisor/lease_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace tunnel::supervisor {

namespace {

bool holds(const config::Pool& pool, Ipv4Address address) {
  return std::any_of(pool.addresses.begin(), pool.addresses.end(), [&](const auto& range) {
    return range.first <= address && address <= range.last;
  });
}

std::size_t size(const config::Pool& pool) {
  std::size_t count = 0;
  for (const auto& range : pool.addresses) {
    count += std::size_t{range.last.value} - range.first.value + 1;
  }
  return count;
}

/// "the only address of the pool "roaming" is", "all 3 addresses of the pool "roaming" are".
std::string all_of(const config::Pool& pool) {
  const auto count = size(pool);
  return count == 1 ? fmt::format("the only address of the pool \"{}\" is", pool.name)
                    : fmt::format("all {} addresses of the pool \"{}\" are", count, pool.name);
}

}  // namespace

void LeaseTable::set_pools(std::vector<config::Pool> pools) {
  pools_ = std::move(pools);
  std::erase_if(leases_, [&](const auto& entry) {
    return entry.second.unused_since && !in_some_pool(entry.second.address);
  });
}

void LeaseTable::restore(const SiteName& site, Lease lease) {
  const auto taken = [&](const auto& entry) { return entry.second.address == lease.address; };
  if (!in_some_pool(lease.address)) return;
  if (std::any_of(leases_.begin(), leases_.end(), taken)) return;
  leases_.try_emplace(site, std::move(lease));
}

Result<Ipv4Address> LeaseTable::assign(const SiteName& site, std::string_view pool,
                                       audit::WallTime now) {
  const auto* from = pool_named(pool);
  if (from == nullptr) {
    return make_error(std::errc::invalid_argument, fmt::format("there is no pool \"{}\"", pool));
  }
  const auto own = leases_.find(site);
  if (own != leases_.end() && holds(*from, own->second.address)) {
    own->second.pool = from->name;
    own->second.unused_since.reset();
    return own->second.address;
  }
  auto address = free_address(*from);
  if (!address) {
    const auto loser = longest_unused(*from);
    if (!loser) {
      return make_error(
          std::errc::address_not_available,
          fmt::format("{} in use: give it more in tunneld.toml, or take a link down (tunnelctl "
                      "leases shows them)",
                      all_of(*from)));
    }
    address = leases_.at(*loser).address;
    leases_.erase(*loser);
  }
  leases_.insert_or_assign(site,
                           Lease{.pool = from->name, .address = *address, .first_given = now});
  return *address;
}

bool LeaseTable::release(const SiteName& site, audit::WallTime now) {
  const auto found = leases_.find(site);
  if (found == leases_.end() || found->second.unused_since) return false;
  if (in_some_pool(found->second.address)) {
    found->second.unused_since = now;
  } else {
    leases_.erase(found);
  }
  return true;
}

const Lease* LeaseTable::find(const SiteName& site) const {
  const auto found = leases_.find(site);
  return found == leases_.end() ? nullptr : &found->second;
}

const config::Pool* LeaseTable::pool_named(std::string_view name) const {
  const auto found = std::find_if(pools_.begin(), pools_.end(),
                                  [&](const auto& pool) { return pool.name == name; });
  return found == pools_.end() ? nullptr : &*found;
}

bool LeaseTable::in_some_pool(Ipv4Address address) const {
  return std::any_of(pools_.begin(), pools_.end(),
                     [&](const auto& pool) { return holds(pool, address); });
}

std::optional<Ipv4Address> LeaseTable::free_address(const config::Pool& pool) const {
  std::set<Ipv4Address> taken;
  for (const auto& [site, lease] : leases_) taken.insert(lease.address);
  for (const auto& range : pool.addresses) {
    // Ranges end far below the highest address, so that this cannot go round.
    for (auto address = range.first; address <= range.last; ++address.value) {
      if (!taken.contains(address)) return address;
    }
  }
  return std::nullopt;
}

std::optional<SiteName> LeaseTable::longest_unused(const config::Pool& pool) const {
  const std::pair<const SiteName, Lease>* longest = nullptr;
  for (const auto& entry : leases_) {
    const auto& lease = entry.second;
    if (!lease.unused_since || !holds(pool, lease.address)) continue;
    if (longest == nullptr || *lease.unused_since < *longest->second.unused_since) {
      longest = &entry;
    }
  }
  return longest == nullptr ? std::nullopt : std::optional{longest->first};
}

}  // namespace tunnel::supervisor
