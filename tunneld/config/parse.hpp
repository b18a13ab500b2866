#pragma once

#include "tunneld/base/diagnostic.hpp"
#include "tunneld/config/configuration.hpp"
#include "tunneld/config/private_key.hpp"
#include "tunneld/config/secrets.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace tunnel::config {

/// Whom a file belongs to: root or the account of tunneld, or somebody else.
enum class Owner : std::uint8_t { Trusted, Other };

/// What the file system says about a file: its permission bits, or why it has nothing to say.
struct FileFacts {
  std::error_code error{};
  mode_t mode = 0600;
  Owner owner = Owner::Trusted;
};

/// The same of a private key, and what is in it.
struct KeyFacts {
  FileFacts file{};
  KeyProperties properties{};
};

/// A configuration file in memory. `name` is what diagnostics call it; a site is called after its
/// stem. With an error in `facts`, the text is empty and the error is reported.
struct SourceFile {
  std::string name;
  std::string text;
  FileFacts facts{};
};

/// All that is needed to know of the machine, so that parsing itself touches nothing of it.
struct Facts {
  std::string host_name;
  /// What relative paths in profiles are relative to: the configuration directory, absolute.
  std::filesystem::path directory;
  std::function<FileFacts(const std::filesystem::path&)> file;
  std::function<KeyFacts(const std::filesystem::path&)> key;
  /// Where the secrets that a profile needs must be; nullptr: not to be looked at.
  const Secrets* secrets = nullptr;
  /// Whether an interface of that name is there, and is somebody else's; empty: not to be asked.
  std::function<bool(const InterfaceName&)> taken{};
  /// What there is in a folder, for a name that is not there; may be empty.
  std::function<std::vector<std::string>(const std::filesystem::path&)> names{};
};

/// Whether the secrets of a configuration could be looked at by whoever looked at the rest.
enum class SecretsChecked : std::uint8_t { No, Yes };

/// A configuration, when there is no diagnostic; else all that is wrong, in the order of the
/// files and of the lines in each. The secrets beside it are only load()'s to read.
struct Loaded {
  std::optional<Configuration> configuration{};
  std::vector<Diagnostic> diagnostics{};
  Secrets secrets{};
  SecretsChecked secrets_checked = SecretsChecked::No;
  /// Files that whoever looked may not read. Each is in a diagnostic, too.
  std::vector<std::filesystem::path> closed{};
};

/// Parses and validates a whole configuration: each file alone, and the sites against each other.
/// Pure, given pure functions in `facts`.
Loaded parse(const SourceFile& gateway, std::span<const SourceFile> sites, const Facts& facts);

/// The same for one file alone: a gateway's if it is called tunneld.toml, or has [gateway],
/// [pools], [filter] or [metrics] and no [site]; else a profile, whose gateway is the default one.
Loaded parse_alone(const SourceFile& file, const Facts& facts);

}  // namespace tunnel::config
