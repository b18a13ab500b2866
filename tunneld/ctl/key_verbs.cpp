// The verbs `key gen` and `key show`.

#include "tunneld/config/load.hpp"
#include "tunneld/ctl/document.hpp"
#include "tunneld/ctl/key_files.hpp"
#include "tunneld/ctl/verbs.hpp"

#include <boost/json/array.hpp>

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <utility>
#include <vector>

namespace tunnel::ctl {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

/// The defaults, where there is no configuration yet: keys come before profiles.
config::Gateway gateway_or_default(const Context& context) {
  const auto gateway = read_gateway(context.common.config);
  return gateway ? *gateway : config::Gateway{};
}

std::string host_name(const config::Gateway& gateway) {
  if (!gateway.name.empty()) return gateway.name;
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

/// tunneld reads the keys, so they are its own where we may give them away.
std::optional<KeyOwner> owner_of_keys(const config::Gateway& gateway) {
  if (::geteuid() != 0) return std::nullopt;
  const auto* account = ::getpwnam(gateway.user.c_str());
  if (account == nullptr) return std::nullopt;
  return KeyOwner{account->pw_uid, account->pw_gid};
}

json::object key_json(const PublicKey& key) {
  return {{"public_key", key.line}, {"fingerprint", key.fingerprint}};
}

ExitCode no_site_name(const Context& context, const std::string& text) {
  context.complain('"' + terminal_text(text) +
                   "\" is no name for a site: lower-case letters, digits, '-' and '_', at most 32, "
                   "and a letter or digit first");
  return ExitCode::Usage;
}

fs::path whole_path(const fs::path& path) {
  std::error_code error;
  auto out = fs::absolute(path, error);
  return error ? path : out;
}

/// The site's profile where there is one without mistakes.
std::optional<config::Site> read_profile(const Context& context, const SiteName& name) {
  const auto file = context.common.config / "sites" / (name.str() + ".toml");
  std::error_code error;
  if (!fs::exists(file, error)) return std::nullopt;
  auto loaded = config::check_file(file);
  if (!loaded.configuration || loaded.configuration->sites.empty()) {
    context.complain(terminal_text(file.native()) +
                     " has mistakes and is not looked at: see \"tunnelctl check " +
                     terminal_text(file.native()) + "\"");
    return std::nullopt;
  }
  return std::move(loaded.configuration->sites.front());
}

ExitCode show_identity(const Context& context, const KeyShowCommand& command,
                       const fs::path& identity) {
  const auto key = public_key_of(identity);
  if (!key) return context.fail(terminal_text(key.error().message()));
  if (command.format == Format::Json) {
    auto out = key_json(*key);
    out["site"] = command.site;
    out["file"] = identity.native();
    context.out.line(json_line(out));
  } else {
    context.out.line(terminal_text(key->line));
    context.out.line(terminal_text(key->fingerprint));
  }
  return ExitCode::Ok;
}

/// A site that answers has no key of its own: what it lets in is shown.
ExitCode show_authorized(const Context& context, const KeyShowCommand& command,
                         const config::Answer& answer) {
  json::array keys;
  for (const auto& authorized : answer.authorized_keys) {
    PublicKey key{.line = authorized.type + ' ' + authorized.base64, .fingerprint = {}};
    if (!authorized.comment.empty()) key.line += ' ' + authorized.comment;
    auto fingerprint = fingerprint_of(key.line);
    if (!fingerprint) return context.fail(fingerprint.error().message());
    key.fingerprint = std::move(*fingerprint);
    if (command.format == Format::Json) {
      keys.push_back(key_json(key));
    } else {
      context.out.line(terminal_text(key.line));
      context.out.line(terminal_text(key.fingerprint));
    }
  }
  if (command.format == Format::Json) {
    context.out.line(
        json_line(json::object{{"site", command.site}, {"authorized_keys", std::move(keys)}}));
  }
  return ExitCode::Ok;
}

void print_hint(const Context& context, const SiteName& site, const fs::path& file) {
  const auto profile = context.common.config / "sites" / (site.str() + ".toml");
  context.err.line("The private key is " + terminal_text(file.native()) +
                   "; it stays here, and the profile");
  context.err.line(terminal_text(profile.native()) + " names it: identity = \"keys/" + site.str() +
                   "\" in [ssh].");
  context.err.line(
      "The line above is for the far gateway: put it into authorized_keys in [ssh] of");
  context.err.line("the profile that answers this one.");
}

}  // namespace

ExitCode run(const Context& context, const KeyGenCommand& command) {
  const auto site = SiteName::parse(command.site);
  if (!site) return no_site_name(context, command.site);
  const auto gateway = gateway_or_default(context);
  const auto folder = whole_path(context.common.config / "keys");
  const auto key = generate_key({.folder = folder,
                                 .name = *site,
                                 .comment = site->str() + '@' + host_name(gateway),
                                 .owner = owner_of_keys(gateway),
                                 .overwrite = command.force ? Overwrite::Yes : Overwrite::No});
  if (!key) return context.fail(terminal_text(key.error().message()));
  const auto file = folder / site->str();
  if (command.format == Format::Json) {
    auto out = key_json(*key);
    out["site"] = site->str();
    out["file"] = file.native();
    context.out.line(json_line(out));
    return ExitCode::Ok;
  }
  context.out.line(terminal_text(key->line));
  context.out.flush();
  print_hint(context, *site, file);
  return ExitCode::Ok;
}

ExitCode run(const Context& context, const KeyShowCommand& command) {
  const auto name = SiteName::parse(command.site);
  if (!name) return no_site_name(context, command.site);
  const auto site = read_profile(context, *name);
  if (site && site->answer() != nullptr) return show_authorized(context, command, *site->answer());
  if (site && site->dial()->identity.empty()) {
    return context.fail("the profile of " + name->str() +
                        " leaves the identity to OpenSSH: ask \"ssh -G\" or the agent for it");
  }
  const auto identity =
      site ? site->dial()->identity : whole_path(context.common.config / "keys" / name->str());
  return show_identity(context, command, identity);
}

}  // namespace tunnel::ctl
