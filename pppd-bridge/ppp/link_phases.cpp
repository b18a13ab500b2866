// The phases of a link: which layers stand when, and what the end of one means for the others.

#include "pppd-bridge/ppp/link.hpp"
#include "tunneld/base/check.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::ppp {

void Link::layer_up(const ControlProtocol& which, TimePoint now) {
  if (which.protocol() != Protocol::Lcp) return;  // settle() sees it
  const auto& local = lcp_.local();
  receive_accm_ = local.accm;
  out_.set_receive_format({local.accm, std::max(local.mru, kDefaultMru), local.fcs,
                           local.vendor && local.vendor->frames()});
  log_.event(Layer::Lcp, carriage());
  echo_.start(now);
  begin_authentication(now);
}

/// How packets go to the peer, in words for the log.
std::string Link::carriage() const {
  if (lcp_.remote().vendor && lcp_.remote().vendor->frames()) {
    return "the peer is one of us, and takes super-packets whole";
  }
  if (options_.lcp.policy.vendor == Policy::Deny) {
    return "super-packets are cut for the peer: the profile has no offload";
  }
  return "super-packets are cut for the peer: it is none of us, or its profile has no offload";
}

void Link::layer_down(const ControlProtocol& which, TimePoint now) {
  if (which.protocol() != Protocol::Lcp) return;
  end_layers_above_lcp(now);
  // At the end of a link, what the peer has under way is still escaped as was agreed, and would be
  // taken for damaged. A new negotiation begins with the default map (RFC 1662 §7.1).
  ReceiveFormat format;
  if (!negotiating(lcp_.state())) format.accm = receive_accm_;
  out_.set_receive_format(format);
  if (negotiating(lcp_.state())) set_phase(Phase::Establish);
}

/// settle() sees it: ending one layer from within another would call back into the first.
void Link::layer_finished(const ControlProtocol& /*which*/, TimePoint /*now*/) {}

void Link::end_layers_above_lcp(TimePoint now) {
  echo_.stop();
  authenticator_.stop();
  prover_.stop();
  for (const auto& ncp : ncps_) ncp.engine->down(now);
}

/// RFC 1661 §3.5.
void Link::begin_authentication(TimePoint now) {
  const auto theirs = lcp_.local().auth;  // what we asked for is how the peer proves itself
  const auto ours = lcp_.remote().auth;
  if (no_method_left()) return;  // settle() ends the link
  if (!theirs && !ours) return begin_network(now);
  set_phase(Phase::Authenticate);
  if (theirs) authenticator_.start(*theirs, now);
  if (ours) prover_.start(*ours, now);
}

/// The peer has to prove itself, and by nothing that this connection may carry.
bool Link::no_method_left() const noexcept {
  return !options_.auth.require.empty() && !lcp_.local().auth;
}

bool Link::authenticated() const noexcept {
  return (!lcp_.local().auth || authenticator_.passed()) &&
         (!lcp_.remote().auth || prover_.passed());
}

void Link::begin_network(TimePoint now) {
  set_phase(Phase::Network);
  for (const auto& ncp : ncps_) ncp.engine->set_transmit_limit(lcp_.remote().mru);
  ccp_.set_receive_limit(std::max(lcp_.local().mru, kDefaultMru));
  // Where all families are only accepted, somebody has to begin.
  const bool nobody_asks = !asks(options_.ipv4.policy) && !asks(options_.ipv6.policy);
  for (const auto& ncp : ncps_) {
    const bool begin = nobody_asks && ncp.engine != &ccp_ ? grants(ncp.policy) : asks(ncp.policy);
    if (begin) start_ncp(ncp, now);
  }
}

void Link::start_ncp(const Ncp& ncp, TimePoint now) {
  ncp.engine->open(now);
  ncp.engine->up(now);
}

/// nullopt: nothing, or the protocol was never begun.
std::optional<DownReason> Link::ncp_failure(const Ncp& ncp) const {
  const auto& engine = *ncp.engine;
  if (engine.state() <= State::Starting) return std::nullopt;  // what it has is of an earlier link
  if (engine.failure() || !engine.peer_terminated()) return engine.failure();
  // A peer that ends a protocol during negotiation will not come back to it: its reason is worth
  // more than ten requests without an answer.
  return engine.peer_closed();
}

bool Link::network_open() const noexcept {
  const bool all_required = std::all_of(ncps_.begin(), ncps_.end(), [](const Ncp& ncp) {
    return ncp.policy != Policy::Require || usable(*ncp.engine);
  });
  return all_required && (usable(ipcp_) || usable(ipv6cp_));
}

/// Why the Network phase cannot go on; nullopt: it can.
std::optional<DownReason> Link::network_failure() const {
  std::optional<DownReason> first;
  bool alive = false;
  for (const auto& ncp : ncps_) {
    auto failure = ncp_failure(ncp);
    // Addresses that do not agree are a mistake in one of the profiles, which half a link would
    // hide.
    const bool refused = ncp.engine == &ipcp_ && failure &&
                         (failure->kind == DownReason::Kind::AddressRefused ||
                          failure->kind == DownReason::Kind::OptionRefused);
    const bool flooded = failure && failure->kind == DownReason::Kind::Flood;
    if (flooded || refused || (failure && ncp.policy == Policy::Require)) return failure;
    if (ncp.engine == &ccp_) continue;
    // Before its first packet an accepted protocol is as good as dead.
    alive = alive || (!failure && ncp.engine->state() > State::Starting);
    if (failure && !first) first = std::move(failure);
  }
  if (!alive && !first) {
    first = {DownReason::Kind::OptionRefused, DownReason::Permanence::Permanent,
             "the profile allows neither IPv4 nor IPv6"};
  }
  return alive ? std::nullopt : first;
}

