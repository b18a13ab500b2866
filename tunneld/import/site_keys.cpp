// SSH's files of the old gateway: whom it knew, what it proved itself with, and whom it let in.

#include "tunneld/import/site_keys.hpp"

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/text.hpp"
#include "tunneld/config/private_key.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tunnel::importer {

namespace {

constexpr std::size_t kMostAccounts = 200;

/// The home of root, and those in passwd.
std::vector<std::string> homes(const Tree& tree) {
  std::vector<std::string> all{"/root"};
  const auto passwd = tree.find("/etc/passwd");
  std::string_view text = passwd ? std::string_view{passwd->text} : std::string_view{};
  while (!text.empty() && all.size() < kMostAccounts) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    // name:password:uid:gid:gecos:home:shell
    for (int field = 0; field < 5 && !line.empty(); ++field) {
      line.remove_prefix(std::min(line.find(':'), line.size() - 1) + 1);
    }
    std::string home{line.substr(0, line.find(':'))};
    if (!home.starts_with('/')) continue;
    if (std::find(all.begin(), all.end(), home) == all.end()) all.push_back(std::move(home));
  }
  return all;
}

std::vector<std::string> identity_paths(const Link& link) {
  const auto& named = link.ssh->identity;
  if (!named.empty()) {
    if (named.starts_with("~/")) return {"/root" + named.substr(1)};
    return {named.starts_with('/') ? named : "/root/" + named};
  }
  return {"/root/.ssh/id_ed25519", "/root/.ssh/id_ecdsa", "/root/.ssh/id_rsa", "/root/.ssh/id_dsa",
          "/root/.ssh/identity"};
}

/// Why a private key does not do; empty: it does.
std::string_view complaint_about(const config::KeyProperties& key) {
  using config::KeyKind;
  if (key.passphrase == config::Passphrase::Needed) return "has a passphrase";
  switch (key.kind) {
    case KeyKind::Ed25519:
    case KeyKind::Ecdsa:
      return {};
    case KeyKind::Rsa:
      return "is an RSA key, which libssh2 cannot use with today's sshd";
    case KeyKind::SecurityKey:
    case KeyKind::OtherType:
    case KeyKind::OtherFormat:
    case KeyKind::PublicKey:
    case KeyKind::NotAKey:
      return "is no key that tunneld can use";
  }
  return {};
}

}  // namespace

void take_host_keys(const Tree& tree, const Link& link, NewSite& site, Findings& findings) {
  if (site.host.empty()) return;
  constexpr auto kFiles = std::to_array<const char*>(
      {"/root/.ssh/known_hosts", "/root/.ssh/known_hosts2", "/etc/ssh/ssh_known_hosts"});
  for (const auto* path : kFiles) {
    const auto file = tree.find(path);
    if (!file || file->error) continue;
    auto keys = keys_of_host(file->text, link.ssh->host, link.ssh->port);
    if (!keys.usable.empty()) {
      site.host_keys = std::move(keys.usable);
      return;
    }
    if (keys.others) {
      findings.add(Attention::NotCarried, {file->name, 0},
                   "the key of " + in_quotes(site.host) + " is of a type that is not pinned",
                   "pin its Ed25519 key instead");
    } else if (keys.hashed) {
      findings.add(Attention::NotCarried, {file->name, 0},
                   "names of hosts are hashed here, and one may be " + in_quotes(site.host),
                   "ssh-keygen -F " + site.host + " -f " + file->name + " says whether it is");
    }
  }
}

std::optional<Secret> take_identity(const Tree& tree, const Link& link, const NewSite& site,
                                    const std::string& directory, Findings& findings) {
  const auto name = "keys/" + site.name.str();
  auto advice = "tunnelctl --config " + directory + " key gen " + site.name.str() +
                ", and give the far gateway the line that it prints";
  for (const auto& path : identity_paths(link)) {
    auto file = tree.find(path);
    if (!file) continue;
    if (file->error) {
      findings.add(Attention::FillIn, {name, 0},
                   "the private key: " + file->name + ": " + file->error.message(), advice);
      return std::nullopt;
    }
    Secret key{to_bytes(file->text)};
    wipe(file->text);
    const auto complaint = complaint_about(config::inspect_private_key(key.reveal()));
    if (complaint.empty()) return key;
    findings.add(Attention::FillIn, {name, 0},
                 "the private key: " + file->name + ' ' + std::string{complaint}, advice);
    return std::nullopt;
  }
  findings.add(Attention::FillIn, {name, 0}, "the private key", advice);
  return std::nullopt;
}

std::vector<DirectKey> direct_keys(const Tree& tree, Findings& findings) {
  std::vector<DirectKey> all;
  std::vector<std::string> seen;
  for (const auto& home : homes(tree)) {
    for (const auto* name : {"/.ssh/authorized_keys", "/.ssh/authorized_keys2"}) {
      const auto file = tree.find(home + name);
      // In a flat folder it is the same file for every home.
      if (!file || std::find(seen.begin(), seen.end(), file->name) != seen.end()) continue;
      seen.push_back(file->name);
      if (file->error) {
        findings.add(Attention::NotCarried, {file->name, 0},
                     "cannot be read: " + file->error.message(),
                     "make it readable, or import as root");
        continue;
      }
      auto keys = parse_authorized_keys(*file, findings);
      std::move(keys.begin(), keys.end(), std::back_inserter(all));
    }
  }
  return all;
}

}  // namespace tunnel::importer
