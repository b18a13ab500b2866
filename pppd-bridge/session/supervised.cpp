#include "pppd-bridge/session/supervised.hpp"

#include "pppd-bridge/loop/loop.hpp"
#include "pppd-bridge/sandbox/sandbox.hpp"
#include "pppd-bridge/sandbox/violation.hpp"
#include "pppd-bridge/session/dialogue.hpp"
#include "pppd-bridge/session/link_options.hpp"
#include "pppd-bridge/session/stop_signals.hpp"
#include "pppd-bridge/session/system_random.hpp"
#include "pppd-bridge/session/unused_pages.hpp"
#include "tunneld/base/secret.hpp"

#include <fmt/format.h>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <utility>

namespace tunnel::session {

namespace {

using namespace std::chrono_literals;

/// Once a second, as a rule: as soon as the bridge is awake anyway, which its peer's echo sees to,
/// and at the latest a little after. An idle link then wakes it once a second, and not twice.
constexpr auto kStatisticsSoonest = 750ms;
constexpr auto kStatisticsLatest = 1100ms;
/// Bytes of an interval that make it a burst of traffic.
constexpr std::uint64_t kBurst = 1024 * 1024;

ipc::Permanence permanence_of(const ppp::DownReason& reason) {
  switch (reason.permanence) {
    case ppp::DownReason::Permanence::Transient:
      return ipc::Permanence::Transient;
    case ppp::DownReason::Permanence::Permanent:
      return ipc::Permanence::Permanent;
    case ppp::DownReason::Permanence::Abusive:
      return ipc::Permanence::Abusive;
  }
  return ipc::Permanence::Permanent;
}

ipc::Layer to_ipc(ppp::Layer layer) {
  switch (layer) {
    case ppp::Layer::Lcp:
      return ipc::Layer::Lcp;
    case ppp::Layer::Auth:
      return ipc::Layer::Auth;
    case ppp::Layer::Ipcp:
      return ipc::Layer::Ipcp;
    case ppp::Layer::Ipv6cp:
      return ipc::Layer::Ipv6cp;
    case ppp::Layer::Ccp:
      return ipc::Layer::Ccp;
    case ppp::Layer::Link:
      return ipc::Layer::Link;
  }
  return ipc::Layer::Link;
}

std::uint32_t microseconds(Duration time) {
  const auto count = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  return static_cast<std::uint32_t>(
      std::min<std::int64_t>(count, std::numeric_limits<std::uint32_t>::max()));
}

sandbox::Profile profile_of(const Supervised& supervised) {
  if (supervised.role == ipc::Role::Answer || !supervised.settings.dial) {
    return sandbox::Profile::Answer;
  }
  return supervised.settings.dial->client == ipc::SshClient::Libssh2 ? sandbox::Profile::Libssh2
                                                                     : sandbox::Profile::Openssh;
}

/// The session's observer: everything becomes a message to tunneld.
class Runner final : private Observer {
 public:
  Runner(loop::Loop loop, UniqueFd signals, Supervised supervised,
         std::unique_ptr<transport::Transport> transport)
      : loop_{std::move(loop)},
        signals_{std::move(signals)},
        supervised_{std::move(supervised)},
        description_{transport->describe()},
        subject_{profile_of(supervised_), supervised_.channel.fd(), transport->child()},
        session_{loop_, parts(std::move(transport)), *this, random_} {}

  Outcome run() {
    if (const auto confined = confine(); !confined) return fail(confined.error());
    if (const auto begun = begin(); !begun) return fail(begun.error());
    while (!session_.over()) {
      if (const auto waited = loop_.run_once(deadline()); !waited) return fail(waited.error());
      if (const auto turned = session_.turn(); !turned) return fail(turned.error());
      keep_in_touch();
    }
    channel().flush();
    return outcome_;
  }

 private:
  Session::Parts parts(std::unique_ptr<transport::Transport> transport) {
    const auto& settings = supervised_.settings;
    Session::Parts parts;
    parts.transport = std::move(transport);
    parts.tun = std::move(supervised_.tun);
    parts.features = tun::use_offloads(parts.tun, settings.ppp.offload);
    parts.ppp = link_options(settings.ppp);
    parts.clamp_mss = settings.ppp.clamp_mss;
    parts.sources.emplace(PeerAddresses{.ipv6 = settings.remote6}, settings.networks);
    return parts;
  }

  SupervisorChannel& channel() noexcept { return supervised_.channel; }

  /// Everything is open, and nothing of the peer's PPP is read.
  Result<void> confine() {
    const auto missing = sandbox::enter(subject_);
    if (!missing) return missing.error();
    if (!missing->empty()) channel().send(ipc::PppEvent{ipc::Layer::Link, "sandbox: " + *missing});
    return {};
  }

