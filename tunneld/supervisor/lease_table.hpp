#pragma once

#include "tunneld/audit/log_line.hpp"
#include "tunneld/base/address.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/config/configuration.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::supervisor {

/// An address of a pool that a site's peer has, or had last.
struct Lease {
  std::string pool;
  Ipv4Address address;
  audit::WallTime first_given;                       // to this site
  std::optional<audit::WallTime> unused_since = {};  // nothing: the site uses it now

  bool operator==(const Lease&) const = default;
};

/// Who has which address of the pools. A site has one lease, which it keeps for as long as nobody
/// needs the address more: also over reconnects, restarts of tunneld and changes of the pools.
/// Pure: it knows no clock and no file.
class LeaseTable {
 public:
  /// The pools from now on. A lease whose address is in no pool any more is dropped; that of a site
  /// which uses it, when the site releases it.
  void set_pools(std::vector<config::Pool> pools);

  /// A lease of an earlier table. It is left out if its address is in no pool, or is another's, or
  /// if the site has one already.
  void restore(const SiteName& site, Lease lease);

  /// An address of the pool for the site, which uses it from now on: the same as before if that is
  /// of this pool; or else the lowest that nobody has; or else the one that is not in use for the
  /// longest time, which its site loses. Fails when every address is in use, or there is no such
  /// pool; the error is a sentence.
  Result<Ipv4Address> assign(const SiteName& site, std::string_view pool, audit::WallTime now);

  /// The site no longer uses its address; a site without one, or that does not, is left alone.
  /// Returns whether that changed anything.
  bool release(const SiteName& site, audit::WallTime now);

  /// nullptr: it has none.
  const Lease* find(const SiteName& site) const;

  const std::map<SiteName, Lease>& leases() const noexcept { return leases_; }

 private:
  const config::Pool* pool_named(std::string_view name) const;
  bool in_some_pool(Ipv4Address address) const;
  std::optional<Ipv4Address> free_address(const config::Pool& pool) const;
  std::optional<SiteName> longest_unused(const config::Pool& pool) const;

  std::vector<config::Pool> pools_;
  std::map<SiteName, Lease> leases_;
};

}  // namespace tunnel::supervisor
