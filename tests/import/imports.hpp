#pragma once

#include "tests/import/fake_tree.hpp"
#include "tunneld/config/parse.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tunnel::importer {

inline constexpr auto kConf = "/etc/ppp/ppp.conf";

/// The same, of files that can be imported.
inline Imported imported(std::map<std::string, std::string> files) {
  auto result = import_files(std::move(files));
  EXPECT_TRUE(result) << result.error().message();
  if (!result) return {};
  return *std::move(result);
}

/// One link that dials, with further lines.
inline Imported link(const std::string& lines, std::map<std::string, std::string> more = {}) {
  more[kConf] = "labs:\n set device \"!ssh gate.example\"\n" + lines;
  return imported(std::move(more));
}

/// The profiles as tunneld reads them, with keys that are there.
inline config::Loaded parse(const Imported& all) {
  static const config::Facts kFacts{
      .host_name = "talisker",
      .directory = "/etc/tunneld",
      .file = [](const auto&) { return config::FileFacts{}; },
      .key =
          [](const auto&) {
            return config::KeyFacts{{}, {config::KeyKind::Ed25519, config::Passphrase::None}};
          }};
  std::vector<config::SourceFile> sites;
  for (const auto& site : all.sites) {
    const auto file = "sites/" + site.name.str() + ".toml";
    sites.push_back({file, text_of(all, file), {}});
  }
  return config::parse({"tunneld.toml", "", {}}, sites, kFacts);
}

/// What tunneld finds wrong about them.
inline std::vector<std::string> mistakes(const Imported& all) {
  std::vector<std::string> texts;
  for (const auto& mistake : parse(all).diagnostics) {
    texts.push_back(mistake.file + ": " + mistake.message);
  }
  return texts;
}

}  // namespace tunnel::importer
