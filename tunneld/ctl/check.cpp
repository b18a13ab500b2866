// The verb `check`: the configuration, without a daemon.

#include "filter/language/system_names.hpp"
#include "routes/conflicts.hpp"
#include "routes/kernel.hpp"
#include "tunneld/config/load.hpp"
#include "tunneld/ctl/check_files.hpp"
#include "tunneld/ctl/diagnostics.hpp"
#include "tunneld/ctl/document.hpp"
#include "tunneld/ctl/units.hpp"
#include "tunneld/ctl/verbs.hpp"
#include "tunneld/policy/policy.hpp"

#include <boost/json/array.hpp>

#include <pwd.h>
#include <sys/stat.h>

#include <functional>

namespace tunnel::ctl {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::vector<std::string> network_texts(const config::Site& site) {
  std::vector<std::string> networks;
  for (const auto& network : site.routes.remote) networks.push_back(network.str());
  return networks;
}

/// " 10.224.1.1 to 10.224.1.2 and fd00::1 to fd00::2", of what the link carries.
std::string addresses_text(const config::Ppp& ppp) {
  std::vector<std::string> families;
  if (ppp.options.ip != Policy::Deny) {
    families.push_back(ppp.local.str() + " to " +
                       (ppp.pool.empty() ? ppp.remote.str() : "one of the pool " + ppp.pool));
  }
  if (ppp.local6 && ppp.remote6) {
    families.push_back(ppp.local6->str() + " to " + ppp.remote6->str());
  } else if (ppp.options.ipv6 != Policy::Deny) {
    families.emplace_back("IPv6 link-local");
  }
  std::string out;
  for (const auto& family : families) out += (out.empty() ? " " : " and ") + family;
  return out;
}

std::vector<std::string> method_texts(const std::vector<AuthMethod>& methods) {
  std::vector<std::string> words;
  for (const auto method : methods) words.emplace_back(config::word(method));
  return words;
}

/// What each end must prove.
std::string proofs_text(const config::PppAuth& auth) {
  std::string out;
  if (!auth.require.empty()) {
    out += ", the far end proves to be " + terminal_text(auth.peer) + " by " +
           joined(method_texts(auth.require));
  }
  if (!auth.accept.empty()) {
    out += ", this end proves to be " + terminal_text(auth.name) + " by " +
           joined(method_texts(auth.accept));
  }
  return out;
}

std::string site_line(const config::Site& site) {
  auto out = site.name.str() + ": ";
  if (const auto* dial = site.dial()) {
    out += "dials " + dial->host + " port " + std::to_string(dial->port) + " as " + dial->user;
  } else {
    out += "answers " + counted(site.answer()->authorized_keys.size(), "key");
  }
  out += ", " + site.ppp.interface.str() + addresses_text(site.ppp) + proofs_text(site.ppp.auth);
  const auto networks = network_texts(site);
  return out + (networks.empty() ? ", no networks" : ", networks " + joined(networks));
}

json::array words_json(const std::vector<AuthMethod>& methods) {
  json::array words;
  for (const auto& method : method_texts(methods)) words.emplace_back(method);
  return words;
}

json::object site_json(const config::Site& site) {
  json::object out{{"site", site.name.str()},
                   {"role", site.role() == config::Role::Dial ? "dial" : "answer"},
                   {"interface", site.ppp.interface.str()},
                   {"local", nullptr},
                   {"remote", nullptr},
                   {"pool", nullptr},
                   {"local6", nullptr},
                   {"remote6", nullptr},
                   {"require", words_json(site.ppp.auth.require)},
                   {"accept", words_json(site.ppp.auth.accept)}};
  const auto& ppp = site.ppp;
  const bool ipv4 = ppp.options.ip != Policy::Deny;
  if (ipv4) out["local"] = ppp.local.str();
  if (ipv4 && ppp.pool.empty()) out["remote"] = ppp.remote.str();
  if (!ppp.pool.empty()) out["pool"] = ppp.pool;
  if (ppp.local6) out["local6"] = ppp.local6->str();
  if (ppp.remote6) out["remote6"] = ppp.remote6->str();
  json::array networks;
  for (const auto& network : network_texts(site)) networks.emplace_back(network);
  out["networks"] = std::move(networks);
  return out;
}

json::object result_json(const config::Loaded& loaded, const std::vector<fs::path>& closed) {
  json::array sites;
  json::array unreadable;
  for (const auto& file : closed) unreadable.emplace_back(file.native());
  if (loaded.configuration) {
    for (const auto& site : loaded.configuration->sites) sites.push_back(site_json(site));
  }
  return {{"ok", loaded.configuration.has_value()},
          {"secrets_checked", loaded.secrets_checked == config::SecretsChecked::Yes},
          {"diagnostics", mistakes_json(loaded.diagnostics)},
          {"unreadable", std::move(unreadable)},
          {"sites", std::move(sites)}};
}

std::string sites_text(const fs::path& path, const config::Configuration& configuration) {
  auto out = terminal_text(path.native()) + ": no mistakes; " +
             counted(configuration.sites.size(), "site") + '\n';
  for (const auto& site : configuration.sites) out += "    " + site_line(site) + '\n';
  return out;
}

/// Whether an account may make files in a folder, as far as its mode tells: where a group may, the
/// account may be in it, or an ACL may name it.
bool may_write(const std::string& user, const fs::path& folder) {
  struct stat status {};

  const passwd* const account = ::getpwnam(user.c_str());
  if (account == nullptr || account->pw_uid == 0) return true;
  if (::stat(folder.c_str(), &status) != 0) return false;
  if (status.st_uid == account->pw_uid) return (status.st_mode & S_IWUSR) != 0;
  return (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

/// The files of rules that the configuration names, too.
void check_rules(config::Loaded& loaded) {
  loaded.diagnostics =
      policy::load(*loaded.configuration, filter::language::SystemNames{}).diagnostics;
  if (!loaded.diagnostics.empty()) loaded.configuration.reset();
}

/// Why tunneld could not write its metrics; empty: nothing that could be seen. It is no mistake of
/// the configuration: the folder is another program's, and may come with it later.
std::string obstacle_to_metrics(const config::Configuration& configuration) {
  if (!configuration.metrics) return {};
  const auto folder = configuration.metrics->file.parent_path();
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return "there is no folder " + terminal_text(folder.native()) + " for the file of [metrics]";
  }
  const auto& user = configuration.gateway.user;
  if (may_write(user, folder)) return {};
  return "the account " + user + ", under which tunneld runs, may not write into " +
         terminal_text(folder.native()) + ", where the file of [metrics] is to be";
}

/// Says whether an interface of this machine has a name, and is no tun of tunneld's. The kernel is
/// asked once.
std::function<bool(const InterfaceName&)> taken_here() {
  return [links = routes::read_links()](const InterfaceName& name) {
    return links && !routes::taken({name}, {}, *links).empty();
  };
}

/// The configuration of this machine is wrong where its interfaces are in the way; of a folder that
/// is named, nobody knows for which machine it is.
config::Loaded load_folder(const CheckCommand& command, const fs::path& path) {
  if (command.path.empty())
    return config::load(path, config::SecretsWanted::IfReadable, taken_here());
  return config::load(path, config::SecretsWanted::IfReadable);
}

void tell_taken(const Context& context, const config::Configuration& configuration) {
  const auto is_taken = taken_here();
  for (const auto& site : configuration.sites) {
    if (!is_taken(site.ppp.interface)) continue;
    context.complain(site.name.str() + ": " + routes::taken_text(site.ppp.interface) +
                     ": on this machine it needs another one");
  }
}

void tell_closed(const Context& context, const std::vector<fs::path>& files) {
  for (const auto& file : files) {
    context.complain("you may not read " + terminal_text(file.native()) +
                     ": run this as root, or as the account of tunneld");
  }
}

/// A profile in the wrong place is none, and may be all there is.
void tell_passed_over(const Context& context, const fs::path& directory,
                      const config::Loaded& loaded) {
  for (const auto& sentence : passed_over(directory)) context.complain(sentence);
  if (loaded.configuration && loaded.configuration->sites.empty()) {
    context.complain("no site: profiles are " +
                     terminal_text((directory / "sites/NAME.toml").native()));
  }
}

}  // namespace

ExitCode run(const Context& context, const CheckCommand& command) {
  const auto& path = command.path.empty() ? context.common.config : command.path;
  std::error_code error;
  const auto kind = fs::status(path, error).type();
  if (kind == fs::file_type::not_found) {
    return context.fail("there is no " + terminal_text(path.native()) +
                        " to check: name a configuration directory or a profile");
  }
  if (error) {
    return context.fail("cannot check " + terminal_text(path.native()) + ": " + error.message());
  }
  if (path.extension() == ".rules") {
    return context.fail("tunnelctl filter show --rules " + terminal_text(path.native()) +
                        " shows a file of rules with its mistakes");
  }
  auto loaded =
      kind == fs::file_type::directory ? load_folder(command, path) : config::check_file(path);
  const auto closed = take_out_closed(loaded);
  if (loaded.configuration) check_keys(loaded);
  if (loaded.configuration) check_rules(loaded);
  if (command.format == Format::Json) {
    context.out.line(json_line(result_json(loaded, closed)));
  } else if (loaded.configuration) {
    context.out.print(sites_text(path, *loaded.configuration));
  } else if (!loaded.diagnostics.empty()) {
    context.out.print(mistakes_text(loaded.diagnostics));
  }
  if (kind == fs::file_type::directory) tell_passed_over(context, path, loaded);
  tell_closed(context, closed);
  if (kind == fs::file_type::directory && loaded.secrets_checked == config::SecretsChecked::No) {
    context.complain(terminal_text((path / "secrets.toml").native()) +
                     " was not checked: only root and the account of tunneld may read it");
  }
  if (!closed.empty() && loaded.diagnostics.empty()) return ExitCode::NotAllowed;
  if (!loaded.configuration) return ExitCode::Failed;
  if (kind == fs::file_type::directory) tell_taken(context, *loaded.configuration);
  if (const auto obstacle = obstacle_to_metrics(*loaded.configuration); !obstacle.empty()) {
    context.complain(obstacle + ": it will not be written until that is mended");
  }
  return ExitCode::Ok;
}

}  // namespace tunnel::ctl
