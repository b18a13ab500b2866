#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/ppp_terms.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tunnel::config {

enum class Role : std::uint8_t { Dial, Answer };
enum class Autostart : std::uint8_t { No, Yes };
enum class SshClient : std::uint8_t { Libssh2, Openssh };
/// What becomes of a site's networks while its link is down: refused, or left to another route.
enum class OnDown : std::uint8_t { Hold, Withdraw };
/// Whether tunneld switches on forwarding between its tunnels and the other interfaces.
enum class Forwarding : std::uint8_t { Enable, LeaveAlone };

/// [gateway] of tunneld.toml.
struct Gateway {
  std::string name;  // the host name, unless the file says otherwise
  std::filesystem::path runtime_dir{"/run/tunneld"};
  std::filesystem::path log_dir{"/var/log/tunneld"};
  std::filesystem::path state_dir{"/var/lib/tunneld"};
  std::string control_group{"tunneld"};  // who may use control.sock
  std::string read_group{};              // who may use read.sock; empty: there is none
  std::string bridge_user{"pppossh"};    // the account of every pppd-bridge
  std::string user{"tunneld"};           // the account of tunneld itself
  std::filesystem::path bridge{};        // empty: the pppd-bridge beside tunneld
  Forwarding forwarding = Forwarding::Enable;

  bool operator==(const Gateway&) const = default;
};

/// A public key as it stands in a profile, checked: `base64` decodes to a key of type `type`.
struct AuthorizedKey {
  std::string type;     // "ssh-ed25519"
  std::string base64;   // "AAAA..."
  std::string comment;  // may be empty; without control characters

  bool operator==(const AuthorizedKey&) const = default;
};

/// [ssh] of a site that dials.
struct Dial {
  std::string host;  // a name, or an address of either family without brackets
  std::uint16_t port = 22;
  std::string user{"pppossh"};
  std::filesystem::path identity{};      // absolute; empty only with SshClient::Openssh
  std::vector<std::string> host_keys{};  // "TYPE BASE64", without comment; never empty
  SshClient client = SshClient::Libssh2;
  std::filesystem::path ssh_config{};  // absolute, or empty; only with SshClient::Openssh
  /// The socket of an SSH agent, absolute; empty: tunneld signs with `identity` itself. Else that
  /// only says which key of the agent is meant.
  std::filesystem::path agent{};

  bool operator==(const Dial&) const = default;
};

/// [ssh] of a site that answers.
/// Whether a bridge that sshd has started must show a ticket of tunneld's for its site.
enum class Ticket : std::uint8_t { Require, None };

struct Answer {
  std::vector<AuthorizedKey> authorized_keys{};  // never empty
  std::vector<std::string> from{};               // "ADDRESS/LENGTH"; empty: from everywhere
  Ticket ticket = Ticket::Require;

  bool operator==(const Answer&) const = default;
};

/// As it is written in a profile: "chap-md5".
std::string_view word(AuthMethod method) noexcept;

/// [ppp.auth]. The secrets are in secrets.toml.
struct PppAuth {
  std::vector<AuthMethod> require{};  // how the peer must prove itself, best first; empty: need not
  std::vector<AuthMethod> accept{};   // how this end proves itself if asked, best first
  std::string name{};                 // this end's; never empty where `accept` is not
  std::string peer{};                 // the peer's; never empty where `require` is not
  std::chrono::milliseconds rechallenge{0};  // between challenges while the link is up; 0: never

  bool operator==(const PppAuth&) const = default;
};

/// [ppp] of a site. Counters and timers are those of RFC 1661 §4.6.
struct Ppp {
  InterfaceName interface;
  AddressWish local{};   // no more than a default where `options.ip` is Deny, as is `remote`
  AddressWish remote{};  // where `pool` is empty
  std::string pool{};    // where the peer's address comes from instead; only of a site that answers
  std::optional<Ipv6Address> local6{};  // both or neither
  std::optional<Ipv6Address> remote6{};
  std::uint64_t interface_id = 0;  // RFC 5072 §4; 0: a random one
  std::string ident{};  // RFC 1570 Identification, at most 255 bytes; empty: none is sent
  Mru mru{1500};
  std::uint32_t accm = 0;  // what the peer shall escape
  Fcs fcs = Fcs::Ccitt16;  // what is asked for
  std::chrono::milliseconds restart{3000};
  unsigned max_configure = 10;
  unsigned max_terminate = 2;
  unsigned max_failure = 5;
  std::chrono::milliseconds echo_interval{1000};
  unsigned echo_failures = 3;
  std::vector<Ipv4Address> dns{};   // told to a peer that asks; at most two
  std::vector<Ipv4Address> nbns{};  // the same
  Offload offload = Offload::Use;
  ClampMss clamp_mss = ClampMss::Yes;
  PppPolicies options{};
  PppAuth auth{};