  Result<void> begin() {
    auto watched = loop_.watch(signals_.get(), {true, false}, [this](loop::Interest) {
      loop_.forget(signals_.get());
      session_.close("terminated");
    });
    if (!watched) return watched;
    last_statistics_ = loop_.now();
    if (auto watching = watch_channel(); !watching) return watching;
    session_.trace(supervised_.trace.scope, supervised_.trace.octets);
    read_channel();  // what was sent while we dialled
    auto started = session_.start();
    if (told_to_end_) session_.close(told_why_);
    return started;
  }

  Outcome fail(const Error& error) {
    std::fprintf(stderr, "pppd-bridge: %s\n", error.message().c_str());
    channel().send(ipc::LinkDown{ipc::Permanence::Transient, error.message()});
    return Outcome::Failed;
  }

  TimePoint deadline() const {
    const auto statistics = last_statistics_ + kStatisticsLatest;
    return session_.deadline() ? std::min(statistics, *session_.deadline()) : statistics;
  }

  Result<void> watch_channel() {
    watched_channel_ = channel().fd();
    sandbox::tell_refused_calls_to(watched_channel_);
    return loop_.watch(watched_channel_, {true, channel().wants_write()}, [this](loop::Interest) {
      channel().flush();
      read_channel();
    });
  }

  void read_channel() {
    while (auto incoming = channel().receive()) {
      if (const auto* shutdown = std::get_if<ipc::Shutdown>(&incoming->message)) {
        told_to_end_ = true;
        told_why_ = shutdown->reason;
        session_.close(told_why_);
      } else if (auto told = answer_of(incoming->message)) {
        session_.answer(told->serial, std::move(told->answer));
      }
      if (const auto* trace = std::get_if<ipc::Trace>(&incoming->message)) {
        session_.trace(trace->scope, trace->octets);
      }
      if (std::holds_alternative<ipc::PathChanged>(incoming->message)) session_.path_changed();
      // Settings again: a new tunneld has adopted us, with what we run on already.
    }
  }

  void keep_in_touch() {
    const auto now = loop_.now();
    // IPCP alone has gone down: packets must be refused, until it is up again.
    if (std::exchange(network_lost_, false)) channel().send(ipc::StageReached{ipc::Stage::Ncp, {}});
    if (now >= last_statistics_ + kStatisticsSoonest) {
      last_statistics_ = now;
      const auto told = statistics();
      channel().send(told);
      tidy_up_after_a_burst(told.wire_bytes_in + told.wire_bytes_out);
    }
    if (channel().open()) {
      static_cast<void>(loop_.change(watched_channel_, {true, channel().wants_write()}));
      return;
    }
    if (watched_channel_ >= 0) {
      // Closed by the channel itself, and thereby out of the epoll set already.
      loop_.forget(std::exchange(watched_channel_, -1));
      sandbox::tell_refused_calls_to(-1);
      await_adoption();
    }
  }

  void tidy_up_after_a_burst(std::uint64_t wire_bytes) {
    const bool busy = wire_bytes - std::exchange(wire_bytes_told_, wire_bytes) > kBurst;
    if (!std::exchange(was_busy_, busy) || busy) return;
    session_.release_unused();
    unused_pages_.release();
  }

  /// tunneld is gone. The next one calls; nobody else gets to the socket.
  void await_adoption() {
    if (told_to_end_) return;
    const auto watching =
        loop_.watch(supervised_.listening.get(), {true, false}, [this](loop::Interest) {
          UniqueFd socket{::accept4(supervised_.listening.get(), nullptr, nullptr,
                                    SOCK_CLOEXEC | SOCK_NONBLOCK)};
          if (socket) offer_adoption(std::move(socket));
        });
    if (!watching) session_.close(watching.error().message());
  }

  void offer_adoption(UniqueFd socket) {
    loop_.forget(supervised_.listening.get());
    channel() = SupervisorChannel{std::move(socket)};
    ipc::Adopt adopt;
    adopt.site = supervised_.settings.site;
    adopt.role = supervised_.role;
    adopt.peer = supervised_.peer;
    adopt.key = supervised_.key;
    adopt.settings = supervised_.settings;
    adopt.up = up_;
    adopt.up_for = std::chrono::duration_cast<std::chrono::milliseconds>(loop_.now() - up_since_);
    channel().send(adopt, session_.tun().get());
    if (channel().open() && watch_channel()) return;
    channel().close();  // of one that has called and died: there may be another call
    watched_channel_ = -1;
    await_adoption();
  }

  void add_queue(ipc::Statistics& told) {
    const auto& queue = session_.outbound().queue();
    told.ecn_marked = queue.counters().marked;
    told.dropped_queue = queue.counters().codel.packets;
    told.dropped_full = queue.counters().full.packets;
    told.queue_packets = static_cast<std::uint32_t>(queue.packets());
    told.queue_bytes = static_cast<std::uint32_t>(queue.bytes());
    const auto delays = session_.take_delays();
    told.queue_delay_us = microseconds(delays.mean);
    told.queue_delay_max_us = microseconds(delays.max);
  }

