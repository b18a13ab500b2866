// The configuration: a gateway's file, sites and secrets. What is wrong is told with its place, and
// no diagnostic has a secret in it.
//
// The octets are the files one after the other, each behind a line "== NAME"; what stands before
// the first of those is tunneld.toml.

#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"
#include "tunneld/base/text.hpp"
#include "tunneld/config/parse.hpp"
#include "tunneld/config/secrets_file.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::config {
namespace {

/// Stands in corpora where a secret does; mutations of it are none of our business.
constexpr std::string_view kSecret = "Xyzzy-Plugh-4711";

struct Files {
  explicit Files(std::string_view text) {
    SourceFile* file = &gateway;
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
      const auto line = text.substr(0, end);
      text.remove_prefix(end);
      if (!line.starts_with("== ")) {
        file->text += line;
        continue;
      }
      const std::string name{line.substr(3, line.find('\n') - 3)};
      if (name == "secrets.toml") {
        file = &secrets;
      } else {
        file = site("sites/" + name);
        if (file == nullptr) return;
      }
    }
  }

  const SourceFile& named(const std::string& name) const {
    if (name == secrets.name) return secrets;
    const auto found = std::find_if(sites.begin(), sites.end(),
                                    [&](const SourceFile& file) { return file.name == name; });
    return found == sites.end() ? gateway : *found;
  }

  /// That one, or another one, as long as there is room: pointers to them are kept.
  SourceFile* site(const std::string& name) {
    constexpr std::size_t kMost = 16;
    sites.reserve(kMost);
    const auto found = std::find_if(sites.begin(), sites.end(),
                                    [&](const SourceFile& file) { return file.name == name; });
    if (found != sites.end()) return &*found;
    if (sites.size() == kMost) return nullptr;
    return &sites.emplace_back(SourceFile{name, {}, {}});
  }

  SourceFile gateway{"tunneld.toml", {}, {}};
  SourceFile secrets{"secrets.toml", {}, {}};
  std::vector<SourceFile> sites;
};

/// A machine on which every file and every key is there, and as it should be.
Facts make_facts() {
  return {"talisker", "/etc/tunneld", [](const auto&) { return FileFacts{}; },
          [](const auto&) {
            return KeyFacts{{}, {KeyKind::Ed25519, Passphrase::None}};
          }};
}

void check_mistakes(const Files& files, const std::vector<Diagnostic>& mistakes) {
  for (const auto& mistake : mistakes) {
    const auto& text = files.named(mistake.file).text;
    const auto lines = static_cast<unsigned>(std::count(text.begin(), text.end(), '\n')) + 1;
    TUNNEL_CHECK(mistake.line <= lines);
    TUNNEL_CHECK(mistake.line == 0 || mistake.last_column > mistake.first_column);
    TUNNEL_CHECK(!mistake.message.empty());
    TUNNEL_CHECK(!has_control_character(mistake.message) && !has_control_character(mistake.hint));
    TUNNEL_CHECK(!explain(mistake).empty());
  }
}

void check_secrets(const Files& files, const std::vector<SiteName>& sites) {
  const auto& text = files.secrets.text;
  const auto loaded =
      parse_secrets({files.secrets.name, Secret{{text.begin(), text.end()}}, {}}, &sites);
  check_mistakes(files, loaded.diagnostics);
  for (const auto& mistake : loaded.diagnostics) {
    // Only the value of a key is a secret: the rest of the file may be shown.
    const auto at = text.find("= \"" + std::string{kSecret} + '"');
    if (at == std::string::npos || text.find(kSecret, at + kSecret.size()) != std::string::npos) {
      continue;
    }
    if (text.find(kSecret) < at) continue;
    TUNNEL_CHECK(explain(mistake).find(kSecret) == std::string::npos);
  }
}

void check(std::string_view text) {
  const Files files{text};
  const auto facts = make_facts();
  const auto loaded = parse(files.gateway, files.sites, facts);
  TUNNEL_CHECK(loaded.configuration.has_value() == loaded.diagnostics.empty());
  check_mistakes(files, loaded.diagnostics);
  std::vector<SiteName> sites;
  if (loaded.configuration) {
    for (const auto& site : loaded.configuration->sites) sites.push_back(site.name);
    TUNNEL_CHECK(sites.size() == files.sites.size());
  }
  for (const auto& file : files.sites) {
    check_mistakes(files, parse_alone(file, facts).diagnostics);
  }
  check_secrets(files, sites);
}

}  // namespace
}  // namespace tunnel::config

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tunnel::config::check(std::string(data, data + size));
  return 0;
}
