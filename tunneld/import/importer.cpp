#include "tunneld/import/importer.hpp"

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/text.hpp"
#include "tunneld/config/values.hpp"
#include "tunneld/import/ppp_secret.hpp"
#include "tunneld/import/profile_text.hpp"
#include "tunneld/import/rc_settings.hpp"
#include "tunneld/import/rule_copy.hpp"
#include "tunneld/import/site_keys.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::importer {

namespace {

using filter::language::Names;
using filter::language::PolicySource;

constexpr std::size_t kMostSites = 1000;
constexpr std::size_t kMostOctets = std::size_t{256} << 10;       // of a file
constexpr std::size_t kMostOctetsOfRules = std::size_t{4} << 20;  // which programs write as well

/// A section on its way to a profile.
struct Candidate {
  Link link;
  LinkStart start;
};

/// The label as the name of a site that no other one has.
SiteName name_for(const std::string& label, const std::vector<NewSite>& sites) {
  std::string base;
  for (const char c : label) {
    const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool plain = (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9');
    if (plain || (!base.empty() && (low == '-' || low == '_'))) {
      base += low;
    } else if (!base.empty() && base.back() != '-') {
      base += '-';
    }
  }
  while (base.ends_with('-')) base.pop_back();
  if (base.empty()) base = "site";
  for (unsigned number = 1;; ++number) {
    const auto suffix = number == 1 ? std::string{} : '-' + std::to_string(number);
    const auto name =
        SiteName::parse(base.substr(0, SiteName::kMaxLength - suffix.size()) + suffix);
    const auto same = [&](const NewSite& site) { return site.name == *name; };
    if (std::none_of(sites.begin(), sites.end(), same)) return *name;
  }
}

class Importer {
 public:
  Importer(const Tree& tree, const Names& names, const std::string& directory)
      : tree_{tree}, names_{names}, directory_{directory} {}

  Result<Imported> run() {
    read_rc();
    read_secrets();
    const auto file = read_ppp();
    if (file) make_sites(*file);
    copy_all_rules();
    if (imported_.sites.empty() && !gateway_.has_rules && !gateway_.has_nat) return nothing(file);
    translate_network(rc_, interfaces_, imported_.sites, findings());
    for (auto& site : imported_.sites) finish_auth(site);
    write_files();
    return std::move(imported_);
  }

 private:
  Findings& findings() { return imported_.findings; }

  /// A file, but none that is longer than whatever a person wrote.
  std::optional<OldFile> find(const std::string& path, std::size_t most) const {
    auto file = tree_.find(path);
    if (file && file->text.size() > most) {
      file->text.clear();
      file->error = make_error_code(std::errc::file_too_large);
    }
    return file;
  }

  /// The same, if it can be read; what cannot is on the list.
  std::optional<OldFile> read(const std::string& path, std::size_t most = kMostOctets) {
    auto file = find(path, most);
    if (!file || !file->error) return file;
    unreadable_ = file->name;
    findings().add(Attention::NotCarried, {file->name, 0},
                   "cannot be read: " + file->error.message(),
                   "make it readable, or import as root");
    return std::nullopt;
  }

  Error nothing(const std::optional<PppFile>& file) const {
    if (!unreadable_.empty()) {
      return make_error(std::errc::permission_denied,
                        printable(unreadable_) +
                            " cannot be read, and there is nothing else to "
                            "import: make it readable, or import as root");
    }
    if (!file) {
      return make_error(std::errc::no_such_file_or_directory,
                        "there is neither ppp.conf nor ipf.rules nor ipnat.rules: name a copy of "
                        "the gateway's / or /etc, or a folder with these files");
    }
    return make_error(std::errc::invalid_argument,
                      "ppp.conf has no link over SSH: none of its sections runs ssh by \"set "
                      "device !ssh ...\", or answers by \"ppp -direct\"");
  }

  void read_rc() {
    for (const auto* path : {"/etc/rc.conf", "/etc/rc.conf.local"}) {
      if (const auto file = read(path)) rc_.read(*file);
    }
    gateway_.name = gateway_name(rc_);
    gateway_.forwards = rc_.find("gateway_enable") == nullptr || rc_.is_yes("gateway_enable");
  }

  void read_secrets() {
    auto file = read("/etc/ppp/ppp.secret");
    if (!file) return;
    secrets_ = parse_ppp_secret(*file, findings());
    wipe(file->text);
  }

  IncludeFinder including() const {
    return [this](const std::string& path) { return find(path, kMostOctets); };
  }

  std::optional<PppFile> read_ppp() {
    const auto file = read("/etc/ppp/ppp.conf");
    if (!file) return std::nullopt;
    auto parsed = parse_ppp_conf(*file, including());
    for (const auto& mistake : parsed.mistakes) {
      findings().add(Attention::NotCarried, mistake.where, mistake.what, mistake.advice);
    }
    return parsed;
  }

  void make_sites(const PppFile& file) {
    keys_ = direct_keys(tree_, findings());
    auto candidates = candidates_of(file);
    // As they were started: the first took the first tun device.
    std::stable_sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) {
      return a.start.position.value_or(kMostSites) < b.start.position.value_or(kMostSites);
    });
    read_link_files(candidates);
    for (auto& candidate : candidates) make_site(candidate);
  }

