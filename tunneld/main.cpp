// tunneld: the supervisor. It holds CAP_NET_ADMIN and reads nothing that comes from the network.
// See docs/architecture.md.

#include "tunneld/base/version.hpp"
#include "tunneld/config/load.hpp"
#include "tunneld/supervisor/boot_filter.hpp"
#include "tunneld/supervisor/daemon.hpp"
#include "tunneld/supervisor/name_store.hpp"
#include "tunneld/supervisor/privileges.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace tunnel;

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;
constexpr int kExitConfiguration = 78;  // EX_CONFIG: systemd need not try again

int complain(const std::string& what) {
  std::fprintf(stderr, "tunneld: %s\n", what.c_str());
  return kExitFailure;
}

/// As configured, or the pppd-bridge beside this program.
std::filesystem::path bridge_program(const config::Gateway& gateway) {
  if (!gateway.bridge.empty()) return gateway.bridge;
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "pppd-bridge";
}

Result<void> prepare_machine(const config::Gateway& gateway) {
  if (::geteuid() == 0) {
    const auto account = supervisor::find_account(gateway.user);
    if (!account) return account.error();
    for (const auto& [directory, mode] :
         {std::pair{gateway.runtime_dir, 0755U}, std::pair{gateway.log_dir, 0750U},
          std::pair{gateway.state_dir, 0750U}}) {
      if (auto made = supervisor::prepare_directory(directory, *account, mode); !made) return made;
    }
  }
  return supervisor::keep_only_needed_powers(gateway.user);
}

int refuse(const std::vector<Diagnostic>& diagnostics, const std::filesystem::path& config_dir) {
  for (const auto& diagnostic : diagnostics) {
    std::fprintf(stderr, "%s\n", explain(diagnostic).c_str());
  }
  complain(fmt::format("not started: {} has errors; `tunnelctl check {}` shows them too",
                       config_dir.native(), config_dir.native()));
  return kExitConfiguration;
}

int put_filter_in_force(const std::filesystem::path& config_dir) {
  const auto done = supervisor::put_filter_in_force(config_dir);
  if (!done) {
    complain(done.error().message());
    return kExitConfiguration;
  }
  std::fprintf(stderr, "tunneld: %s\n", done->c_str());
  return 0;
}

/// All that is read before anything is done, or an exit status: what is wrong has been said.
std::variant<supervisor::Daemon::Start, int> read_all(const std::filesystem::path& config_dir) {
  auto loaded = config::load(config_dir);
  if (!loaded.configuration) return refuse(loaded.diagnostics, config_dir);
  auto policy = supervisor::load_policy(*loaded.configuration);
  if (!policy.diagnostics.empty()) return refuse(policy.diagnostics, config_dir);
  const auto program = bridge_program(loaded.configuration->gateway);
  if (::access(program.c_str(), X_OK) < 0) {
    return complain(errno_error(fmt::format("find pppd-bridge at {}", program.native())).message());
  }
  if (const auto account = supervisor::find_account(loaded.configuration->gateway.bridge_user);
      !account) {
    return complain(account.error().message());
  }
  return supervisor::Daemon::Start{config_dir, std::move(*loaded.configuration),
                                   std::move(loaded.secrets), std::move(policy.policy), program};
}

int check(const std::filesystem::path& config_dir) {
  const auto read = read_all(config_dir);
  if (const auto* status = std::get_if<int>(&read)) return *status;
  std::printf("tunneld %s can run with %s\n", std::string{kVersion}.c_str(), config_dir.c_str());
  return 0;
}

int run(const std::filesystem::path& config_dir, std::vector<std::string> arguments) {
  const auto own = supervisor::this_program(std::move(arguments));
  if (!own) return complain(own.error().message());
  auto left = supervisor::LeftBehind::from_environment();
  if (!left) complain(left.error().message());  // and start as if there had been nothing
  auto read = read_all(config_dir);
  if (const auto* status = std::get_if<int>(&read)) return *status;
  auto& start = std::get<supervisor::Daemon::Start>(read);
  if (const auto prepared = prepare_machine(start.configuration.gateway); !prepared) {
    return complain(prepared.error().message());
  }
  start.program = *own;
  if (left) start.left = std::move(*left);
  start.left_is_lost = !left;
  boost::asio::io_context context{1};
  auto daemon = supervisor::Daemon::create(context, std::move(start));
  if (!daemon) return complain(daemon.error().message());
  (*daemon)->run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // whoever reads our stderr may go
  // A resolver that is not there must not hold up the daemon for long (resolv.conf(5)).
  ::setenv("RES_OPTIONS", "timeout:1 attempts:1", 0);
  CLI::App app{
      "tunneld: joins private networks by PPP over SSH. Runs in the foreground, under "
      "systemd or an init script; steer it with tunnelctl(8)."};
  app.name("tunneld");
  app.set_version_flag("--version", "tunneld " + std::string{kVersion});
  std::string config_dir = "/etc/tunneld";
  app.add_option("--config", config_dir, "The directory with tunneld.toml and sites/")
      ->capture_default_str();
  bool filter_only = false;
  app.add_flag("--filter-only", filter_only,
               "Put the packet filter in force, and end: at boot, before there is a network");
  bool check_only = false;
  auto* check_flag = app.add_flag(
      "--check", check_only,
      "Say whether tunneld could run with this configuration, and end: nothing is touched");
  check_flag->excludes("--filter-only");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    complain(std::string{error.what()} +
             "\nRun with --help for more information; `tunnelctl check` looks for mistakes in the "
             "configuration.");
    return kExitUsage;
  }
  try {
    if (check_only) return check(config_dir);
    return filter_only ? put_filter_in_force(config_dir) : run(config_dir, {argv + 1, argv + argc});
  } catch (const std::exception& error) {
    return complain(error.what());
  }
}
