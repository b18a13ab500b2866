#pragma once

#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <filesystem>
#include <vector>

namespace tunnel::supervisor {

/// RUNTIME_DIR/bridges: for each bridge a socket, by which the next tunneld finds it again.
///
/// tunneld makes the socket and binds it to the name of the site; the bridge, which is handed the
/// descriptor with its settings, listens. So only who was given a site's link can be adopted with
/// it; the bridge makes no socket; the kernel tells the next tunneld who listens (listen(2) leaves
/// the caller's credentials for SO_PEERCRED); and as nobody else has the descriptor, a socket on
/// which nobody listens has no bridge any more. Nobody but tunneld's account gets into the folder.
class BridgeSockets {
 public:
  /// Makes the folder; one of somebody else's is an error.
  static Result<BridgeSockets> open(std::filesystem::path folder);

  /// A bound socket for a site's new bridge. An earlier bridge of the site cannot be found any
  /// more.
  Result<UniqueFd> make(const SiteName& site) const;

  /// Connects to a site's bridge: std::errc::no_such_file_or_directory or connection_refused where
  /// there is none.
  Result<UniqueFd> call(const SiteName& site) const;

  /// Forgets a bridge that has ended.
  void remove(const SiteName& site) const;

  /// The sites of which there is a socket, whether somebody listens or not.
  std::vector<SiteName> sites() const;

 private:
  explicit BridgeSockets(std::filesystem::path folder) noexcept : folder_{std::move(folder)} {}

  std::filesystem::path folder_;
};

}  // namespace tunnel::supervisor
