// The files of a FreeBSD gateway: whatever they say, what comes of them is TOML, the copies of
// rules have no mistake, and what is told can be shown.
//
// The octets are the files one after the other, each behind a line "== PATH".

#include "filter/language/policy_parser.hpp"
#include "tests/filter/fake_names.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"
#include "tunneld/base/text.hpp"
#include "tunneld/config/document.hpp"
#include "tunneld/import/importer.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

namespace tunnel::importer {
namespace {

using filter::language::PolicySource;

class FuzzTree final : public Tree {
 public:
  explicit FuzzTree(std::string_view text) {
    std::string path = "/etc/ppp/ppp.conf";
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
      const auto line = text.substr(0, end);
      text.remove_prefix(end);
      if (line.starts_with("== ")) {
        path = line.substr(3, line.find('\n') - 3);
      } else {
        files_[path] += line;
      }
    }
  }

  std::optional<OldFile> find(const std::string& path) const override {
    const auto found = files_.find(path);
    if (found == files_.end()) return std::nullopt;
    return OldFile{path, found->second, {}};
  }

 private:
  std::map<std::string, std::string> files_;
};

void check_file(const std::string& path, const std::string& text) {
  const filter::test::FakeNames names;
  const auto rules = [&](PolicySource::Language language) {
    return filter::language::parse_policy({{language, path, text, {}}}, names);
  };
  if (path.ends_with(".toml")) {
    TUNNEL_CHECK(!config::parse_document(text).error);
  } else if (path == "ipf.rules") {
    TUNNEL_CHECK(rules(PolicySource::Language::Ipf).mistakes.empty());
  } else if (path == "ipnat.rules") {
    TUNNEL_CHECK(rules(PolicySource::Language::Ipnat).mistakes.empty());
  }
}

void check(std::string_view text) {
  const filter::test::FakeNames names;
  const auto imported = import_freebsd(FuzzTree{text}, names, "new");
  if (!imported) {
    TUNNEL_CHECK(!imported.error().context.empty());
    return;
  }
  for (const auto& file : imported->files) {
    const auto octets = file.text.reveal();
    check_file(file.path, {octets.begin(), octets.end()});
  }
  for (const auto& finding : imported->findings.sorted()) {
    TUNNEL_CHECK(!finding.what.empty() && !finding.advice.empty());
    TUNNEL_CHECK(printable(finding.what) == finding.what);
    TUNNEL_CHECK(printable(finding.advice) == finding.advice);
  }
}

}  // namespace
}  // namespace tunnel::importer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tunnel::importer::check(std::string(data, data + size));
  return 0;
}
