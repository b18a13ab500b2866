#pragma once

#include "tunneld/audit/audit.hpp"
#include "tunneld/base/rate_limiter.hpp"
#include "tunneld/base/unique_fd.hpp"
#include "tunneld/config/configuration.hpp"
#include "tunneld/config/secrets.hpp"
#include "tunneld/ipc/messages.hpp"
#include "tunneld/supervisor/bridge_channel.hpp"
#include "tunneld/supervisor/bridge_sockets.hpp"
#include "tunneld/supervisor/child_process.hpp"
#include "tunneld/supervisor/crash_brake.hpp"
#include "tunneld/supervisor/dial_agent.hpp"
#include "tunneld/supervisor/dismissal.hpp"
#include "tunneld/supervisor/history_store.hpp"
#include "tunneld/supervisor/lease_store.hpp"
#include "tunneld/supervisor/left_behind.hpp"
#include "tunneld/supervisor/network.hpp"
#include "tunneld/supervisor/notify.hpp"
#include "tunneld/supervisor/ppp_authority.hpp"
#include "tunneld/supervisor/processes.hpp"
#include "tunneld/supervisor/proof_brake.hpp"
#include "tunneld/supervisor/site_machine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::supervisor {

/// What all sites share.
struct SiteContext {
  boost::asio::io_context& io;
  audit::Audit& audit;
  /// Keeps devices and the sockets of bridges that have a link over a restart.
  ServiceManager& manager;
  Dismissals& dismissals;
  Network* network = nullptr;
  HistoryStore& history;
  /// Where a site with a pool gets its peer's address from; the daemon releases it when the link is
  /// down.
  LeaseStore& leases;
  /// What PPP names prove themselves with. A reload changes it in its place.
  const config::Secrets& secrets;
  std::filesystem::path bridge_program;
  std::filesystem::path runtime_dir;
  /// Where each bridge can be found again by the next tunneld; opened before any site begins.
  const BridgeSockets* bridge_sockets = nullptr;
  std::optional<Account> bridge_account;  // nothing: this process's own
  uid_t bridge_user = 0;
  RandomBelow random;
  /// Told of every frame of a trace.
  std::function<void(const SiteName&, const ipc::TracedFrame&)> traced;
  /// Told of every change of state, after it.
  std::function<void(const SiteName&, const Transition&)> changed;
};

/// A bridge that tunneld has not started itself, and who it is.
struct Caller {
  std::shared_ptr<BridgeChannel> channel;
  pid_t pid = 0;
  UniqueFd handle;  // a pidfd of exactly that process; it may be missing
};

/// What the counters of `tunnelctl status` hold for one site.
struct SiteHistory {
  unsigned established = 0;
  std::optional<audit::WallTime> first_established{};
  std::optional<audit::WallTime> current_established{};
  std::optional<audit::WallTime> last_established{};  // also after that link's end
  std::optional<audit::WallTime> last_error_at{};
  audit::WallTime since{};
  ipc::Statistics before{};   // totals of bridges that are gone
  ipc::Statistics current{};  // of the present bridge

  /// The counters of all bridges; what is of one moment, of the present one.
  ipc::Statistics total() const noexcept;
};

/// One profile at work: its state machine, its tun device, its bridge.
class Site final : private SiteOutput {
 public:
  Site(const config::Site& profile, SiteContext& context);
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;
  ~Site();

  /// The same site had another profile before: its counters go on. Before it is started.
  void go_on_counting(const SiteHistory& earlier) noexcept;

  void start() { handle(Event::Start, {}); }

  /// A device of an earlier daemon is there, whose bridge may come forward.
  void await_adoption() { machine_.expect_start("waiting for its bridge to come forward"); }

  void stop(const std::string& reason) { handle_anew(Event::Stop, reason); }

  void restart(const std::string& reason) { handle_anew(Event::Restart, reason); }

  void retry(const std::string& reason) { handle_anew(Event::Retry, reason); }

