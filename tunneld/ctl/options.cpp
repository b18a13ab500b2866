#include "tunneld/ctl/options.hpp"

#include "tunneld/base/text.hpp"
#include "tunneld/base/version.hpp"
#include "tunneld/ctl/filter_help.hpp"
#include "tunneld/ctl/filter_options.hpp"
#include "tunneld/ctl/import_options.hpp"
#include "tunneld/ctl/units.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <functional>
#include <sstream>
#include <string_view>
#include <utility>

namespace tunnel::ctl {

namespace {

constexpr const char* kFooter = R"(Examples:
  tunnelctl check                        look for mistakes before anything is started
  tunnelctl key gen labs                 a key for the site "labs", before its profile
  tunnelctl up labs                      bring a link up, and keep it up
  tunnelctl status labs --until up --timeout 20s
                                         wait for it in a script
  tunnelctl status --watch               look on
  tunnelctl log -f --site labs           what happens on this link
  tunnelctl down labs --withdraw         and leave its networks to other routes

Files:
  /etc/tunneld/tunneld.toml              the gateway; --config DIR for another folder
  /etc/tunneld/sites/NAME.toml           a site
  /run/tunneld/control.sock              where tunneld listens; --socket PATH for another

Exit status:
  0  done; for status: every wanted link is up
  1  an error, which standard error explains
  2  a mistake on the command line
  3  status: a wanted link is not up, or what was waited for did not come in time
  4  you may not; standard error says who may

--config, --socket and --answer-timeout may stand before or after the command.
"tunnelctl COMMAND --help" says more on each.)";

constexpr const char* kStatusFooter =
    R"(Shows the state of each link and since when, how often it was established, the peer, the addresses
and MRU agreed on, round-trip time, traffic, what was dropped and the last error.

On a terminal --watch draws the screen again at each change and each second; elsewhere it prints a
line a change. With --json it prints one document a line.

STATE is one of down, waiting, listening, resolve, connect, host-key, auth, lcp, ppp-auth, ncp, up,
closing and restarting.

Examples:
  tunnelctl status
  tunnelctl status labs --json | jq -r '.sites[0].state'
  tunnelctl status --until up --timeout 1m && ping -c 1 192.168.253.2

Exit status: 0 when every wanted link is up, 3 when one is not, or --until was not reached in time.)";

constexpr const char* kDownFooter =
    R"(The networks behind the site stay refused at this gateway, so that no packet for them leaves in the
clear. --withdraw takes these routes away too: then the networks are left to whatever other route
there is.)";

constexpr const char* kRestartDaemonFooter =
    R"(For an upgrade, or a changed [gateway], without systemd; with it, "systemctl restart tunneld" does the
same. The new program and the configuration are tried first: with a mistake, nothing is changed.)";

constexpr const char* kMetricsFooter =
    R"(Prints Prometheus' text format, version 0.0.4. For node_exporter, tunneld writes the same into a file
by itself: [metrics] in tunneld.toml. For another exporter:
  tunnelctl metrics >/srv/metrics/tunneld.prom.new && cd /srv/metrics && mv tunneld.prom.new tunneld.prom)";

constexpr const char* kAuthorizedKeysFooter = R"(For sshd_config:
  Match User pppossh
    AuthorizedKeysCommand /usr/bin/tunnelctl key authorized-keys --offered-key %t %k --offered-fingerprint %f
    AuthorizedKeysCommandUser tunneld

Every key of every answering site may run this site's bridge and nothing else. A profile with
mistakes costs its own site only, and so does a key that two sites have; with a mistake in
tunneld.toml, nothing is printed, the exit status is 1, and sshd lets nobody in.)";

constexpr const char* kKeyGenFooter =
    R"(Makes CONFIG/keys/SITE (ed25519, mode 0600, owned by tunneld's account when run as root) and
SITE.pub beside it, and prints the public key: it belongs into the profile of the far gateway.)";

std::string is_state(const std::string& text) {
  constexpr std::array<std::string_view, 13> kStates{
      "down", "waiting",  "listening", "resolve", "connect", "host-key",  "auth",
      "lcp",  "ppp-auth", "ncp",       "up",      "closing", "restarting"};
  if (std::find(kStates.begin(), kStates.end(), text) != kStates.end()) return {};
  std::string all;
  for (const auto state : kStates) all += (all.empty() ? "" : ", ") + std::string{state};
  return '"' + text + "\" is not a state; these are: " + all;
}

/// The command line as CLI11 sees it, and the values it fills in.
class CommandLine {
 public:
  CommandLine()
      : app_{"Controls tunneld, which joins private networks by PPP over SSH.", "tunnelctl"} {
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.footer(kFooter);
    app_.set_version_flag("--version", "tunnelctl " + std::string{kVersion});
    config_ = app_.add_option("--config", invocation_.common.config, "The configuration's folder")
                  ->type_name("DIR")
                  ->capture_default_str();
    app_.add_option("--socket", invocation_.common.socket,
                    "tunneld's socket [control.sock in the configuration's runtime_dir]")
        ->type_name("PATH");
    duration(app_.add_option("--answer-timeout", patience_,
                             "Give up on a tunneld that does not answer for this time [10s]"));
    add_status();
    add_site_verbs();
    add_reload();
    add_restart_daemon();
    add_check();
    add_log();
    add_routes();
    add_leases();
    add_metrics();
    add_trace();
    add_key();
    filter_.add_to(app_, command_);
    import_.add_to(app_, command_);
    add_version();
  }

