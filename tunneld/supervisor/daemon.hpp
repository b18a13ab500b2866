#pragma once

#include "tunneld/audit/audit.hpp"
#include "tunneld/base/rate_limiter.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/config/load.hpp"
#include "tunneld/supervisor/adoptions.hpp"
#include "tunneld/supervisor/bridge_listener.hpp"
#include "tunneld/supervisor/bridge_sockets.hpp"
#include "tunneld/supervisor/control_server.hpp"
#include "tunneld/supervisor/left_behind.hpp"
#include "tunneld/supervisor/metrics_export.hpp"
#include "tunneld/supervisor/network.hpp"
#include "tunneld/supervisor/notify.hpp"
#include "tunneld/supervisor/packet_filter.hpp"
#include "tunneld/supervisor/packet_log.hpp"
#include "tunneld/supervisor/site.hpp"
#include "tunneld/supervisor/successor.hpp"
#include "tunneld/supervisor/ticket_office.hpp"
#include "tunneld/supervisor/tickets.hpp"
#include "tunneld/supervisor/wishes.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::supervisor {

/// What a reload did.
struct ReloadReport {
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> changed;
  std::vector<std::string> unchanged;
  std::vector<std::string> retried;  // of the unchanged: they waited, and their secrets are others
  std::optional<RuleChanges> rules{};  // nothing: there is no packet filter
};

/// "1 added, 0 removed, 2 changed, 5 unchanged".
std::string summary(const ReloadReport& report);

/// Why a reload did nothing: each a text to be shown as it is.
struct ReloadRefused {
  std::vector<std::string> diagnostics;
  std::string why{"the configuration has errors"};
};

/// The supervisor: all sites of one gateway, and what they share. One thread, one io_context.
class Daemon final : private ControlApi {
 public:
  struct Start {
    std::filesystem::path config_dir;
    config::Configuration configuration;
    config::Secrets secrets;
    policy::FilterPolicy policy;
    std::filesystem::path bridge_program;
    /// This program, and what an earlier one has left to it.
    Program program{};
    LeftBehind left{};
    bool left_is_lost = false;  // there was something, and nobody can tell what
  };

  static Result<std::unique_ptr<Daemon>> create(boost::asio::io_context& context, Start start);

  /// Guards, then sites, then readiness; returns when the daemon has been told to end and its links
  /// are closed. Where they are left to the next one, the process ends here.
  void run();

 private:
  Daemon(boost::asio::io_context& context, Start start);

  Result<void> open_sockets();
  Result<void> open_control_sockets();
  /// A socket of runtime_dir: the one that an earlier daemon has left to us, or one of our own.
  Result<UniqueFd> listen_at(const std::string& name, SocketKind kind, mode_t mode);
  Result<UniqueFd> listen_for(const AccessGroup& group, const std::string& name);
  using Check = std::function<Result<void>(const UniqueFd&)>;
  /// The first of that name that passes the check; whatever else has the name is refused.
  UniqueFd take_left(const std::string& name, const Check& check);
  void take_wishes();
  /// As they are now, for the next daemon.
  void keep_wishes();
  Wishes present_wishes() const;
  bool wanted_up(const config::Site& profile) const;
  void forget_what_was_left(const std::vector<config::Site>& sites);
  /// Bridges that this process has started before it executed the program that it is now.
  void take_children();
  /// The device of the site, if an earlier daemon has left it to us.
  bool take_device(Site& site);
  void take_bridge(const SiteName& name);
  void overheard(const SiteName& name, const ipc::FromBridge& message);
  void refuse_what_is_left();
  void refuse_left(const std::string& name, const std::string& why);
  Result<void> open_bridge_sockets(uid_t bridge_user);
  Result<void> open_filter(policy::FilterPolicy policy);
  /// Before the policy is in force: what its rules log is not to be missed.
  void open_packet_log(const policy::FilterPolicy& policy);
  void policy_in_force(const policy::FilterPolicy& policy,
                       const std::vector<filter::compiler::NumberedRule>& rules);
  void close_packet_log();
  void start_sites();
  void call_bridges_of_earlier();
  void abandon_device(const Site& site);
  void give_up_adoption(const SiteName& name);
  /// The site's peer no longer has its address of a pool, if it had one.
  void release_lease(const SiteName& site);
  void caller(Caller caller, ipc::FromBridge first);
  void claimed(Caller caller, const ipc::Claim& claim);
  /// Why a claim is not even heard by the site; empty: it is.
  std::string claim_refusal(const Caller& caller, const ipc::Claim& claim);
  std::string ticket_refusal(const Caller& caller, const ipc::Claim& claim, const Site& site);
  ipc::TicketAnswer ticket_wanted(pid_t who, const ipc::TicketWanted& wanted);
  void adopted(const SiteName& socket, Caller caller, const ipc::Adopt& adopt,
               std::vector<UniqueFd> descriptors);
  void changed(const SiteName& name, const Transition& transition);
  void arm_signals();
  void stop();

