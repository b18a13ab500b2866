#pragma once

#include "tunneld/audit/log_line.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/supervisor/state_file.hpp"

#include <filesystem>
#include <map>
#include <optional>

namespace tunnel::supervisor {

/// What `tunnelctl status` still knows of a site after a restart of tunneld.
struct KeptHistory {
  unsigned established = 0;
  std::optional<audit::WallTime> first_established{};
  bool operator==(const KeptHistory&) const = default;
};

/// links.json in the state directory. A file that cannot be read costs the history, never a link.
class HistoryStore {
 public:
  explicit HistoryStore(std::filesystem::path file);

  /// Reads the file; no file is no error. Entries that make no sense are left out.
  Result<void> load();

  KeptHistory get(const SiteName& site) const;

  /// Keeps it, and writes the file.
  Result<void> put(const SiteName& site, const KeptHistory& history);

 private:
  Result<void> save() const;

  StateFile file_;
  std::map<SiteName, KeptHistory> sites_;
};

}  // namespace tunnel::supervisor
