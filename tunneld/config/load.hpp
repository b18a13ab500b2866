#pragma once

#include "tunneld/config/parse.hpp"

#include <filesystem>

namespace tunnel::config {

/// Reads tunneld.toml and sites/*.toml of `directory` (dot files and other names are none of
/// ours), and parse()s them. A directory that anyone may write to is a diagnostic, as is a file
/// that cannot be read. Diagnostics name files as paths that begin with `directory`.
Loaded load(const std::filesystem::path& directory);

/// For `tunnelctl check FILE`: one profile alone, or one tunneld.toml. Relative paths in a profile
/// are relative to the parent of the folder `sites`, or to the profile's own folder elsewhere.
Loaded check_file(const std::filesystem::path& file);

}  // namespace tunnel::config
