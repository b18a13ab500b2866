#pragma once

#include "tunneld/config/parse.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>

namespace tunnel::config {

/// Who needs the secrets: the daemon cannot do without those of a file that is there; an
/// administrator who checks a directory need not be allowed to read them; and whoever has no use
/// for them does not read them.
enum class SecretsWanted : std::uint8_t { Yes, IfReadable, No };

/// Reads tunneld.toml, secrets.toml and sites/*.toml of `directory` (dot files and other names are
/// none of ours), and parse()s them. A directory that anyone may write to is a diagnostic, as is a
/// file that cannot be read. Diagnostics name files as paths that begin with `directory`.
/// `taken` is Facts::taken.
Loaded load(const std::filesystem::path& directory, SecretsWanted secrets = SecretsWanted::Yes,
            std::function<bool(const InterfaceName&)> taken = {});

/// For `tunnelctl check FILE`: one profile, one tunneld.toml or one secrets.toml alone. Relative
/// paths in a profile are relative to the parent of the folder `sites`, or to the profile's own
/// folder elsewhere.
Loaded check_file(const std::filesystem::path& file);

}  // namespace tunnel::config