  ipc::Statistics statistics() {
    const auto& counted = session_.counters();
    ipc::Statistics told;
    told.packets_in = counted.packets_in;
    told.bytes_in = counted.bytes_in;
    told.packets_out = counted.packets_out;
    told.bytes_out = counted.bytes_out;
    told.dropped_source = counted.dropped_source;
    told.dropped_malformed = counted.dropped_malformed;
    told.dropped_too_big = counted.dropped_too_big;
    told.dropped_down = counted.dropped_down;
    told.dropped_tun = counted.dropped_tun;
    told.bad_frames = session_.bad_frames();
    told.wire_bytes_in = counted.wire_bytes_in;
    told.wire_bytes_out = counted.wire_bytes_out;
    told.dropped_control = session_.dropped_control();
    told.super_packets_in = counted.super_packets_in;
    told.super_packets_out = counted.super_packets_out;
    told.splits = counted.splits;
    told.segments = counted.segments;
    told.joins = counted.joins;
    told.mss_clamped = counted.mss_clamped;
    told.dropped_metadata = counted.dropped_metadata;
    add_queue(told);
    if (const auto trip = session_.round_trip()) {
      told.round_trip_us = microseconds(*trip);
    }
    return told;
  }

  // Observer
  void phase_changed(ppp::Phase phase) override {
    network_lost_ = false;  // which the new phase says
    if (phase == ppp::Phase::Establish) {
      channel().send(ipc::StageReached{ipc::Stage::Lcp, description_});
    } else if (phase == ppp::Phase::Authenticate) {
      channel().send(ipc::StageReached{ipc::Stage::PppAuth, {}});
    } else if (phase == ppp::Phase::Network) {
      channel().send(ipc::StageReached{ipc::Stage::Ncp, {}});
    }
  }

  void network_up(const ppp::Agreed& agreed) override {
    network_lost_ = false;
    if (!up_) up_since_ = loop_.now();
    up_ = link_up(agreed, description_);
    if (!std::exchange(has_been_up_, true)) unused_pages_.release();
    channel().send(*up_);
  }

  void network_down() override {
    up_.reset();
    network_lost_ = true;
  }

  void ask(ppp::AuthSerial serial, ppp::AuthQuestion question) override {
    auto message = question_of(serial, question);
    channel().send(message);
    if (auto* proof = std::get_if<ipc::ProofReceived>(&message)) wipe(proof->response);
  }

  void log(ppp::Layer layer, std::string text) override {
    channel().send(ipc::PppEvent{to_ipc(layer), std::move(text)});
  }

  /// A trace never holds up packets: what tunneld is too slow for is counted.
  void traced(ipc::TracedFrame frame) override {
    if (channel().congested()) {
      ++lost_frames_;
      return;
    }
    frame.microseconds = static_cast<std::uint64_t>(loop::wall_clock().count());
    frame.lost = std::exchange(lost_frames_, 0);
    channel().send(frame);
  }

  void remote_text(std::string line) override { channel().send(ipc::RemoteText{std::move(line)}); }

  void ended(const ppp::DownReason& reason) override {
    network_lost_ = false;
    channel().send(statistics());
    channel().send(ipc::LinkDown{permanence_of(reason), reason.text});
    outcome_ = reason.kind == ppp::DownReason::Kind::Closed ? Outcome::Closed : Outcome::Failed;
  }

  loop::Loop loop_;
  UniqueFd signals_;
  Supervised supervised_;
  std::string description_;
  sandbox::Subject subject_;
  UnusedPages unused_pages_;
  SystemRandom random_;
  Session session_;
  int watched_channel_ = -1;
  TimePoint last_statistics_;
  std::optional<ipc::LinkUp> up_;
  TimePoint up_since_;
  bool has_been_up_ = false;
  bool told_to_end_ = false;
  std::string told_why_;
  bool network_lost_ = false;
  std::uint32_t lost_frames_ = 0;  // of a trace, since the last one that was sent
  std::uint64_t wire_bytes_told_ = 0;
  bool was_busy_ = false;
  Outcome outcome_ = Outcome::Failed;
};

}  // namespace

Outcome run_supervised(Supervised supervised, std::unique_ptr<transport::Transport> transport) {
  auto loop = loop::Loop::create();
  auto signals = stop_signals();
  if (!loop || !signals) {
    const auto& error = loop ? signals.error() : loop.error();
    std::fprintf(stderr, "pppd-bridge: %s\n", error.message().c_str());
    return Outcome::Failed;
  }
  Runner runner{std::move(*loop), std::move(*signals), std::move(supervised), std::move(transport)};
  return runner.run();
}

}  // namespace tunnel::session
