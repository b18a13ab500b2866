#include "tunneld/config/file_checks.hpp"

#include "tunneld/base/text.hpp"
#include "tunneld/config/values.hpp"

#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tunnel::config {

namespace {

/// "0644"
std::string octal(mode_t mode) {
  std::string digits;
  for (const unsigned shift : {9U, 6U, 3U, 0U}) {
    digits += static_cast<char>('0' + (mode >> shift & 7U));
  }
  return digits;
}

std::string shown(const std::filesystem::path& path) {
  return printable(path.string());
}

std::string key_gen(const SiteDraft& draft) {
  return "tunnelctl key gen " + (draft.name ? draft.name->str() : std::string{"SITE"});
}

/// The key beside the one that is not there which is likely to be meant, as a profile names it.
std::string nearest_key(const Dial& dial, const Facts& facts) {
  if (!facts.names) return {};
  const auto folder = dial.identity.parent_path();
  const auto names = facts.names(folder);
  const bool is_public = dial.identity.extension() == ".pub";
  std::vector<std::string_view> keys;
  for (const auto& name : names) {
    if (std::filesystem::path{name}.extension() == ".pub" && !is_public) continue;
    keys.push_back(name);
  }
  const auto meant = nearest(dial.identity.filename().native(), keys);
  if (!meant) return {};
  const auto path = folder / *meant;
  const auto relative = path.lexically_relative(facts.directory);
  return (relative.empty() || *relative.begin() == ".." ? path : relative).native();
}

/// What a key of each kind is refused for; an empty message where it is not.
Complaint complaint_about(KeyKind kind, const SiteDraft& draft) {
  const bool openssh = draft.dial.client == SshClient::Openssh;
  const auto path = shown(draft.dial.identity);
  switch (kind) {
    case KeyKind::Ed25519:
    case KeyKind::Ecdsa:
      return {};
    case KeyKind::SecurityKey:
      if (openssh) return {};
      return {"is a FIDO key, which only OpenSSH's client can use",
              "write client = \"openssh\", or make an Ed25519 key: " + key_gen(draft)};
    case KeyKind::Rsa:
      if (openssh) return {};
      return {
          "is an RSA key: libssh2 1.10 signs with RSA and SHA-1 only, which today's sshd refuses",
          "make an Ed25519 key: " + key_gen(draft) + "; or write client = \"openssh\""};
    case KeyKind::OtherType:
      return {"is a key of a type that SSH no longer uses",
              "make an Ed25519 key: " + key_gen(draft)};
    case KeyKind::OtherFormat:
      return {"is a private key, but not in OpenSSH's format",
              "make a new key: " + key_gen(draft) + "; or convert this one with ssh-keygen -p -f " +
                  path + " (PuTTY's with puttygen -O private-openssh)"};
    case KeyKind::PublicKey:
      return {"is a public key",
              "the private key is the file without .pub; to name a key of an agent, write agent = "
              "\"SOCKET\" as well"};
    case KeyKind::NotAKey:
      return {"is not a private key, or a damaged one",
              "restore it; or make another, whose public line the far gateway must then have: " +
                  key_gen(draft) + " --force"};
  }
  return {};
}

void check_mode(SiteDraft& draft, Location where, mode_t mode, const std::string& path) {
  if ((mode & (S_IRWXG | S_IRWXO)) == 0) return;
  draft.report.error(where, path + " is open to others (mode " + octal(mode) + ')',
                     "chmod 600 " + path);
}

/// The file that says which key of an agent is meant. Anybody may read a public key.
void check_named_key(SiteDraft& draft, Location where, const KeyFacts& key,
                     const std::string& path) {
  const bool is_public = key.properties.kind == KeyKind::PublicKey;
  if (!is_public) {
    check_mode(draft, where, key.file.mode, path);
  } else if ((key.file.mode & S_IWOTH) != 0) {
    draft.report.error(where,
                       "anybody may write to " + path + " (mode " + octal(key.file.mode) + ')',
                       "chmod o-w " + path);
  }
  const auto kind = is_public ? key.properties.private_kind : key.properties.kind;
  if (kind == KeyKind::NotAKey) {
    draft.report.error(where, path + " is no key, or a damaged one",
                       "write the .pub file of the key that the agent has, as ssh-keygen made it");
    return;
  }
  auto complaint = complaint_about(kind, draft);
  if (complaint.message.empty()) return;
  draft.report.error(where, path + ' ' + complaint.message, std::move(complaint.hint));
}

}  // namespace

