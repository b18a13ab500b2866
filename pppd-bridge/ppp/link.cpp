#include "pppd-bridge/ppp/link.hpp"

#include "tunneld/base/check.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::ppp {

namespace {

LcpWishes lcp_wishes(const LinkOptions& options) {
  return {.mru = options.mru,
          .accm = options.accm,
          .protocol_field = options.protocol_field,
          .address_control = options.address_control,
          .ident = options.ident};
}

}  // namespace

Link::Link(const LinkOptions& options, LinkOutput& out, Random& random)
    : out_{out},
      log_{out},
      lcp_{lcp_wishes(options), options.limits, *this, log_, random},
      ipcp_{{options.local, options.remote}, options.limits, *this, log_},
      echo_{options.echo_interval, options.echo_failures} {}

void Link::transport_up(TimePoint now) {
  if (phase_ != Phase::Dead) return;
  log_.set_time(now);
  reason_.reset();
  out_.set_receive_format({});
  set_phase(Phase::Establish);
  lcp_.down(now);  // a link that has finished above a connection that still stands
  lcp_.open(now);
  lcp_.up(now);
  settle(now);
}

void Link::transport_down(TimePoint now) {
  log_.set_time(now);
  if (phase_ != Phase::Dead && !reason_) {
    reason_ = lcp_.failure();
    if (!reason_ && lcp_.peer_terminated()) reason_ = lcp_.peer_closed();
    if (!reason_) {
      reason_ = {DownReason::Kind::TransportLost, DownReason::Permanence::Transient,
                 "the connection ended in LCP state " + std::string{state_name(lcp_.state())}};
    }
  }
  lcp_.down(now);
  settle(now);
}

void Link::close(std::string reason, TimePoint now) {
  if (phase_ == Phase::Dead) return;
  log_.set_time(now);
  if (!reason_) {
    reason_ = {DownReason::Kind::Closed, DownReason::Permanence::Transient, reason};
  }
  lcp_.close(std::move(reason), now);
  settle(now);
}

void Link::receive(Protocol protocol, Bytes packet, TimePoint now) {
  if (phase_ == Phase::Dead) return;
  log_.set_time(now);
  echo_.note_life(now);
  if (protocol == Protocol::Lcp) {
    receive_lcp(packet, now);
  } else if (protocol == Protocol::Ipcp) {
    if (lcp_.opened()) ipcp_.receive(packet, now);  // RFC 1661 §3.4: dropped before that
  } else if (protocol != Protocol::Ipv4) {
    lcp_.reject_protocol(protocol, packet, now);
  }
  settle(now);
}

void Link::receive_lcp(Bytes packet, TimePoint now) {
  lcp_.receive(packet, now);
  if (const auto reply = lcp_.take_echo_reply()) echo_.answered(reply->id, reply->when);
  if (const auto rejected = lcp_.take_rejected_protocol()) peer_rejected(*rejected, now);
}

void Link::peer_rejected(Protocol protocol, TimePoint now) {
  // A Reject of a data packet is a peer that lags behind; its IPCP will say what it means.
  if (protocol == Protocol::Ipcp) ipcp_.protocol_rejected(now);
}

void Link::expire(TimePoint now) {
  if (phase_ == Phase::Dead) return;
  log_.set_time(now);
  lcp_.expire(now);
  ipcp_.expire(now);
  run_echo(now);
  settle(now);
}

std::optional<TimePoint> Link::deadline() const noexcept {
  std::optional<TimePoint> first;
  for (const auto& due : {lcp_.deadline(), ipcp_.deadline(), echo_.deadline()}) {
    if (due && (!first || *due < *first)) first = due;
  }
  return first;
}

void Link::run_echo(TimePoint now) {
  switch (echo_.due(now)) {
    case EchoMonitor::Due::Nothing:
      break;
    case EchoMonitor::Due::Echo:
      echo_.sent(lcp_.send_echo_request(), now);
      break;
    case EchoMonitor::Due::Death:
      abandon({DownReason::Kind::NoEcho, DownReason::Permanence::Transient,
               "no answer to " + std::to_string(echo_.failures()) + " Echo-Requests"},
              now);
      break;
  }
}