  /// An answering bridge wants this site's link.
  void claim(Caller caller, const ipc::Claim& claim);
  /// A bridge of an earlier tunneld has this site's link; the device is its tun descriptor.
  void adopt(Caller caller, const ipc::Adopt& adopt, UniqueFd device);
  /// The device of an earlier daemon, whose bridge is gone: used as if we had made it, or left
  /// alone (false).
  bool take_device(UniqueFd& device);
  /// What its bridge had said while there was no tunneld to hear it.
  void overhear(const ipc::FromBridge& message);
  /// The daemon goes, and the next one adopts what is up; what is not up yet is ended.
  void leave();
  /// The tun device was deleted by somebody else.
  void device_lost();
  /// The gateway's addresses outside have changed: a link that was dialled is looked at now, and
  /// not when its next echoes are due; one that waits for the next attempt is tried.
  void path_changed();
  /// From now on the networks are refused (or not) while the link is down.
  void guard(bool on);

  /// The same, before the site wants anything of the kernel: its networks are not refused.
  void begin_withdrawn() noexcept { guarded_ = false; }

  /// Whether its networks are refused while the link is down.
  bool guarded() const noexcept { return guarded_; }

  enum class Device : std::uint8_t { Absent, Present };
  /// From now on the bridges of this site, the present one and those to come, report frames.
  void trace(const ipc::Trace& wanted);

  /// What this site wants of the kernel, with or without a tun device.
  SiteNetwork network(Device device) const;
  /// The same while an earlier daemon's bridge is expected to come forward with the device: its
  /// link, which is not known yet, goes on undisturbed.
  SiteNetwork network_left_behind(Mtu mtu) const;

  const config::Site& profile() const noexcept { return profile_; }

  const SiteMachine& machine() const noexcept { return machine_; }

  const SiteHistory& history() const noexcept { return history_; }

  const std::optional<ipc::LinkUp>& link() const noexcept { return link_; }

  const std::string& peer() const noexcept { return peer_; }

  const std::string& key() const noexcept { return key_; }

  /// The name that the peer has proved by PPP's authentication; empty: none was asked for, or there
  /// is no link.
  std::string_view proven_name() const noexcept;

  /// The last thing that went wrong, also after it was mended.
  const std::string& last_error() const noexcept { return last_error_; }

  pid_t bridge_pid() const noexcept { return bridge_ ? bridge_->pid : 0; }

  /// Our child that has the link; 0: there is none, or it is sshd's, or an earlier daemon's.
  pid_t child() const noexcept { return bridge_ && bridge_->child ? bridge_->pid : 0; }

 private:
  struct Bridge {
    std::shared_ptr<BridgeChannel> channel;
    std::unique_ptr<ChildProcess> child;  // only of a dialling bridge that we started
    pid_t pid = 0;
    UniqueFd handle;  // a pidfd, so that no other process is signalled; it may be missing
    std::optional<ProcessMark> session;  // of sshd, if a ticket shows that it is one
  };

  // SiteOutput
  void open_device() override;
  void remove_device() override;
  void start_bridge() override;
  void grant_claim() override;
  void refuse_claim() override;
  void stop_bridge() override;
  void kill_bridge() override;
  void take_up() override;
  void take_down() override;
  void alert(const std::string& reason) override;
  void changed(const Transition& transition) override;

  void keep(KeptOfSite what, int descriptor);
  void let_go(KeptOfSite what);
  void handle(Event event, const std::string& reason);
  void decide(Event event, const std::string& reason);
  void child_ended(const ChildEnd& end);
  /// The same, from the administrator, who forgives the peer what it failed in.
  void handle_anew(Event event, const std::string& reason);
  void handle_later(Event event, const std::string& reason);
  void arm_timer();
  void attach(Bridge bridge);
  void received(ipc::FromBridge message);
  void on(const ipc::StageReached& reached);
  void on(const ipc::LinkUp& up);
  void on(const ipc::LinkDown& down);
  void on(const ipc::Statistics& statistics);
  void on(const ipc::PppEvent& event);
  void on(const ipc::RemoteText& text);
  void on(const ipc::ChallengeWanted&);
  void on(const ipc::ProofReceived&);
  void on(const ipc::ProofWanted&);
  void on(const ipc::TracedFrame&);
  void on(const ipc::CallRefused& refused);
  void on(const ipc::Claim&);
  void on(const ipc::Adopt&);