  std::vector<Candidate> candidates_of(const PppFile& file) {
    std::vector<Candidate> candidates;
    const auto loaded = loaded_labels(file);
    for (const auto& section : file.sections) {
      if (section.label == "default") continue;
      const auto start = start_of(rc_, section.label);
      const bool has_key = std::any_of(keys_.begin(), keys_.end(),
                                       [&](const auto& key) { return key.label == section.label; });
      auto link = read_link(file, section, {.answers = has_key || start.direct}, findings());
      const bool part = std::find(loaded.begin(), loaded.end(), section.label) != loaded.end();
      if (link.way == Way::Other) {
        findings().add(Attention::NotCarried, section.where,
                       "the section " + in_quotes(section.label) + " uses " + link.reason,
                       "tunneld does PPP over SSH only; pppd(8) does the rest");
      } else if (link.way == Way::Nothing) {
        if (!part) tell_of_nothing(section);
      } else if (candidates.size() < kMostSites &&
                 !(part && link.way == Way::Answers && !has_key)) {
        candidates.push_back({std::move(link), start});
      }
    }
    return candidates;
  }

  void tell_of_nothing(const PppSection& section) {
    findings().add(Attention::NotCarried, section.where,
                   "the section " + in_quotes(section.label) + " neither dials nor answers",
                   "write a profile, if it was a link");
  }

  /// ppp reads the section of its own address, of its label, or else the one called MYADDR.
  void read_link_files(std::vector<Candidate>& candidates) {
    const auto include = including();
    const auto up = read("/etc/ppp/ppp.linkup");
    const auto down = read("/etc/ppp/ppp.linkdown");
    for (const auto* file : {&up, &down}) {
      if (!*file) continue;
      const auto parsed = parse_ppp_conf(**file, include);
      for (auto& candidate : candidates) {
        auto& link = candidate.link;
        const auto* section = own_section(parsed, link);
        if (section == nullptr) continue;
        if (file == &up) {
          read_link_up(*section, link, findings());
        } else {
          Link ignored;  // routes that go when the link does go by themselves
          read_link_up(*section, ignored, findings());
        }
      }
    }
  }

  static const PppSection* own_section(const PppFile& file, const Link& link) {
    if (link.addresses && !link.addresses->words.empty()) {
      const auto& word = link.addresses->words.front();
      const auto* by_address = file.find(word.substr(0, word.find('/')));
      if (by_address != nullptr) return by_address;
    }
    const auto* by_label = file.find(link.label);
    return by_label != nullptr ? by_label : file.find("MYADDR");
  }

  void make_site(Candidate& candidate) {
    const auto& link = candidate.link;
    NewSite site;
    site.name = name_for(link.label, imported_.sites);
    site.label = link.label;
    site.where = link.where;
    site.dials = link.way == Way::Dials;
    site.interface = interface_for(candidate);
    translate_addresses(link, site, findings());
    translate_routes(link, site, findings());
    translate_ppp(link, site, findings());
    translate_auth(link, site, findings());
    translate_start(rc_, candidate.start, site, findings());
    if (site.dials) {
      translate_ssh(link, site, findings());
      take_host_keys(tree_, link, site, findings());
      take_key(link, site);
      tell_of_far_end(link, site);
    } else {
      for (const auto& key : keys_) {
        if (key.label != link.label) continue;
        site.authorized_keys.push_back(key.key);
        site.from.insert(site.from.end(), key.from.begin(), key.from.end());
      }
    }
    imported_.sites.push_back(std::move(site));
  }

  void take_key(const Link& link, const NewSite& site) {
    auto key = take_identity(tree_, link, site, directory_, findings());
    if (!key) return;
    imported_.files.push_back({"keys/" + site.name.str(), *std::move(key), true});
  }

  /// The far end may become a tunneld as well, or stay what it is for a while.
  void tell_of_far_end(const Link& link, const NewSite& site) {
    const auto label = direct_label(link.ssh->remote);
    if (!label) return;
    findings().add(Attention::Check, link.ssh_where,
                   "the far end knew " + site.name.str() + " as " +
                       in_quotes(site.user.empty() ? "root" : site.user) + ", and ran ppp for " +
                       in_quotes(*label) + " because ssh asked for it",
                   "a tunneld there: leave user out, which is pppossh then. FreeBSD's ppp: write " +
                       std::string{site.user.empty() ? "user = \"root\" here, and " : ""} +
                       "command=\"/usr/sbin/ppp -direct " + *label +
                       "\" before the key in authorized_keys, since tunneld does not ask");
  }