  bool operator==(const Ppp&) const = default;
};

/// [routes] of a site. The remote networks are also the only sources taken from its tunnel,
/// besides the peer's own address.
struct Routes {
  std::vector<Prefix> remote{};  // of both families, in the profile's order
  std::uint32_t metric = 50;     // 1 to 2^31 - 1, so that a worse metric can always be had
  OnDown on_down = OnDown::Hold;

  bool operator==(const Routes&) const = default;
};

/// [reconnect] of a site that dials; the defaults for one that answers.
struct Reconnect {
  std::chrono::milliseconds min{1000};
  std::chrono::milliseconds max{60000};
  unsigned attempts = 0;  // 0: for ever

  bool operator==(const Reconnect&) const = default;
};

/// One profile: /etc/tunneld/sites/NAME.toml.
struct Site {
  SiteName name;
  std::string description{};
  Autostart autostart = Autostart::Yes;
  std::variant<Dial, Answer> ssh;
  Ppp ppp;
  Routes routes{};
  Reconnect reconnect{};
  std::filesystem::path file{};  // the profile

  Role role() const noexcept {
    return std::holds_alternative<Dial>(ssh) ? Role::Dial : Role::Answer;
  }

  /// nullptr for the other role.
  const Dial* dial() const noexcept { return std::get_if<Dial>(&ssh); }

  const Answer* answer() const noexcept { return std::get_if<Answer>(&ssh); }

  bool operator==(const Site&) const = default;
};

/// Addresses from one to another, both included.
struct AddressRange {
  Ipv4Address first;
  Ipv4Address last;

  bool operator==(const AddressRange&) const = default;
};

/// All addresses of a network of IPv4.
AddressRange range_of(const Prefix& network);

/// [pools.NAME] of tunneld.toml: addresses for the peers of sites that answer.
struct Pool {
  std::string name;
  std::vector<AddressRange> addresses{};  // never empty; none overlaps another

  bool operator==(const Pool&) const = default;
};

/// What becomes of packets that no rule matches.
enum class FilterDefault : std::uint8_t { Pass, Block };
/// Whether filter.log says when the states of rules begin and end.
enum class LogStates : std::uint8_t { No, Yes };

/// [filter] of a profile: rules in which $interface, $local and $remote stand for the site's own.
struct SiteRules {
  SiteName site;
  std::filesystem::path rules{};  // absolute, or empty
  std::filesystem::path nat{};    // the same

  bool operator==(const SiteRules&) const = default;
};

/// [filter] of tunneld.toml, and of the profiles.
struct Filter {
  std::filesystem::path rules{};  // absolute, or empty
  std::filesystem::path nat{};    // the same
  FilterDefault by_default = FilterDefault::Pass;
  std::uint16_t log_group = 5;            // of NFLOG
  std::uint32_t mark_mask = 0x00ff'ffff;  // our bits of the conntrack mark: the lowest ones
  LogStates log_states = LogStates::No;
  std::vector<SiteRules> sites{};  // sorted by name; those that have rules

  bool operator==(const Filter&) const = default;
};

/// [metrics] of tunneld.toml: a file for the textfile collector of Prometheus' node_exporter.
struct Metrics {
  std::filesystem::path file{};  // absolute, *.prom
  std::chrono::milliseconds interval{15'000};

  bool operator==(const Metrics&) const = default;
};

/// All that tunneld is told: comparable as a whole and site by site, for a reload to see what
/// changed.
struct Configuration {
  Gateway gateway;
  std::vector<Site> sites;         // sorted by name
  std::vector<Pool> pools{};       // sorted by name
  std::optional<Filter> filter{};  // nothing where no file has a [filter]
  std::optional<Metrics> metrics{};

  bool operator==(const Configuration&) const = default;
};

}  // namespace tunnel::config