bool check_source(const SourceFile& file, Report& report) {
  if (file.facts.error == std::errc::no_such_file_or_directory) {
    report.error("there is no such file",
                 "write it; a tunneld.toml may be empty, for every key in it has a default");
    return false;
  }
  if (file.facts.error) {
    report.error("cannot read this file: " + file.facts.error.message(),
                 "it must be a plain file that the account of tunneld may read");
    return false;
  }
  if ((file.facts.mode & S_IWOTH) != 0) {
    report.error("anybody may write to this file (mode " + octal(file.facts.mode) + ')',
                 "chmod o-w " + printable(file.name));
  }
  return true;
}

void check_identity(SiteDraft& draft, Location where, const Facts& facts) {
  const auto path = shown(draft.dial.identity);
  const auto key = facts.key(draft.dial.identity);
  if (key.file.error == std::errc::no_such_file_or_directory) {
    const auto meant = nearest_key(draft.dial, facts);
    draft.report.error(
        where, "there is no " + path,
        meant.empty() ? "make it: " + key_gen(draft) : "did you mean " + in_quotes(meant) + "?");
    return;
  }
  if (key.file.error) {
    draft.report.error(where, "cannot read " + path + ": " + key.file.error.message(),
                       "it must be a plain file that belongs to the account of tunneld");
    return;
  }
  if (!draft.dial.agent.empty()) return check_named_key(draft, where, key, path);
  if (key.properties.kind != KeyKind::PublicKey) check_mode(draft, where, key.file.mode, path);
  auto complaint = complaint_about(key.properties.kind, draft);
  if (!complaint.message.empty()) {
    draft.report.error(where, path + ' ' + complaint.message, std::move(complaint.hint));
  } else if (key.properties.passphrase == Passphrase::Needed) {
    draft.report.error(where, path + " is protected by a passphrase, which nobody types at boot",
                       "make a key without one: " + key_gen(draft) +
                           "; or remove it: ssh-keygen -p -N \"\" -f " + path);
  }
}

void check_agent(SiteDraft& draft, Location where) {
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  if (draft.dial.agent.native().size() <= kLongest) return;
  draft.report.error(where, "the path of this agent is too long for a socket",
                     "write one of at most " + std::to_string(kLongest) + " bytes");
}

void check_ssh_config(SiteDraft& draft, Location where, const Facts& facts) {
  const auto path = shown(draft.dial.ssh_config);
  const auto file = facts.file(draft.dial.ssh_config);
  if (file.error) {
    draft.report.error(where, "cannot read " + path + ": " + file.error.message(),
                       "write the path of a file for ssh -F, or leave ssh_config out");
  } else if ((file.mode & S_IWOTH) != 0) {
    draft.report.error(where, "anybody may write to " + path + " (mode " + octal(file.mode) + ')',
                       "chmod o-w " + path);
  }
}

std::filesystem::path read_rule_file(TableReader& in, std::string_view key, const Facts& facts,
                                     Report& report) {
  const auto found = in.optional(key, file_path);
  if (!found) return {};
  auto path = (facts.directory / found->value).lexically_normal();
  const auto file = facts.file(path);
  if (file.error) {
    report.error(
        found->where, "cannot read " + shown(path) + ": " + file.error.message(),
        file.error == std::errc::permission_denied
            ? "chmod 640 and chgrp to the account that tunneld runs under"
            : "write the path of a file of rules, relative to the configuration directory");
  } else if ((file.mode & S_IWOTH) != 0) {
    report.error(found->where,
                 "anybody may write to " + shown(path) + " (mode " + octal(file.mode) + ')',
                 "chmod o-w " + shown(path));
  }
  return path;
}

bool check_secrets_file(const SecretsFile& file, Report& report) {
  const auto name = printable(file.name);
  if (file.facts.error) {
    report.error("cannot read this file: " + file.facts.error.message(),
                 "it must be a plain file that belongs to the account of tunneld");
    return false;
  }
  if ((file.facts.mode & (S_IRWXG | S_IRWXO)) != 0) {
    report.error("this file is open to others (mode " + octal(file.facts.mode) + ')',
                 "chmod 600 " + name + ", and change the secrets if others may have read them");
  }
  if (file.facts.owner == Owner::Other) {
    report.error("this file belongs neither to root nor to the account of tunneld",
                 "chown it to the account that tunneld runs under, such as: chown tunneld " + name);
  }
  return true;
}

}  // namespace tunnel::config