  /// How this daemon goes without closing its links.
  enum class Departure : std::uint8_t { Ends, Executes };

  void depart(Departure how);
  [[noreturn]] void go(Departure how);
  std::vector<LeftBehind::Each> what_is_kept();
  RpcResult restart_daemon(ClientId client);
  Result<void> begin_check(ClientId client);
  void checked(const ChildEnd& end);
  void refuse_restart(const std::string& why);
  void finish_if_stopped();

  using ReloadResult = std::variant<ReloadReport, ReloadRefused>;
  ReloadResult reload();
  ReloadReport apply(config::Configuration wanted);
  std::vector<std::string> said(const std::vector<Diagnostic>& diagnostics);
  std::function<bool(const InterfaceName&)> taken() const;
  std::vector<std::string> needs_restart(const config::Configuration& wanted);
  std::vector<std::string> renew_filter(const config::Configuration& wanted);
  void let_go(const InterfaceName& interface);
  /// Who waits since a secret was wrong need not wait for the rest of the pause. Returns their
  /// names.
  std::vector<std::string> retry_with_other_secrets(const config::Secrets& before);
  enum class Begin : std::uint8_t { Now, WhenAsked };

  struct Successor {
    std::optional<config::Site> profile;  // nothing: the site is gone
    Begin begin = Begin::WhenAsked;
  };

  static Begin begin_of(const config::Site& profile);
  void add(const config::Site& profile, Begin begin, const SiteHistory& earlier);
  void replace(const SiteName& name, std::optional<config::Site> successor, const std::string& why);
  /// Puts the successor, if any, in the place of a site whose link is closed.
  void settle(const SiteName& name);
  Site* find(const SiteName& name);
  std::unique_ptr<Site> make_site(const config::Site& profile);

  /// A line of a log, with what is known of it.
  struct LogEntry {
    audit::WallTime time;
    boost::json::object record;
  };

  // ControlApi
  RpcResult call(std::string_view method, const boost::json::object& params,
                 ClientId client) override;
  void client_gone(ClientId client) override;
  void not_allowed(const PeerCredentials& peer, std::string_view sentence) override;
  void commanded(const PeerCredentials& peer, std::string_view method,
                 const boost::json::object& params) override;
  RpcResult trace(const boost::json::object& params, ClientId client);
  void traced(const SiteName& name, const ipc::TracedFrame& frame);
  /// Tells the site's bridge what all who trace it want together.
  void renew_trace(const SiteName& name);
  RpcResult status(const boost::json::object& params);
  std::int64_t awaited_bridges() const;
  /// Sentences about what is in the way of what is wanted.
  std::vector<std::string> conflicts() const;
  /// For Prometheus.
  std::string metrics() const;
  RpcResult site_verb(std::string_view verb, const boost::json::object& params);
  RpcResult down(Site& site, bool withdraw);
  static RpcResult to_successor(Successor& successor, std::string_view verb,
                                const std::string& name);
  RpcResult reload_verb();
  RpcResult log(const boost::json::object& params) const;
  static RpcResult last_of(std::vector<LogEntry> entries, std::size_t most);
  RpcResult routes() const;
  RpcResult leases() const;
  RpcResult filter_stats();
  RpcResult filter_flush();
  RpcResult nat_rules() const;
  RpcResult filter_states();
  RpcResult nat_sessions();
  /// The site that a packet or a translation is of: by the interface, or else by the networks.
  std::string site_of_traffic(const std::string& interface,
                              const std::vector<filter::HostAddress>& hosts) const;
  void publish_log(const audit::Record& record, const std::string& line);
  std::vector<LogEntry> log_entries(audit::LogType type,
                                    const std::optional<std::string>& site) const;
  /// The last lines of filter.log or nat.log that are selected.
  std::vector<LogEntry> traffic_entries(audit::LogType type, const TrafficSelection& selection,
                                        const std::optional<std::string>& site) const;
  boost::json::object log_record(const audit::Record& record, const std::string& line) const;
  std::variant<Site*, RpcError> site_from(const boost::json::object& params);
  std::string site_of(const audit::Record& record) const;

