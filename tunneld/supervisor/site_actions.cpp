// What the state machine asks a site to do.

#include "pppd-bridge/tun/tun_device.hpp"
#include "tunneld/base/unix_socket.hpp"
#include "tunneld/supervisor/clock.hpp"
#include "tunneld/supervisor/ppp_settings.hpp"
#include "tunneld/supervisor/processes.hpp"
#include "tunneld/supervisor/site.hpp"
#include "tunneld/supervisor/ssh_session.hpp"

#include <fmt/format.h>

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tunnel::supervisor {

namespace {

using namespace std::chrono_literals;

/// A bridge says something every second; two of these without a word, and it hangs: soon enough for
/// another one to be up within three seconds. Two, because the first may have run out while tunneld
/// itself was stopped.
constexpr auto kHeartbeat = 1200ms;

/// A link that falls silent within this time may be one that cannot carry what it is for.
constexpr auto kSoon = 10s;

ipc::SshClient client_of(const config::Dial& dial) {
  return dial.client == config::SshClient::Libssh2 ? ipc::SshClient::Libssh2
                                                   : ipc::SshClient::Openssh;
}

ipc::DialSettings dial_settings(const config::Dial& dial) {
  ipc::DialSettings settings;
  settings.host = dial.host;
  settings.port = dial.port;
  settings.user = dial.user;
  settings.host_keys = dial.host_keys;
  settings.client = client_of(dial);
  settings.ssh_config = dial.ssh_config.native();
  return settings;
}

/// "10.224.1.1 -> 10.224.1.2, fe80::1 -> fe80::2": of the families that are up.
std::string addresses_of(const ipc::LinkUp& link) {
  std::string text;
  if (const auto& v4 = link.ipv4) {
    text = fmt::format("{} -> {}", v4->local.str(), v4->remote.str());
  }
  if (const auto& v6 = link.ipv6) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} -> {}", v6->local.str(), v6->remote.str());
  }
  return text;
}

/// Of one piece for a program that reads the log, whatever is in it.
std::string quoted(std::string text) {
  std::replace(text.begin(), text.end(), '"', '\'');
  return fmt::format("reason=\"{}\"", text);
}

}  // namespace

void Site::open_device() {
  device_error_.clear();
  if (!device_) {
    auto device = tun::open_device(profile_.ppp.interface);
    const auto made =
        device ? tun::set_carrier(*device, tun::Carrier::Off) : Result<void>{device.error()};
    if (!made) {
      device_error_ = made.error().message();
      say(audit::Priority::Error, device_error_);
      return handle_later(Event::LinkFailed, device_error_);
    }
    device_ = std::move(*device);
    keep(KeptOfSite::Device, device_.get());
  }
  if (const auto done = update_network(); !done) {
    device_error_ = done.error().context;
    fail_network(done.error());
  }
}

/// What somebody else holds is given back by people, not by trying again soon.
void Site::fail_network(const Error& error) {
  const bool taken = error.code == std::errc::address_in_use;
  handle_later(taken ? Event::LinkRefused : Event::LinkFailed,
               taken ? error.context : error.message());
}

void Site::remove_device() {
  link_.reset();
  // The routes first, so that nothing is sent into a device that is about to go.
  let_go(KeptOfSite::Device);
  UniqueFd device = std::move(device_);
  static_cast<void>(update_network());
}

ipc::Settings Site::settings() const {
  ipc::Settings settings;
  settings.site = profile_.name;
  settings.interface = profile_.ppp.interface;
  settings.ppp = ppp_settings(profile_.ppp, remote());
  settings.remote6 = profile_.ppp.remote6;
  settings.networks = profile_.routes.remote;
  if (const auto* dial = profile_.dial()) {
    settings.dial = dial_settings(*dial);
    settings.credentials = {dial->identity.native(), dial->agent.native()};
  } else {
    for (const auto& key : profile_.answer()->authorized_keys) {
      settings.credentials.push_back(key.base64);
    }
  }
  return settings;
}

Result<void> Site::hand_over_settings() {
  const auto agent = open_agent();
  if (!agent) return agent.error();
  const auto listening = context_.bridge_sockets->make(profile_.name);
  if (!listening) return listening.error();
  const std::array descriptors{device_.get(), listening->get(), agent->get()};
  send_trace();  // before the settings, or it would miss the first packets
  bridge_->channel->send(settings(), std::span{descriptors}.first(*agent ? 3 : 2));
  return {};
}

void Site::trace(const ipc::Trace& wanted) {
  if (wanted == trace_) return;
  trace_ = wanted;
  if (bridge_) bridge_->channel->send(trace_);
}

