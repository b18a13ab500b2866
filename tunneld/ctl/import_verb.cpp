// The verb `import freebsd`: a gateway's old files become a configuration, without a daemon.

#include "filter/language/system_names.hpp"
#include "tunneld/ctl/document.hpp"
#include "tunneld/ctl/units.hpp"
#include "tunneld/ctl/verbs.hpp"
#include "tunneld/import/folder_tree.hpp"
#include "tunneld/import/output_folder.hpp"

#include <boost/json/array.hpp>

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace tunnel::ctl {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

using importer::Attention;
using importer::Finding;
using importer::Imported;
using importer::NewSite;

constexpr const char* kUsualFolder = "tunneld-import";

/// tunneld's own account, where root can give files to it.
std::optional<importer::Account> account_of_tunneld() {
  if (::geteuid() != 0) return std::nullopt;
  const auto* account = ::getpwnam(config::Gateway{}.user.c_str());
  if (account == nullptr) return std::nullopt;
  return importer::Account{account->pw_uid, account->pw_gid};
}

std::string_view word(Attention attention) {
  switch (attention) {
    case Attention::FillIn:
      return "fill-in";
    case Attention::NotCarried:
      return "not-carried";
    case Attention::Check:
      return "check";
  }
  return {};
}

std::string_view heading(Attention attention) {
  switch (attention) {
    case Attention::FillIn:
      return "To be filled in, before tunneld starts:";
    case Attention::NotCarried:
      return "Not carried over:";
    case Attention::Check:
      return "Carried over, and for you to check:";
  }
  return {};
}

/// "etc/ppp/ppp.conf:12,14", of many lines the first ones.
std::string place_text(const std::string& file, const std::vector<unsigned>& lines) {
  constexpr std::size_t kMost = 6;
  auto out = terminal_text(file);
  for (std::size_t at = 0; at < std::min(lines.size(), kMost); ++at) {
    out += (at == 0 ? ":" : ",") + std::to_string(lines[at]);
  }
  return lines.size() > kMost ? out + ",..." : out;
}

std::string findings_text(const std::vector<Finding>& findings) {
  std::string out;
  const Finding* before = nullptr;
  for (const auto& finding : findings) {
    if (before == nullptr || before->attention != finding.attention) {
      out += '\n' + std::string{heading(finding.attention)} + '\n';
    }
    before = &finding;
    out += "  " + place_text(finding.file, finding.lines) + ": " + terminal_text(finding.what) +
           "\n      " + terminal_text(finding.advice) + '\n';
  }
  return out;
}

/// One line for all of them: "set log (2), set speed".
std::string unneeded_text(const importer::Findings& findings) {
  std::map<std::string, unsigned> counts;
  for (const auto& entry : findings.all_unneeded()) ++counts[terminal_text(entry.what)];
  if (counts.empty()) return {};
  std::vector<std::string> words;
  for (const auto& [what, count] : counts) {
    words.push_back(count == 1 ? what : what + " (" + std::to_string(count) + ')');
  }
  return "\nWithout a counterpart, and not needed: " + joined(words) + '\n';
}

std::string site_text(const NewSite& site) {
  const auto networks =
      site.networks.empty() ? std::string{"no networks"} : counted(site.networks.size(), "network");
  auto out = "  sites/" + site.name.str() + ".toml  ";
  if (site.dials) {
    out += "dials " + (site.host.empty() ? "a host to be filled in" : site.host);
  } else {
    out += "answers " + counted(site.authorized_keys.size(), "key");
  }
  out += ", " + site.interface + ", " + networks;
  return out + (site.label == site.name.str() ? "" : ", was \"" + terminal_text(site.label) + '"') +
         '\n';
}

bool has_file(const Imported& imported, std::string_view path) {
  return std::any_of(imported.files.begin(), imported.files.end(),
                     [&](const auto& file) { return file.path == path; });
}

std::string report_text(const fs::path& to, const Imported& imported) {
  auto out = "Written to " + terminal_text(to.native()) + ":\n";
  for (const auto& site : imported.sites) out += site_text(site);
  if (has_file(imported, "ipf.rules")) {
    out += "  ipf.rules  " + counted(imported.rules, "rule") + '\n';
  }
  if (has_file(imported, "ipnat.rules")) {
    out += "  ipnat.rules  " + counted(imported.translations, "rule") + '\n';
  }
  out += findings_text(imported.findings.sorted()) + unneeded_text(imported.findings);
  return out + "\nNext: tunnelctl check " + terminal_text(to.native()) +
         "\nOnce it finds no mistake, its contents belong into /etc/tunneld.\n";
}

json::array findings_json(const std::vector<Finding>& findings) {
  json::array out;
  for (const auto& finding : findings) {
    json::array lines;
    for (const auto line : finding.lines) lines.emplace_back(line);
    out.push_back(json::object{{"attention", word(finding.attention)},
                               {"file", finding.file},
                               {"lines", std::move(lines)},
                               {"what", finding.what},
                               {"advice", finding.advice}});
  }
  return out;
}

json::object report_json(const fs::path& to, const Imported& imported) {
  json::array files;
  for (const auto& file : imported.files) files.emplace_back(file.path);
  json::array sites;
  for (const auto& site : imported.sites) {
    sites.push_back(json::object{{"site", site.name.str()},
                                 {"label", site.label},
                                 {"role", site.dials ? "dial" : "answer"},
                                 {"interface", site.interface}});
  }
  json::array unneeded;
  for (const auto& entry : imported.findings.all_unneeded()) {
    unneeded.push_back(
        json::object{{"file", entry.where.file}, {"line", entry.where.line}, {"what", entry.what}});
  }
  return {{"to", to.native()},
          {"files", std::move(files)},
          {"sites", std::move(sites)},
          {"rules", imported.rules},
          {"translations", imported.translations},
          {"findings", findings_json(imported.findings.sorted())},
          {"unneeded", std::move(unneeded)}};
}

}  // namespace

ExitCode run(const Context& context, const ImportFreebsdCommand& command) {
  auto to = command.to.empty() ? fs::path{kUsualFolder} : command.to.lexically_normal();
  if (!to.has_filename()) to = to.parent_path();
  const auto tree = importer::FolderTree::open(command.from);
  if (!tree) return context.fail(tree.error().message());
  const auto imported =
      importer::import_freebsd(*tree, filter::language::SystemNames{}, to.native());
  if (!imported) return context.fail(terminal_text(imported.error().context));
  const auto written = importer::write_folder(to, imported->files, account_of_tunneld());
  if (!written) return context.fail(written.error().message());
  if (command.format == Format::Json) {
    context.out.line(json_line(report_json(to, *imported)));
  } else {
    context.out.print(report_text(to, *imported));
  }
  return ExitCode::Ok;
}

}  // namespace tunnel::ctl