  void say(audit::Priority priority, std::string text);
  /// A warning in auth.log. Whoever keeps asking must not fill it.
  void tell_refusal(ToldSparingly& sparingly, std::string site, std::string text);
  void update_service_status();

  boost::asio::io_context& io_;
  std::filesystem::path config_dir_;
  config::Gateway gateway_;
  audit::Audit audit_;
  ServiceManager manager_;
  Dismissals dismissals_;
  HistoryStore history_;
  LeaseStore leases_;
  config::Secrets secrets_;
  std::unique_ptr<PacketFilter> filter_;
  std::unique_ptr<PacketLog> packet_log_;  // while there is a [filter]

  /// What the kernel had to drop of what it tells the packet log.
  struct LostRecords {
    std::uint64_t packets = 0;
    std::uint64_t events = 0;
  };

  LostRecords lost_records() const;

  LostRecords lost_before_;  // by packet logs that are closed
  std::unique_ptr<Network> network_;
  std::optional<BridgeSockets> bridge_sockets_;  // of which sites make use until their end
  SiteContext site_context_;
  std::map<SiteName, std::unique_ptr<Site>> sites_;

  /// What takes the place of a site as soon as its old link is closed.
  std::map<SiteName, Successor> successors_;

  /// One client's `trace`.
  struct Tracer {
    ClientId client;
    SiteName site;
    ipc::Trace wanted;
    std::uint32_t lost = 0;  // frames that the client was too slow for
  };

  std::vector<Tracer> tracers_;
  ToldSparingly control_refusals_{10, 1};
  ToldSparingly key_refusals_{10, 1};
  ToldSparingly claim_refusals_{500, 5};  // as many sites may dial a daemon that has just started
  std::unique_ptr<boost::asio::steady_timer> stop_timer_;
  std::unique_ptr<Adoptions> adoptions_;
  Tickets tickets_;
  std::unique_ptr<TicketOffice> ticket_office_;
  std::unique_ptr<BridgeListener> bridges_;
  std::unique_ptr<ControlServer> control_;
  boost::asio::signal_set signals_;
  Program program_;
  LeftBehind left_;
  bool left_is_lost_ = false;
  UniqueFd wishes_file_;
  Wishes wishes_;
  std::map<SiteName, std::shared_ptr<BridgeChannel>> overheard_;
  std::list<boost::asio::posix::stream_descriptor> children_;  // pidfds

  /// A `restart-daemon` whose program is being tried.
  struct Restart {
    ClientId client;
    UniqueFd said;
    std::unique_ptr<ChildProcess> child;
    std::unique_ptr<boost::asio::steady_timer> patience;
  };

  std::optional<Restart> restart_;
  std::optional<Departure> departure_;
  std::optional<config::Metrics> metrics_wanted_;
  MetricsExport metrics_export_;
  audit::WallTime started_;
  bool stopping_ = false;
};

}  // namespace tunnel::supervisor
