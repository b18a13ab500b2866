// The verb `key authorized-keys`: sshd's AuthorizedKeysCommand.
//
// A profile with a mistake costs its own site only: the daemon, too, goes on with what it has when
// a reload is refused, and a typing error in one profile must not lock out every other site. A
// mistake in tunneld.toml, or in the folders, stops everything: it says which program to run.

#include "tunneld/config/load.hpp"
#include "tunneld/ctl/authorized_keys.hpp"
#include "tunneld/ctl/ticket.hpp"
#include "tunneld/ctl/verbs.hpp"

#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

namespace tunnel::ctl {

namespace fs = std::filesystem;

namespace {

bool is_program(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

/// What the gateway names, or the bridge that was installed together with this program.
Result<fs::path> find_bridge(const config::Gateway& gateway) {
  if (!gateway.bridge.empty()) return gateway.bridge;
  std::error_code error;
  const auto own = fs::read_symlink("/proc/self/exe", error).parent_path();
  if (error) return Error{error, "find this program's own place"};
  for (const auto& folder : {own, own.parent_path() / "sbin", own.parent_path() / "libexec"}) {
    const auto bridge = folder / "pppd-bridge";
    if (is_program(bridge)) return bridge;
  }
  return make_error(std::errc::no_such_file_or_directory,
                    "there is no pppd-bridge beside " + own.native() +
                        "/tunnelctl: install it, or name it in tunneld.toml ([gateway] bridge)");
}

bool is_profile(const fs::path& file, const fs::path& config) {
  return file.parent_path() == config / "sites" && file.extension() == ".toml";
}

/// The profiles without mistakes, each read alone.
std::vector<config::Site> sound_sites(const fs::path& config, const std::set<fs::path>& unsound) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator at{config / "sites", error}, end; !error && at != end;
       at.increment(error)) {
    const auto name = at->path().filename().native();
    if (name.starts_with('.') || !is_profile(at->path(), config)) continue;
    if (!unsound.contains(at->path())) files.push_back(at->path());
  }
  std::sort(files.begin(), files.end());
  std::vector<config::Site> sites;
  for (const auto& file : files) {
    auto loaded = config::check_file(file);
    if (!loaded.configuration) continue;
    std::move(loaded.configuration->sites.begin(), loaded.configuration->sites.end(),
              std::back_inserter(sites));
  }
  return sites;
}

/// From the running daemon, if there is one: else the bridge will say that it does not run. A site
/// whose claims it refuses for that is told why in the answer to the claim.
std::string ticket_for(const Context& context, const config::Gateway& gateway,
                       const config::Site& site, const std::string& fingerprint) {
  if (site.answer()->ticket == config::Ticket::None) return {};
  auto ticket = ask_for_ticket(gateway.runtime_dir / "ticket.sock", site.name, fingerprint);
  if (ticket) return std::move(*ticket);
  context.complain("no ticket for " + site.name.str() + ": " +
                   terminal_text(ticket.error().message()));
  return {};
}

/// As much of the configuration as can be relied on.
Result<config::Configuration> reliable_configuration(const Context& context) {
  const auto& directory = context.common.config;
  auto loaded = config::load(directory, config::SecretsWanted::No);
  if (loaded.configuration) return std::move(*loaded.configuration);
  std::set<fs::path> unsound;
  for (const auto& diagnostic : loaded.diagnostics) {
    context.err.line(terminal_lines(explain(diagnostic)));
    const fs::path file{diagnostic.file};
    if (!is_profile(file, directory)) {
      return make_error(std::errc::invalid_argument,
                        "no key is let in before this is mended: see \"tunnelctl check\"");
    }
    unsound.insert(file);
  }
  const auto gateway = read_gateway(directory);
  if (!gateway) return gateway.error();
  return config::Configuration{.gateway = *gateway, .sites = sound_sites(directory, unsound)};
}

}  // namespace

ExitCode run(const Context& context, const AuthorizedKeysCommand& command) {
  const auto configuration = reliable_configuration(context);
  if (!configuration) return context.fail(terminal_text(configuration.error().message()));
  const auto& gateway = configuration->gateway;
  const auto bridge = find_bridge(gateway);
  if (!bridge) return context.fail(terminal_text(bridge.error().message()));

  ForcedCommand forced{.bridge = *bridge};
  if (gateway.runtime_dir != config::Gateway{}.runtime_dir) {
    forced.socket = gateway.runtime_dir / "bridge.sock";
  }
  std::optional<OfferedKey> offered;
  if (!command.offered_key.empty()) {
    offered = OfferedKey{.base64 = command.offered_key.back(),
                         .fingerprint = command.offered_fingerprint};
    if (command.offered_key.size() > 1) offered->type = command.offered_key.front();
    // A list for people to read needs none.
    forced.ticket = [&](const config::Site& site) {
      return ticket_for(context, gateway, site, command.offered_fingerprint);
    };
  }
  const auto keys = authorized_keys(configuration->sites, forced, offered);
  if (!keys) return context.fail(keys.error().message());
  for (const auto& refused : keys->refused) context.complain(refused);
  if (offered && keys->lines.empty() && keys->refused.empty()) {
    // For its log: sshd has its answer either way.
    static_cast<void>(ask_for_ticket(gateway.runtime_dir / "ticket.sock", std::nullopt,
                                     command.offered_fingerprint));
  }
  context.out.print(keys->lines);
  return ExitCode::Ok;
}

}  // namespace tunnel::ctl