std::optional<DownReason> Link::any_failure() const {
  if (no_method_left()) {
    return DownReason{DownReason::Kind::AuthRefused, DownReason::Permanence::Permanent,
                      "the profile requires PAP of the peer, which needs an encrypted connection"};
  }
  if (authenticator_.failure()) return authenticator_.failure();
  if (prover_.failure()) return prover_.failure();
  return phase_ == Phase::Network ? network_failure() : std::nullopt;
}

DownReason Link::why_lcp_ended() const {
  if (lcp_.failure() && lcp_.failure()->kind != DownReason::Kind::PeerClosed) {
    return *lcp_.failure();
  }
  std::optional<DownReason> reason = lcp_.failure();
  if (!reason && lcp_.peer_terminated()) reason = lcp_.peer_closed();
  if (!reason) {
    reason = {DownReason::Kind::TransportLost, DownReason::Permanence::Transient,
              "the connection ended in LCP state " + std::string{state_name(lcp_.state())}};
  }
  // What we refused the peer is why it left.
  if (lcp_.unmet_demand() && !has_been_up_) {
    reason = {DownReason::Kind::AuthRefused, DownReason::Permanence::Permanent,
              *lcp_.unmet_demand() + "; " + reason->text};
  }
  return *reason;
}

/// After every call: what a layer's end means for the others. Nothing in here runs while an engine
/// is in the middle of a packet.
void Link::settle(TimePoint now) {
  if (phase_ == Phase::Dead) return;
  if (!reason_ && lcp_.failure()) reason_ = why_lcp_ended();
  // Whatever the link was ending for already.
  const auto& failure = lcp_.failure();
  if (failure && failure->permanence == DownReason::Permanence::Abusive) reason_ = failure;
  if (!reason_ && lcp_.opened()) {
    if (auto why = any_failure()) {
      reason_ = std::move(why);
      lcp_.close(reason_->text, now);
    } else if (phase_ == Phase::Authenticate && authenticated()) {
      begin_network(now);
    }
  }
  tell_network();
  // Who floods us is told, and not waited for: every second of it costs us one.
  const bool abused = reason_ && reason_->permanence == DownReason::Permanence::Abusive;
  if (abused && (lcp_.state() == State::Closing || lcp_.state() == State::Stopping)) {
    lcp_.down(now);
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
      finish(now);
      break;
    case State::ReqSent:
    case State::AckRcvd:
    case State::AckSent:
    case State::Opened:
      break;
  }
  TUNNEL_DCHECK(consistent());
}

/// Says what has changed about the families since it was said last.
void Link::tell_network() {
  std::optional<Agreed> agreed;
  if (network_open()) {
    const auto used = [](bool deflate) {
      return deflate ? Compression::Deflate : Compression::None;
    };
    agreed.emplace(Agreed{.ipv4 = {},
                          .ipv6 = {},
                          .receive_mru = Mru{lcp_.local().mru},
                          .transmit_mru = Mru{lcp_.remote().mru},
                          .receive_compression = used(decompresses()),
                          .transmit_compression = used(compresses())});
    if (usable(ipcp_)) agreed->ipv4 = ipcp_.agreed();
    if (usable(ipv6cp_)) agreed->ipv6 = ipv6cp_.agreed();
  }
  if (agreed == told_) return;
  const bool was_up = told_.has_value();
  told_ = agreed;
  if (agreed) {
    has_been_up_ = true;
    out_.network_up(*agreed);
  } else if (was_up) {
    out_.network_down();
  }
}

void Link::set_phase(Phase phase) {
  if (phase == phase_) return;
  phase_ = phase;
  log_.event(Layer::Link, "phase " + std::string{phase_name(phase)});
  out_.phase_changed(phase);
}

void Link::finish(TimePoint now) {
  end_layers_above_lcp(now);
  tell_network();
  set_phase(Phase::Dead);
  TUNNEL_DCHECK(reason_.has_value());
  const DownReason unknown{DownReason::Kind::TransportLost, DownReason::Permanence::Transient,
                           "LCP finished"};
  const auto& reason = reason_ ? *reason_ : unknown;
  const bool failed = !has_been_up_ && reason.kind != DownReason::Kind::Closed;
  if (failed) ring_.write_to(log_, now);
  log_.event(Layer::Link, "down: " + reason.text);
  out_.finished(reason);
}

bool Link::consistent() const noexcept {
  const bool above = phase_ == Phase::Authenticate || phase_ == Phase::Network;
  return (!network_open() || (lcp_.opened() && phase_ == Phase::Network)) && above == lcp_.opened();
}

}  // namespace tunnel::ppp