  std::string claim_refusal() const;
  void turn_away(const std::string& reason);
  std::string adoption_refusal(const ipc::Adopt& adopt, const UniqueFd& device);
  Bridge bridge_of(Caller caller) const;
  /// Where the peer may live.
  AddressWish remote() const;
  std::optional<routes::Pair4> ipv4_ends() const;
  void note_agreed(const ipc::LinkUp& link);
  /// Why a link is not what the profile asks for; empty: it is.
  bool admits_line();
  std::string objection_to(const ipc::LinkUp& up) const;
  void answer(ipc::ToBridge answer);
  /// An address for the peer, where the profile has a pool for it.
  Result<void> lease_address();
  void take_link(const ipc::LinkUp& up);
  ipc::Settings settings() const;
  Result<UniqueFd> open_agent();
  AgentObserver agent_observer();
  Result<void> hand_over_settings();
  void send_trace();
  Result<void> update_network();
  void write(audit::LogType type, audit::Priority priority, std::string layer, std::string text);
  void say(audit::Priority priority, std::string text);
  void fail_network(const Error& error);
  void arm_heartbeat();
  void note_established();
  void note_link();
  void note_layer_down(const Transition& transition);
  void suspect_black_hole(Duration lasted, const std::string& reason);

  config::Site profile_;
  SiteContext& context_;
  SiteMachine machine_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer heartbeat_;
  UniqueFd device_;
  std::optional<Bridge> bridge_;
  std::optional<Bridge> claimant_;
  std::unique_ptr<DialAgent> agent_;  // while it dials
  ipc::Claim claim_;
  PppAuthority authority_;
  ProofBrake brake_;  // only of a site that answers: who dials, pauses by itself
  CrashBrake crashes_;
  std::optional<std::string> crash_;  // of the present bridge, which is about to be gone
  ipc::Trace trace_;
  std::optional<Ipv4Address> leased_;  // to the peer, from the profile's pool
  std::optional<ipc::LinkUp> link_;
  std::optional<routes::Pair4> agreed_ipv4_;      // by the last link
  std::optional<Ipv6Address> agreed_link_local_;  // likewise, ours
  std::string peer_;
  std::string key_;
  std::string remote_text_;  // the last line the far side printed: often the reason of a failure
  std::string last_error_;
  std::string device_error_;  // why there is no device; empty: there is, or it was not tried
  TimePoint up_since_{};

  /// A peer that negotiates anew all the time is answered ten times a second (docs/ppp.md).
  static constexpr RateLimiter kFacts{500, 50};

  struct EndedLink {
    std::string reason;
    std::chrono::steady_clock::duration lasted;
  };

  /// The last link came up and fell silent soon: what set it up is small, what it carries is not.
  bool large_packets_lost_ = false;
  std::optional<EndedLink> ended_;                // and not yet in the log
  std::optional<audit::WallTime> adopted_since_;  // while a link is taken over that was up already
  bool guarded_ = true;
  int missed_heartbeats_ = 0;
  RateLimiter facts_ = kFacts;   // that the present bridge may report
  RateLimiter lines_{1000, 50};  // that a bridge may have written
  RateLimiter reports_{1, 1};    // of how many it may not
  std::uint64_t lines_suppressed_ = 0;
  SiteHistory history_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // posted handlers hold a weak_ptr
};

}  // namespace tunnel::supervisor