  std::string interface_for(const Candidate& candidate) {
    const auto taken = [&](const std::string& name) {
      return std::any_of(imported_.sites.begin(), imported_.sites.end(),
                         [&](const NewSite& site) { return site.interface == name; });
    };
    const auto& named = candidate.link.interface;
    if (named && config::interface_name(named->text).has_value() && !taken(named->text)) {
      return named->text;
    }
    if (named) {
      findings().add(Attention::NotCarried, named->where, "the interface " + in_quotes(named->text),
                     "write interface in [ppp]");
    }
    if (candidate.start.unit) {
      auto wanted = "tun" + std::to_string(*candidate.start.unit);
      if (!taken(wanted)) return wanted;
    }
    for (unsigned unit = 0;; ++unit) {
      auto name = "tun" + std::to_string(unit);
      if (!taken(name)) return name;
    }
  }

  /// The names that PPP's proofs are about, now that all secrets are known.
  void finish_auth(NewSite& site) {
    const auto secret_of = [&](const std::string& name) {
      const auto found = std::find_if(secrets_.begin(), secrets_.end(),
                                      [&](const auto& secret) { return secret.name == name; });
      return found == secrets_.end() ? nullptr : &*found;
    };
    if (!site.own_name.empty() && site.secret.empty() && secret_of(site.own_name) == nullptr) {
      if (site.dials) {
        findings().add(Attention::FillIn, {"secrets.toml", 0},
                       "the secret of " + in_quotes(site.own_name),
                       "write it below [sites." + site.name.str() + "], mode 0600");
      } else {
        site.own_name.clear();  // it only signed the challenges
      }
    }
    if (site.require.empty()) return;
    const auto* peer = secret_of(site.label);
    if (peer == nullptr && secrets_.size() == 1 && secrets_.front().name != site.own_name) {
      peer = &secrets_.front();
    }
    if (peer == nullptr) return;
    site.peer = peer->name;
    if (peer->address.empty() || peer->address == site.remote) return;
    findings().add(Attention::Check, peer->where,
                   in_quotes(peer->name) + " was given the address " + peer->address,
                   "write remote = \"" + peer->address + "\" in [ppp] of " + site.name.str() +
                       (site.pool.empty() ? "" : ", instead of pool"));
  }

  void copy_all_rules() {
    copy_one(PolicySource::Language::Ipf, "ipfilter", "/etc/ipf.rules", gateway_.has_rules,
             gateway_.rules_off, imported_.rules);
    copy_one(PolicySource::Language::Ipnat, "ipnat", "/etc/ipnat.rules", gateway_.has_nat,
             gateway_.nat_off, imported_.translations);
  }

  void copy_one(PolicySource::Language language, const std::string& service,
                const std::string& usual, bool& there, bool& off, std::size_t& count) {
    const auto* named = rc_.find(service + "_rules");
    const auto path = named != nullptr && named->text.starts_with('/') ? named->text : usual;
    off = !rc_.empty() && !rc_.is_yes(service + "_enable");
    const auto file = read(path, kMostOctetsOfRules);
    if (!file) {
      if (!off && !rc_.empty()) {
        findings().add(Attention::NotCarried, rc_.find(service + "_enable")->where,
                       "the rules of " + in_quotes(path) + " are not here",
                       "add the file to what is imported, or write them anew");
      }
      return;
    }
    there = true;
    auto copy = copy_rules(language, *file, names_, findings());
    count = copy.rules;
    for (const auto& [name, lines] : copy.interfaces) interfaces_[name][file->name] = lines;
    const auto name = usual.substr(usual.rfind('/') + 1);
    if (off) {
      findings().add(Attention::Check, {file->name, 0},
                     "rc.conf did not load these rules, and tunneld.toml does not either",
                     "if they shall be in force, take the # away in [filter]");
    }
    imported_.files.push_back({name, Secret{to_bytes(copy.text)}, false});
  }

  void write_files() {
    for (const auto& site : imported_.sites) {
      imported_.files.push_back({"sites/" + site.name.str() + ".toml",
                                 Secret{to_bytes(profile_text(site, findings()))}, false});
    }
    imported_.files.push_back(
        {"tunneld.toml", Secret{to_bytes(gateway_text(gateway_, imported_.sites))}, false});
    if (auto secrets = secrets_text(secrets_, imported_.sites); !secrets.empty()) {
      imported_.files.push_back({"secrets.toml", std::move(secrets), true});
    }
    std::sort(imported_.files.begin(), imported_.files.end(),
              [](const NewFile& a, const NewFile& b) { return a.path < b.path; });
  }

  const Tree& tree_;
  const Names& names_;
  const std::string& directory_;
  Imported imported_;
  RcConf rc_;
  std::vector<PppSecret> secrets_;
  std::vector<DirectKey> keys_;
  NewGateway gateway_;
  InterfaceLines interfaces_;
  std::string unreadable_;
};

}  // namespace

Result<Imported> import_freebsd(const Tree& tree, const Names& names,
                                const std::string& directory) {
  return Importer{tree, names, directory}.run();
}

}  // namespace tunnel::importer