/// Ends a link whose peer will not answer: one Terminate-Request, in case it hears us after all,
/// and no waiting.
void Link::abandon(DownReason reason, TimePoint now) {
  auto text = reason.text;
  if (!reason_) reason_ = std::move(reason);
  lcp_.close(std::move(text), now);
  lcp_.down(now);
}

TransmitFormat Link::transmit_format() const noexcept {
  if (!lcp_.opened()) return {};
  const auto& peer = lcp_.remote();
  return {peer.accm, peer.protocol_field, peer.address_control};
}

void Link::send_packet(const ControlProtocol& from, Bytes packet) {
  // RFC 1661 §5, RFC 1662 §7.1: LCP is sent so that a peer understands it whatever was agreed.
  const auto format = from.protocol() == Protocol::Lcp ? TransmitFormat{} : transmit_format();
  out_.send(format, from.protocol(), packet);
}

void Link::layer_up(const ControlProtocol& which, TimePoint now) {
  if (which.protocol() == Protocol::Lcp) {
    out_.set_receive_format({lcp_.local().accm, std::max(lcp_.local().mru, kDefaultMru)});
    set_phase(Phase::Network);
    echo_.start(now);
    ipcp_.set_transmit_limit(lcp_.remote().mru);
    ipcp_.open(now);
    ipcp_.up(now);
  } else {
    const auto& [local, remote] = ipcp_.wishes();
    out_.network_up({local, remote, Mru{lcp_.local().mru}, Mru{lcp_.remote().mru}});
  }
}

void Link::layer_down(const ControlProtocol& which, TimePoint now) {
  if (which.protocol() == Protocol::Lcp) {
    echo_.stop();
    ipcp_.down(now);
    out_.set_receive_format({});
    if (negotiating(lcp_.state())) set_phase(Phase::Establish);
  } else {
    out_.network_down();
  }
}

/// settle() sees it: ending one layer from within another would call back into the first.
void Link::layer_finished(const ControlProtocol& /*which*/, TimePoint /*now*/) {}

/// After every call: what a layer's end means for the others. Nothing in here runs while an engine
/// is in the middle of a packet.
void Link::settle(TimePoint now) {
  if (phase_ == Phase::Dead) return;
  if (!reason_ && lcp_.failure()) reason_ = lcp_.failure();
  if (!reason_ && ipcp_failure()) {
    reason_ = ipcp_failure();
    lcp_.close(reason_->text, now);
  }
  switch (lcp_.state()) {
    case State::Closing:
    case State::Stopping:
      set_phase(Phase::Terminate);
      break;
    case State::Initial:
    case State::Starting:
    case State::Closed:
    case State::Stopped:
      finish();
      break;
    case State::ReqSent:
    case State::AckRcvd:
    case State::AckSent:
    case State::Opened:
      break;
  }
  TUNNEL_DCHECK(consistent());
}

std::optional<DownReason> Link::ipcp_failure() const {
  if (ipcp_.failure() || !ipcp_.peer_terminated()) return ipcp_.failure();
  // A peer that ends IPCP during negotiation will not come back to it: its reason is worth more
  // than ten requests without an answer.
  return ipcp_.peer_closed();
}

void Link::set_phase(Phase phase) {
  if (phase == phase_) return;
  phase_ = phase;
  log_.event(Layer::Link, "phase " + std::string{phase_name(phase)});
  out_.phase_changed(phase);
}

void Link::finish() {
  echo_.stop();
  set_phase(Phase::Dead);
  TUNNEL_DCHECK(reason_.has_value());
  const DownReason unknown{DownReason::Kind::TransportLost, DownReason::Permanence::Transient,
                           "LCP finished"};
  const auto& reason = reason_ ? *reason_ : unknown;
  log_.event(Layer::Link, "down: " + reason.text);
  out_.finished(reason);
}

bool Link::consistent() const noexcept {
  return (!ipcp_.opened() || lcp_.opened()) && (phase_ == Phase::Network) == lcp_.opened();
}

}  // namespace tunnel::ppp