void Site::send_trace() {
  if (trace_.scope != ipc::TraceScope::None) bridge_->channel->send(trace_);
}

void Site::start_bridge() {
  if (!device_error_.empty()) return;  // open_device() has posted it
  auto pair = seqpacket_pair();
  if (!pair) return handle_later(Event::LinkFailed, pair.error().message());
  auto& [ours, theirs] = *pair;
  ChildSpec spec;
  spec.program = context_.bridge_program;
  spec.arguments = {"dial", profile_.name.str(), "--supervisor", std::to_string(theirs.get())};
  if (large_packets_lost_) spec.arguments.emplace_back("--small-segments");
  spec.account = context_.bridge_account;
  spec.inherited = theirs.get();
  auto child = ChildProcess::start(context_.io, spec,
                                   [this, alive = std::weak_ptr{alive_}](const ChildEnd& end) {
                                     if (!alive.expired()) child_ended(end);
                                   });
  if (!child) return handle_later(Event::LinkFailed, child.error().message());
  const auto pid = (*child)->pid();
  attach(Bridge{std::make_shared<BridgeChannel>(context_.io, std::move(ours)), std::move(*child),
                pid, UniqueFd{}, std::nullopt});
  if (const auto handed = hand_over_settings(); !handed) {
    handle_later(Event::LinkRefused, handed.error().message());
  }
}

void Site::attach(Bridge bridge) {
  ipc::add_counters(history_.before, std::exchange(history_.current, {}));
  remote_text_.clear();
  authority_.forget();
  brake_.begin_session();
  crash_.reset();
  facts_ = kFacts;
  bridge_ = std::move(bridge);
  bridge_->channel->listen(
      [this](ipc::FromBridge message, std::vector<UniqueFd>) { received(std::move(message)); },
      [this](const std::string& why) {
        let_go(KeptOfSite::Bridge);
        // The end of a child of ours is told by the kernel, with how it ended; this is for the
        // bridge that closes its socket and lives on.
        if (!bridge_->child) return handle_later(Event::BridgeGone, why);
        heartbeat_.expires_after(100ms);
        heartbeat_.async_wait(
            [this, why, alive = std::weak_ptr{alive_}](const boost::system::error_code& error) {
              if (!error && !alive.expired()) handle(Event::BridgeGone, why);
            });
      });
}

Result<void> Site::lease_address() {
  const auto& pool = profile_.ppp.pool;
  if (pool.empty()) return {};
  const auto address = context_.leases.assign(profile_.name, pool, wall_now());
  if (!address) return address.error();
  leased_ = *address;
  return {};
}

void Site::grant_claim() {
  if (!device_error_.empty()) return turn_away(device_error_);  // open_device() has posted it
  if (const auto leased = lease_address(); !leased) {
    turn_away(leased.error().message());
    return handle_later(Event::LinkFailed, leased.error().message());
  }
  peer_ = claim_.peer;
  key_ = claim_.key;
  auto bridge = std::move(*claimant_);
  claimant_.reset();
  attach(std::move(bridge));
  write(audit::LogType::Auth, audit::Priority::Info, {},
        fmt::format("accepted from {} with key {}", peer_, key_.empty() ? "(not told)" : key_));
  if (const auto handed = hand_over_settings(); !handed) {
    handle_later(Event::LinkFailed, handed.error().message());
  }
}

void Site::refuse_claim() {
  turn_away(claim_refusal());
}

void Site::turn_away(const std::string& reason) {
  if (!claimant_) return;
  write(audit::LogType::Auth, audit::Priority::Warning, {},
        fmt::format("refused from {} with key {}: {}", claim_.peer, claim_.key, reason));
  claimant_->channel->send(ipc::Refused{reason});
  claimant_->channel->close();
  claimant_.reset();
}

void Site::stop_bridge() {
  if (bridge_) bridge_->channel->send(ipc::Shutdown{"closed by the administrator"});
}

void Site::kill_bridge() {
  heartbeat_.cancel();
  let_go(KeptOfSite::Bridge);
  if (!bridge_) return;
  bridge_->channel->close();
  kill_process(bridge_->handle);
  if (bridge_->session) end_session(context_.io, *bridge_->session, context_.bridge_user);
  context_.bridge_sockets->remove(profile_.name);
  bridge_.reset();
}

