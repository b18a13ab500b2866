#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tunnel::ctl {

/// What tunnelctl tells the shell.
enum class ExitCode : std::uint8_t {
  Ok = 0,
  Failed = 1,  // and standard error says why
  Usage = 2,
  NotUp = 3,       // a wanted link is not up, or what was waited for did not come in time
  NotAllowed = 4,  // to this user; standard error says to whom
};

enum class Format : std::uint8_t { Text, Json };

/// What every verb takes.
struct CommonOptions {
  std::filesystem::path config{"/etc/tunneld"};
  /// Whether `config` was named on the command line: then a configuration that cannot be read is
  /// an error, since the daemon meant may be another than the default one.
  bool config_named = false;
  std::filesystem::path socket{};  // empty: control.sock in the configuration's runtime_dir
  std::chrono::milliseconds patience{10'000};  // with a daemon that does not answer
};

struct StatusCommand {
  std::string site{};  // empty: all
  Format format = Format::Text;
  bool watch = false;
  std::string until{};  // a state; empty: for ever
  std::optional<std::chrono::milliseconds> timeout{};
};

enum class SiteVerb : std::uint8_t { Up, Down, Restart, Retry };

struct SiteCommand {
  SiteVerb verb = SiteVerb::Up;
  std::vector<std::string> sites{};  // empty: all
  Format format = Format::Text;
  bool withdraw = false;  // Down: the routes that refuse the site's networks go too
};

struct ReloadCommand {
  Format format = Format::Text;
};

struct RestartDaemonCommand {
  Format format = Format::Text;
};

struct CheckCommand {
  std::filesystem::path path{};  // empty: the configuration directory
  Format format = Format::Text;
};

struct LogCommand {
  std::string site{};
  std::string type{};
  std::string rule{};     // "@300:2"
  std::string address{};  // or a network
  std::string verdict{};
  unsigned lines = 50;
  bool follow = false;
  bool all = false;  // without a type: also of ppp
  Format format = Format::Text;
};

struct RoutesCommand {
  Format format = Format::Text;
};

struct LeasesCommand {
  Format format = Format::Text;
};

struct MetricsCommand {
  Format format = Format::Text;
};

struct TraceCommand {
  std::string site{};
  std::string pcap{};       // a file, or "-" for standard output
  bool all = false;         // data, too
  unsigned octets = 16384;  // of each frame, at most
  unsigned count = 0;       // frames; 0: until interrupted
};

struct KeyGenCommand {
  std::string site{};
  bool force = false;
  Format format = Format::Text;
};

struct KeyShowCommand {
  std::string site{};
  Format format = Format::Text;
};

struct AuthorizedKeysCommand {
  std::vector<std::string> offered_key{};  // nothing, BASE64, or TYPE and BASE64
  std::string offered_fingerprint{};
};

struct VersionCommand {
  Format format = Format::Text;
};

/// Rule files on the command line.
struct RuleSource {
  std::filesystem::path rules{};
  std::filesystem::path nat{};           // empty: none
  std::vector<std::string> variables{};  // "local=10.224.1.2": of the rules of a site
};

struct FilterShowCommand {
  RuleSource source{};
  Format format = Format::Text;
};

struct FilterTestCommand {
  RuleSource source{};
  std::filesystem::path packets_file{};  // "-": standard input
  std::vector<std::string> packets{};    // or these
  bool hex = false;
  bool explain = false;
  bool block_by_default = false;
  std::vector<std::string> addresses{};  // "em0=192.0.2.1", for rules with 0/32
  std::uint64_t seed = 1;                // of random ports
  Format format = Format::Text;
};

struct FilterStatsCommand {
  bool unused = false;  // only rules without a packet
  Format format = Format::Text;
};

struct FilterFlushCommand {
  bool yes = false;
  Format format = Format::Text;
};

struct FilterStatesCommand {
  Format format = Format::Text;
};

struct NatSessionsCommand {
  Format format = Format::Text;
};

struct NatRulesCommand {
  Format format = Format::Text;
};

struct ImportFreebsdCommand {
  std::filesystem::path from{};
  std::filesystem::path to{};  // empty: ./tunneld-import
  Format format = Format::Text;
};

using Command =
    std::variant<StatusCommand, SiteCommand, ReloadCommand, RestartDaemonCommand, CheckCommand,
                 LogCommand, RoutesCommand, LeasesCommand, MetricsCommand, TraceCommand,
                 KeyGenCommand, KeyShowCommand, AuthorizedKeysCommand, VersionCommand,
                 FilterShowCommand, FilterTestCommand, FilterStatsCommand, FilterFlushCommand,
                 NatRulesCommand, FilterStatesCommand, NatSessionsCommand, ImportFreebsdCommand>;

struct Invocation {
  CommonOptions common{};
  Command command{};
};

/// A command line that is answered at once: --help, or a mistake.
struct EarlyAnswer {
  std::string text{};
  ExitCode code = ExitCode::Ok;  // anything but Ok: the text is for standard error
};

std::variant<Invocation, EarlyAnswer> parse_command_line(int argc, const char* const* argv);

}  // namespace tunnel::ctl
