#pragma once

#include "tests/filter/fake_names.hpp"
#include "tunneld/base/check.hpp"
#include "tunneld/import/importer.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace tunnel::importer {

/// A gateway in memory: its files by their absolute paths, which are their names without the slash.
class FakeTree final : public Tree {
 public:
  explicit FakeTree(std::map<std::string, std::string> files) : files_{std::move(files)} {}

  /// The text of a file that cannot be read.
  static constexpr const char* kUnreadable = "unreadable";

  std::optional<OldFile> find(const std::string& path) const override {
    const auto found = files_.find(path);
    if (found == files_.end()) return std::nullopt;
    if (found->second == kUnreadable) {
      return OldFile{path.substr(1), {}, make_error_code(std::errc::permission_denied)};
    }
    return OldFile{path.substr(1), found->second, {}};
  }

 private:
  std::map<std::string, std::string> files_;
};

/// What importing these files comes to.
inline Result<Imported> import_files(std::map<std::string, std::string> files) {
  const filter::test::FakeNames names;
  return import_freebsd(FakeTree{std::move(files)}, names, "new");
}

inline std::string text_of(const Imported& imported, const std::string& path) {
  const auto found = std::find_if(imported.files.begin(), imported.files.end(),
                                  [&](const NewFile& file) { return file.path == path; });
  if (found == imported.files.end()) return {};
  const auto octets = found->text.reveal();
  return {octets.begin(), octets.end()};
}

/// "etc/ppp/ppp.conf:3,4: what", for each.
inline std::vector<std::string> listed(const Imported& imported, Attention attention) {
  std::vector<std::string> all;
  for (const auto& finding : imported.findings.sorted()) {
    if (finding.attention != attention) continue;
    auto text = finding.file;
    for (std::size_t at = 0; at < finding.lines.size(); ++at) {
      text += (at == 0 ? ":" : ",") + std::to_string(finding.lines[at]);
    }
    all.push_back(text + ": " + finding.what);
  }
  return all;
}

}  // namespace tunnel::importer
