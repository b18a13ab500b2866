#pragma once

#include "tunneld/supervisor/lease_table.hpp"
#include "tunneld/supervisor/state_file.hpp"

#include <filesystem>
#include <functional>

namespace tunnel::supervisor {

/// The leases, and leases.json in the state directory, which is written whenever they change. A
/// file that cannot be read or written costs peers their addresses after the next start, never a
/// link.
class LeaseStore {
 public:
  /// `complain` is told when the file cannot be written.
  LeaseStore(std::filesystem::path file, std::function<void(const Error&)> complain);

  /// Reads the file, after the pools have been set; no file is no error. Entries that make no sense
  /// are left out. A lease that was in use still is: its link may go on without tunneld, and
  /// whoever knows that it does not releases it.
  Result<void> load();

  /// As LeaseTable has them.
  void set_pools(std::vector<config::Pool> pools);
  Result<Ipv4Address> assign(const SiteName& site, std::string_view pool, audit::WallTime now);
  void release(const SiteName& site, audit::WallTime now);

  const LeaseTable& table() const noexcept { return table_; }

 private:
  /// Writes the file if the leases are others than those.
  void save_unless(const std::map<SiteName, Lease>& before) const;
  Result<void> save() const;

  StateFile file_;
  std::function<void(const Error&)> complain_;
  LeaseTable table_;
};

}  // namespace tunnel::supervisor
