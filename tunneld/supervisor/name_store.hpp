#pragma once

#include "tunneld/base/result.hpp"
#include "tunneld/config/configuration.hpp"
#include "tunneld/policy/policy.hpp"
#include "tunneld/supervisor/state_file.hpp"

#include <filesystem>

namespace tunnel::supervisor {

/// names.json in the state directory: the addresses that names of hosts in the rules had when these
/// came into force.
class NameStore {
 public:
  explicit NameStore(const std::filesystem::path& state_dir);

  /// Nothing where the file is not there, or says nothing that makes sense.
  policy::KnownNames::Addresses load() const;

  Result<void> save(const policy::KnownNames::Addresses& addresses) const;

 private:
  StateFile file_;
};

/// The policy of a configuration, with the names that are kept there where nobody can look them up.
policy::Loaded load_policy(const config::Configuration& configuration);

}  // namespace tunnel::supervisor