void Site::note_established() {
  const auto now = wall_now();
  const auto since = adopted_since_.value_or(now);
  const bool new_link = !std::exchange(adopted_since_, std::nullopt);
  if (new_link) history_.established += 1;
  history_.current_established = since;
  history_.last_established = since;
  if (!history_.first_established) history_.first_established = since;
  up_since_ =
      steady_now() - std::chrono::duration_cast<std::chrono::steady_clock::duration>(now - since);
  const auto kept =
      context_.history.put(profile_.name, {history_.established, history_.first_established});
  if (!kept) say(audit::Priority::Warning, kept.error().message());
}

void Site::note_link() {
  write(audit::LogType::Ppp, audit::Priority::Notice, "Link",
        fmt::format("LayerUp: {} mru {} via {}", addresses_of(*link_), link_->transmit_mru.bytes,
                    link_->transport));
}

void Site::take_up() {
  note_established();
  note_link();
  // Addresses and routes before the carrier, so that the first packet finds its way.
  if (const auto done = update_network(); !done) return fail_network(done.error());
  if (const auto on = tun::set_carrier(device_, tun::Carrier::On); !on) {
    return handle_later(Event::LinkFailed, on.error().message());
  }
  if (bridge_) keep(KeptOfSite::Bridge, bridge_->channel->descriptor());
  arm_heartbeat();
}

void Site::take_down() {
  heartbeat_.cancel();
  let_go(KeptOfSite::Bridge);
  if (device_) static_cast<void>(tun::set_carrier(device_, tun::Carrier::Off));
  link_.reset();
  history_.current_established.reset();
  static_cast<void>(update_network());
}

void Site::arm_heartbeat() {
  heartbeat_.expires_after(kHeartbeat);
  heartbeat_.async_wait(
      [this, alive = std::weak_ptr{alive_}](const boost::system::error_code& error) {
        if (error || alive.expired()) return;
        if (++missed_heartbeats_ < 2) return arm_heartbeat();
        handle(Event::Timeout, "the bridge does not answer");
      });
}

void Site::alert(const std::string& reason) {
  say(audit::Priority::Error,
      fmt::format(
          "alert {}: a retry cannot mend this; after you have, `tunnelctl reload` and `tunnelctl "
          "retry {}`",
          quoted(reason), profile_.name.str()));
}

/// The link's end is written when its last counts are known: at once, unless it is closed in good
/// order, which takes a moment.
void Site::note_layer_down(const Transition& transition) {
  if (transition.from == State::Up) {
    ended_ = EndedLink{transition.reason, steady_now() - up_since_};
    if (profile_.dial() != nullptr) suspect_black_hole(ended_->lasted, ended_->reason);
  }
  const bool closing = transition.to == State::Closing || transition.to == State::Restarting;
  if (!ended_ || closing) return;
  const auto& last = history_.current;
  write(audit::LogType::Ppp, audit::Priority::Notice, "Link",
        fmt::format("LayerDown: {}; {} s, {} packets {} bytes in, {} packets {} bytes out",
                    ended_->reason,
                    std::chrono::duration_cast<std::chrono::seconds>(ended_->lasted).count(),
                    last.packets_in, last.bytes_in, last.packets_out, last.bytes_out));
  ended_.reset();
}

/// A path that lets small packets through alone, and tells nobody, takes one link after the other
/// as soon as it is used.
void Site::suspect_black_hole(Duration lasted, const std::string& reason) {
  const bool silent = reason.find("Echo-Requests") != std::string::npos;
  large_packets_lost_ = silent && lasted < kSoon;
  if (large_packets_lost_) {
    say(audit::Priority::Warning,
        "the peer fell silent soon: the next link is made with small segments, in case large "
        "packets are lost on the way");
  }
}

void Site::changed(const Transition& transition) {
  // Whatever a bridge may say or not say: nobody signs once the login is over.
  if (transition.to < State::Resolve || transition.to > State::Auth) agent_.reset();
  note_layer_down(transition);
  history_.since = wall_now();
  if (!machine_.last_error().empty() && machine_.last_error() == transition.reason) {
    last_error_ = transition.reason;
    history_.last_error_at = history_.since;
  }
  auto text = fmt::format("state {} -> {} on={}", name(transition.from), name(transition.to),
                          name(transition.event));
  if (transition.pause) {
    text += fmt::format(" pause={:.1f}s", std::chrono::duration<double>(*transition.pause).count());
  }
  if (!transition.reason.empty()) text += ' ' + quoted(transition.reason);
  say(transition.to == State::Waiting ? audit::Priority::Warning : audit::Priority::Info,
      std::move(text));
  if (context_.changed) context_.changed(profile_.name, transition);
}

}  // namespace tunnel::supervisor
