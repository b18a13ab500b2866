// One site's profile at work. The state machine decides (site_machine.hpp); this class does:
// site.cpp brings events to the machine, site_actions.cpp carries out what it asks for, and
// site_messages.cpp takes what the bridge says.

#include "tunneld/supervisor/site.hpp"

#include "pppd-bridge/tun/tun_device.hpp"
#include "tunneld/base/escape.hpp"
#include "tunneld/base/secret.hpp"
#include "tunneld/supervisor/clock.hpp"
#include "tunneld/supervisor/ppp_settings.hpp"
#include "tunneld/supervisor/processes.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <utility>

namespace tunnel::supervisor {

namespace {

ipc::Role role_of(const config::Site& profile) {
  return profile.role() == config::Role::Dial ? ipc::Role::Dial : ipc::Role::Answer;
}

ReconnectPolicy policy_of(const config::Site& profile) {
  return ReconnectPolicy{profile.reconnect.min, profile.reconnect.max, profile.reconnect.attempts};
}

PppTimers timers_of(const config::Site& profile) {
  const auto& ppp = profile.ppp;
  return {ppp.restart, ppp.max_configure, ppp.max_terminate};
}

/// Whether a session ends by this that has not come to its end in good order.
bool ends_session(Event event, State state) {
  const bool there = state == State::Up || (state >= State::Resolve && state <= State::Ncp);
  return there &&
         (event == Event::LinkFailed || event == Event::LinkRefused || event == Event::BridgeGone);
}

}  // namespace

Site::Site(const config::Site& profile, SiteContext& context)
    : profile_{profile},
      context_{context},
      machine_{role_of(profile), policy_of(profile), patience_for(timers_of(profile)),
               context.random, *this},
      timer_{context.io},
      heartbeat_{context.io},
      authority_{profile_, context.secrets},
      guarded_{profile.routes.on_down == config::OnDown::Hold} {
  history_.since = wall_now();
  if (const auto* lease = context.leases.table().find(profile.name);
      lease != nullptr && lease->pool == profile.ppp.pool) {
    leased_ = lease->address;
  }
  const auto kept = context.history.get(profile.name);
  history_.established = kept.established;
  history_.first_established = kept.first_established;
}

Site::~Site() {
  kill_bridge();
}

ipc::Statistics SiteHistory::total() const noexcept {
  auto sum = current;
  ipc::add_counters(sum, before);
  return sum;
}

void Site::go_on_counting(const SiteHistory& earlier) noexcept {
  history_.before = earlier.total();
  history_.last_established = earlier.last_established;
}

void Site::handle(Event event, const std::string& reason) {
  if (event != Event::BridgeGone || !crash_) return decide(event, reason);
  const auto crash = *crash_;
  crash_.reset();
  const bool loop = crashes_.crashed(steady_now()) == CrashBrake::Verdict::Loop;
  if (!loop || !ends_session(event, machine_.state())) return decide(event, crash);
  decide(Event::CrashLoop, fmt::format("{}; so did several within a minute", crash));
}

void Site::decide(Event event, const std::string& reason) {
  const auto held = ends_session(event, machine_.state()) ? brake_.reason() : std::nullopt;
  if (held && brake_.tell()) {
    write(audit::LogType::Auth, audit::Priority::Warning, {},
          fmt::format("{}: held down for pauses that grow; `tunnelctl retry {}` ends that", *held,
                      profile_.name.str()));
  }
  machine_.handle(held ? Event::ProofsRefused : event, steady_now(), held.value_or(reason));
  arm_timer();
}

void Site::handle_anew(Event event, const std::string& reason) {
  brake_.release();
  crashes_.release();
  handle(event, reason);
}

void Site::handle_later(Event event, const std::string& reason) {
  boost::asio::post(context_.io, [this, event, reason, alive = std::weak_ptr{alive_}] {
    if (!alive.expired()) handle(event, reason);
  });
}

void Site::arm_timer() {
  const auto deadline = machine_.deadline();
  if (!deadline) {
    timer_.cancel();
    return;
  }
  if (timer_.expiry() == *deadline) return;
  timer_.expires_at(*deadline);
  timer_.async_wait([this, alive = std::weak_ptr{alive_}](const boost::system::error_code& error) {
    if (error || alive.expired()) return;
    machine_.expire(steady_now());
    arm_timer();
  });
}

void Site::child_ended(const ChildEnd& end) {
  const auto how = "pppd-bridge " + end.words;
  if (end.crashed && !crash_) crash_ = how;  // the bridge itself knows more
  handle(Event::BridgeGone, how);
}

/// Why a claim is not granted, if it is not: for the peer's administrator.
std::string Site::claim_refusal() const {
  const auto& name = profile_.name.str();
  if (role_of(profile_) == ipc::Role::Dial) {
    return fmt::format("site {} is one that this gateway dials, and does not answer", name);
  }
  const auto state = machine_.state();
  if (state == State::Closing || state == State::Restarting) {
    return fmt::format("site {} is being closed on this gateway: try again", name);
  }
  if (state == State::Waiting) {
    const auto rest = machine_.deadline().value_or(TimePoint{}) - steady_now();
    return fmt::format("site {} is held down on this gateway for {} s more: {}", name,
                       std::chrono::ceil<std::chrono::seconds>(rest).count(),
                       machine_.last_error());
  }
  return fmt::format("site {} is down on this gateway (tunnelctl up {})", name, name);
}

void Site::claim(Caller caller, const ipc::Claim& claim) {
  claim_ = claim;
  wipe(claim_.ticket);
  claim_.peer = escape_text(claim.peer);
  claim_.key = escape_text(claim.key);
  claimant_ = bridge_of(std::move(caller));
  if (brake_.reason()) handle(Event::BridgeGone, "replaced by a newer session");
  const auto state = machine_.state();
  const bool replaces = state == State::Up || (state >= State::Resolve && state <= State::Ncp);
  handle(Event::Claimed,
         fmt::format("{}from {} with key {}", replaces ? "replaced by a newer session " : "",
                     claim_.peer, claim_.key.empty() ? "(not told)" : claim_.key));
  if (claimant_) turn_away(claim_refusal());
}

/// Only a process of the bridges' account is ever signalled.
Site::Bridge Site::bridge_of(Caller caller) const {
  Bridge bridge{std::move(caller.channel), nullptr, caller.pid, {}, {}};
  if (!caller.handle || user_of(caller.pid) != context_.bridge_user) return bridge;
  const auto* answer = profile_.answer();
  if (answer != nullptr && answer->ticket == config::Ticket::Require) {
    bridge.session = session_process(caller.pid, context_.bridge_user);
    if (!runs(caller.handle)) bridge.session.reset();  // it may be another process's
  }
  bridge.handle = std::move(caller.handle);
  return bridge;
}

/// Why a bridge of an earlier daemon cannot go on; empty: it can.
std::string Site::adoption_refusal(const ipc::Adopt& adopt, const UniqueFd& device) {
  const auto name = tun::device_name(device);
  if (!name || *name != profile_.ppp.interface || device_) return "its device is not ours";
  if (const auto leased = lease_address(); !leased) return leased.error().message();
  // It has proved itself to the daemon before, who let the link come up: no bridge can.
  if (!profile_.ppp.auth.require.empty() && tun::carrier(*name) != tun::Carrier::On) {
    return "its peer has not proved itself";
  }
  if (adopt.up_for > steady_now().time_since_epoch()) return "its link is older than the machine";
  if (!adopt.up || !objection(*adopt.up, profile_.ppp, remote()).empty() ||
      adopt.role != role_of(profile_)) {
    return "its link is not the one in the profile";
  }
  if (adopt.settings != settings()) return "its profile has changed";
  return {};
}

void Site::adopt(Caller caller, const ipc::Adopt& adopt, UniqueFd device) {
  if (const auto why = adoption_refusal(adopt, device); !why.empty()) {
    say(audit::Priority::Warning, fmt::format("bridge {} is not adopted: {}", caller.pid, why));
    return context_.dismissals.dismiss(*caller.channel, std::move(caller.handle), why);
  }
  device_ = std::move(device);
  keep(KeptOfSite::Device, device_.get());
  take_link(*adopt.up);
  peer_ = escape_text(adopt.peer);
  key_ = escape_text(adopt.key);
  attach(bridge_of(std::move(caller)));
  authority_.adopt();
  bridge_->channel->send(settings());
  bridge_->channel->send(trace_);  // an earlier daemon may have wanted one
  adopted_since_ = wall_now() - adopt.up_for;
  handle(Event::Adopted, fmt::format("adopted bridge {}", bridge_->pid));
}

bool Site::take_device(UniqueFd& device) {
  if (device_ || !tun::set_carrier(device, tun::Carrier::Off)) return false;
  device_ = std::move(device);
  return true;
}

void Site::overhear(const ipc::FromBridge& message) {
  if (const auto* event = std::get_if<ipc::PppEvent>(&message)) return on(*event);
  if (const auto* text = std::get_if<ipc::RemoteText>(&message)) return on(*text);
  if (const auto* down = std::get_if<ipc::LinkDown>(&message)) {
    last_error_ = escape_text(down->reason);
    say(audit::Priority::Warning,
        fmt::format("the link went while there was no tunneld: {}", last_error_));
  }
  // What else it has said of its link it says again when it is adopted, and what it has asked it
  // asks again.
}

void Site::leave() {
  if (machine_.state() != State::Up) kill_bridge();
}

void Site::keep(KeptOfSite what, int descriptor) {
  context_.manager.keep(kept_name(what, profile_.name), descriptor);
}

void Site::let_go(KeptOfSite what) {
  context_.manager.let_go(kept_name(what, profile_.name));
}

void Site::device_lost() {
  if (!device_) return;
  say(audit::Priority::Warning,
      fmt::format("the tun device {} was deleted", profile_.ppp.interface.str()));
  let_go(KeptOfSite::Device);
  device_.reset();
  handle(Event::BridgeGone, "the tun device was deleted");
  const auto state = machine_.state();
  if (state == State::Waiting || state == State::Listening) {
    open_device();
  } else {
    static_cast<void>(update_network());
  }
}

void Site::path_changed() {
  if (profile_.dial() == nullptr) return;
  if (machine_.state() == State::Waiting) {
    if (machine_.braked()) return;  // another path is no reason for another try at a crash
    handle(Event::Retry, "the addresses of this gateway have changed");
  } else if (bridge_) {
    bridge_->channel->send(ipc::PathChanged{});
  }
}

std::string_view Site::proven_name() const noexcept {
  const auto& auth = profile_.ppp.auth;
  const bool proven = link_ && !auth.require.empty() && authority_.satisfied();
  return proven ? std::string_view{auth.peer} : std::string_view{};
}

void Site::write(audit::LogType type, audit::Priority priority, std::string layer,
                 std::string text) {
  audit::Record record;
  record.type = type;
  record.priority = priority;
  record.site = profile_.name.str();
  record.interface = profile_.ppp.interface.str();
  record.layer = std::move(layer);
  record.text = std::move(text);
  context_.audit.write(std::move(record));
}

void Site::say(audit::Priority priority, std::string text) {
  write(audit::LogType::Console, priority, {},
        fmt::format("tunnel={} {}", profile_.name.str(), text));
}

}  // namespace tunnel::supervisor
