#pragma once

#include "tunneld/base/result.hpp"
#include "tunneld/supervisor/state_file.hpp"

#include <filesystem>
#include <string>

namespace tunnel::supervisor {

/// Puts the packet filter of a configuration in force without a daemon: at boot, before there is a
/// network. Where the configuration or its rules have mistakes now (a name that nobody can look up
/// yet is one), what the daemon last had in force is put in force instead.
///
/// Returns a sentence about what was done, with the mistakes; the error is that nothing could be.
Result<std::string> put_filter_in_force(const std::filesystem::path& config_dir);

/// The commands that put the last policy in force.
StateFile saved_filter(const std::filesystem::path& state_dir);

}  // namespace tunnel::supervisor