  std::variant<Invocation, EarlyAnswer> parse(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::RequiredError& missing) {
      return EarlyAnswer{
          "tunnelctl: " + what_is_missing(missing) + "\nRun with --help for more information.\n",
          ExitCode::Usage};
    } catch (const CLI::ParseError& stop) {
      std::ostringstream out;
      std::ostringstream err;
      if (app_.exit(stop, out, err) == 0) return EarlyAnswer{out.str(), ExitCode::Ok};
      return EarlyAnswer{"tunnelctl: " + err.str(), ExitCode::Usage};
    }
    invocation_.common.config_named = config_->count() > 0;
    if (!patience_.empty()) invocation_.common.patience = *parse_duration(patience_);
    invocation_.command = command_();
    return std::move(invocation_);
  }

 private:
  /// CLI11 misses the command before it says which word is none.
  std::string what_is_missing(const CLI::RequiredError& missing) const {
    const CLI::App* at = &app_;
    while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
    std::vector<std::string_view> names;
    std::string list;
    const auto all = at->get_subcommands([](const CLI::App* /*each*/) { return true; });
    for (const auto* command : all) {
      names.push_back(command->get_name());
      list += (list.empty() ? "" : ", ") + command->get_name();
    }
    const auto strange = app_.remaining(true);
    if (strange.empty()) {
      return list.empty() ? std::string{missing.what()} : "name a command: " + list;
    }
    const auto meant = nearest(strange.front(), names);
    return "there is no command \"" + strange.front() + '"' +
           (meant ? ": did you mean \"" + std::string{*meant} + "\"?" : std::string{});
  }

  static void duration(CLI::Option* option) {
    option->type_name("TIME")->check([](const std::string& text) {
      return parse_duration(text) ? std::string{}
                                  : "a time is a number and ms, s, m or h, as in 20s: not " + text;
    });
  }

  void add_status() {
    auto* status = add_verb(app_, "status", "Show the links");
    status->add_option("site", status_.site, "One site only")->type_name("SITE");
    add_json(status, status_.format);
    status->add_flag("--watch", status_.watch, "Go on until interrupted");
    auto* until =
        status
            ->add_option("--until", status_.until, "Go on until the site is in this state, or all")
            ->type_name("STATE")
            ->check(is_state);
    auto* timeout = status->add_option("--timeout", timeout_, "Give up on --until after this time");
    duration(timeout);
    timeout->needs(until);
    status->footer(kStatusFooter);
    status->callback([this] {
      if (!status_.until.empty()) status_.watch = true;
      if (!timeout_.empty()) status_.timeout = parse_duration(timeout_);
      command_ = [this] { return Command{status_}; };
    });
  }

  void add_site_verb(SiteVerb which, const char* name, const char* description) {
    auto* site = add_verb(app_, name, description);
    site->add_option("site", sites_.sites, "The sites")->type_name("SITE");
    site->add_flag("--all", all_, "Every site");
    add_json(site, sites_.format);
    if (which == SiteVerb::Down) {
      site->add_flag("--withdraw", sites_.withdraw, "Do not keep its networks refused");
      site->footer(kDownFooter);
    }
    site->callback([this, which, name] {
      if (sites_.sites.empty() != all_) {
        throw CLI::ValidationError(name, "name the sites, or say --all");
      }
      sites_.verb = which;
      command_ = [this] { return Command{sites_}; };
    });
  }

  void add_site_verbs() {
    add_site_verb(SiteVerb::Up, "up", "Bring links up, and keep them up");
    add_site_verb(SiteVerb::Down, "down", "Take links down");
    add_site_verb(SiteVerb::Restart, "restart", "Take links down and bring them up again");
    add_site_verb(SiteVerb::Retry, "retry", "Dial, or answer, at once instead of after the pause");
  }

  void add_reload() {
    auto* reload = add_verb(app_, "reload", "Take over the configuration: all of it, or none");
    add_json(reload, reload_.format);
    yields(reload, command_, reload_);
  }

  void add_restart_daemon() {
    auto* restart = add_verb(app_, "restart-daemon",
                             "Run the installed tunneld in place of the running one: links stay");
    add_json(restart, restart_daemon_.format);
    restart->footer(kRestartDaemonFooter);
    yields(restart, command_, restart_daemon_);
  }

  void add_check() {
    auto* check =
        add_verb(app_, "check", "Look for mistakes in the configuration, without tunneld");
    check->add_option("path", check_.path, "Another folder, or one file of it")
        ->type_name("DIR|FILE");
    add_json(check, check_.format);
    yields(check, command_, check_);
  }

  void add_log() {
    auto* log = add_verb(app_, "log", "Show what was logged");
    log->add_flag("-f,--follow", log_.follow, "Go on with what is logged from now on");
    log->add_flag("--all", log_.all, "Of ppp as well as of auth and console");
    log->add_option("--site", log_.site, "Of one site only")->type_name("SITE");
    log->add_option("--type", log_.type, "Of one log only: ppp, auth, console, filter or nat")
        ->type_name("TYPE")
        ->check(CLI::IsMember({"ppp", "auth", "console", "filter", "nat"}));
    log->add_option("--rule", log_.rule, "Of filter and nat: what this rule did, as in @300:2")
        ->type_name("RULE");
    log->add_option("--address", log_.address, "Of filter and nat: with this host, or network")
        ->type_name("ADDRESS[/N]");
    log->add_option("--verdict", log_.verdict, "Of filter: pass, block or log")
        ->type_name("VERDICT")
        ->check(CLI::IsMember({"pass", "block", "log"}));
    log->add_option("--lines,-n", log_.lines, "How many lines of the past")
        ->type_name("N")
        ->check(CLI::Range(0, 10'000))
        ->capture_default_str();
    add_json(log, log_.format);
    log->footer(kLogFooter);
    yields(log, command_, log_);
  }

  void add_routes() {
    auto* routes = add_verb(app_, "routes", "Show the routes that tunneld keeps");
    add_json(routes, routes_.format);
    yields(routes, command_, routes_);
  }

  void add_trace() {
    auto* trace = add_verb(app_, "trace", "Record PPP frames of a link, for Wireshark");
    trace->add_option("SITE", trace_.site, "The site")->required();
    trace->add_option("--pcap", trace_.pcap, "The file to write, or - for standard output")
        ->required()
        ->type_name("FILE");
    trace->add_flag("--all", trace_.all, "Data as well as control packets");
    trace->add_option("--octets", trace_.octets, "Of each frame at most so many")
        ->check(CLI::Range(16, 16384))
        ->capture_default_str();
    trace->add_option("--count", trace_.count, "End after so many frames (0: when interrupted)")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    yields(trace, command_, trace_);
  }

  void add_leases() {
    auto* leases = add_verb(app_, "leases", "Show who has which address of the pools");
    add_json(leases, leases_.format);
    yields(leases, command_, leases_);
  }

  void add_metrics() {
    auto* metrics = add_verb(app_, "metrics", "Show all counters, for Prometheus");
    add_json(metrics, metrics_.format);
    metrics->footer(kMetricsFooter);
    yields(metrics, command_, metrics_);
  }

  void add_key() {
    auto* key = add_verb(app_, "key", "Make and show keys");
    key->require_subcommand(1);
    auto* gen = add_verb(*key, "gen", "Make a key for a site that dials");
    gen->add_option("site", gen_.site, "The site; its profile may come later")
        ->type_name("SITE")
        ->required();
    gen->add_flag("--force", gen_.force, "Replace the key that is there");
    add_json(gen, gen_.format);
    gen->footer(kKeyGenFooter);
    yields(gen, command_, gen_);

    auto* show = add_verb(*key, "show", "Show the public key of a site, or the keys it lets in");
    show->add_option("site", show_.site, "The site")->type_name("SITE")->required();
    add_json(show, show_.format);
    yields(show, command_, show_);

    auto* authorized =
        add_verb(*key, "authorized-keys", "Tell sshd which keys may run which bridge");
    authorized->add_option("--offered-key", authorized_.offered_key, "Of this key only (%t %k)")
        ->type_name("[TYPE] BASE64")
        ->expected(1, 2);
    authorized
        ->add_option("--offered-fingerprint", authorized_.offered_fingerprint,
                     "Its fingerprint, for the log (%f)")
        ->type_name("FP");
    authorized->footer(kAuthorizedKeysFooter);
    yields(authorized, command_, authorized_);
  }

  void add_version() {
    auto* version = add_verb(app_, "version", "Show the release of this program and of tunneld");
    add_json(version, version_.format);
    yields(version, command_, version_);
  }

  CLI::App app_;
  Invocation invocation_;
  Chosen command_;
  CLI::Option* config_ = nullptr;
  std::string patience_;
  std::string timeout_;
  bool all_ = false;
  StatusCommand status_;
  SiteCommand sites_;
  ReloadCommand reload_;
  RestartDaemonCommand restart_daemon_;
  CheckCommand check_;
  LogCommand log_;
  RoutesCommand routes_;
  LeasesCommand leases_;
  MetricsCommand metrics_;
  TraceCommand trace_;
  KeyGenCommand gen_;
  KeyShowCommand show_;
  AuthorizedKeysCommand authorized_;
  FilterOptions filter_;
  ImportOptions import_;
  VersionCommand version_;
};

}  // namespace

std::variant<Invocation, EarlyAnswer> parse_command_line(int argc, const char* const* argv) {
  return CommandLine{}.parse(argc, argv);
}

}  // namespace tunnel::ctl
