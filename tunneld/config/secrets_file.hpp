#pragma once

#include "tunneld/base/diagnostic.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/secret.hpp"
#include "tunneld/config/parse.hpp"
#include "tunneld/config/secrets.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tunnel::config {

/// The file in memory. With an error in `facts`, the text is empty and the error is reported, but
/// for that of a file that is not there: then there are no secrets.
struct SecretsFile {
  std::string name;
  Secret text;
  FileFacts facts{};
};

/// All secrets, or all that is wrong with the file.
struct LoadedSecrets {
  Secrets secrets{};
  std::vector<Diagnostic> diagnostics{};
};

/// Parses and validates a secrets.toml. `sites` are the sites there are, for [sites.NAME]; nullptr:
/// unknown. No diagnostic shows a secret, or how long it is: of a line of the file, only a table's
/// name or the part up to the equals sign is shown.
LoadedSecrets parse_secrets(const SecretsFile& file, const std::vector<SiteName>* sites);

/// Whether a file that is called otherwise holds secrets all the same, even if it is no TOML: it
/// must not be read, and quoted, as anything else.
bool looks_like_secrets(const SourceFile& file);

/// The text with everything in it made unreadable that may be a secret, line by line.
std::string masked(std::string_view text);

}  // namespace tunnel::config
