#include "pppd-bridge/ppp/link.hpp"

#include "pppd-bridge/ppp/auth_packets.hpp"
#include "tunneld/base/check.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::ppp {

namespace {

/// RFC 1334 §2: a password in clear is for encrypted channels only.
AuthOptions allowed_on(Channel channel, AuthOptions auth) {
  if (channel == Channel::Plain) {
    std::erase(auth.require, AuthMethod::Pap);
    std::erase(auth.accept, AuthMethod::Pap);
  }
  return auth;
}

}  // namespace

Link::Link(const LinkOptions& options, LinkOutput& out, Random& random)
    : out_{out},
      options_{options},
      log_{out},
      lcp_{options.lcp, allowed_on(options.channel, options.auth), options.limits, *this, log_,
           random},
      authenticator_{options.auth, options.limits, *this, log_},
      prover_{options.limits, *this, log_},
      ipcp_{options.ipv4, options.limits, *this, log_},
      ipv6cp_{options.ipv6, options.limits, *this, log_, random},
      ccp_{options.deflate, options.limits, *this, log_},
      ncps_{{{&ipcp_, options.ipv4.policy},
             {&ipv6cp_, options.ipv6.policy},
             {&ccp_, options.deflate}}},
      echo_{options.echo_interval, options.echo_failures} {}

void Link::transport_up(TimePoint now) {
  if (phase_ != Phase::Dead) return;
  now_ = now;
  log_.set_time(now);
  ring_.clear();
  reason_.reset();
  has_been_up_ = false;
  out_.set_receive_format({});
  set_phase(Phase::Establish);
  lcp_.down(now);  // a link that has finished above a connection that still stands
  lcp_.open(now);
  lcp_.up(now);
  settle(now);
}

void Link::transport_down(TimePoint now) {
  now_ = now;
  log_.set_time(now);
  if (phase_ != Phase::Dead && !reason_) reason_ = why_lcp_ended();
  lcp_.down(now);
  settle(now);
}

void Link::close(std::string reason, TimePoint now) {
  if (phase_ == Phase::Dead) return;
  now_ = now;
  log_.set_time(now);
  if (!reason_) {
    reason_ = {DownReason::Kind::Closed, DownReason::Permanence::Transient, reason};
  }
  lcp_.close(std::move(reason), now);
  settle(now);
}

void Link::fail(DownReason reason, TimePoint now) {
  if (phase_ == Phase::Dead) return;
  now_ = now;
  log_.set_time(now);
  abandon(std::move(reason), now);
  settle(now);
}

void Link::receive(Protocol protocol, Bytes packet, TimePoint now) {
  if (phase_ == Phase::Dead) return;
  now_ = now;
  log_.set_time(now);
  echo_.note_life(now);
  if (static_cast<std::uint16_t>(protocol) >= 0x8000) {
    ring_.note(Direction::Received, protocol, packet, now);
  }
  if (protocol == Protocol::Lcp) {
    receive_lcp(packet, now);
  } else if (protocol == Protocol::Pap || protocol == Protocol::Chap) {
    lcp_.opened() ? receive_auth(protocol, packet, now) : drop_untimely();
  } else {
    phase_ == Phase::Network ? receive_other(protocol, packet, now) : drop_untimely();
  }
  settle(now);
}

void Link::receive_lcp(Bytes packet, TimePoint now) {
  lcp_.receive(packet, now);
  if (const auto reply = lcp_.take_echo_reply()) echo_.answered(reply->id, reply->when);
  if (lcp_.take_echo_request()) echo_.asked(now);
  if (const auto rejected = lcp_.take_rejected_protocol()) peer_rejected(*rejected, now);
}

/// Which of the two halves a packet is for follows from its code; a protocol that was not agreed
/// for that half is unknown to this link.
void Link::receive_auth(Protocol protocol, Bytes packet, TimePoint now) {
  const auto parsed = parse_control_packet(packet);
  if (!parsed) {
    ++dropped_.malformed;
    return log_.packet(Layer::Auth, "dropped: a packet shorter than its Length");
  }
  const auto code = static_cast<std::uint8_t>(parsed->code);
  const bool proof = protocol == Protocol::Pap ? PapCode{code} == PapCode::AuthenticateRequest
                                               : ChapCode{code} == ChapCode::Response;
  const auto method = proof ? authenticator_.method() : prover_.method();
  if (!method || auth_protocol(*method) != protocol) {
    return lcp_.reject_protocol(protocol, packet, now);
  }
  if (proof) {
    authenticator_.receive(*parsed, now);
  } else {
    prover_.receive(*parsed, authenticator_.challenge(), now);
  }
}

const Link::Ncp* Link::find_ncp(Protocol protocol) const noexcept {
  const auto found = std::find_if(ncps_.begin(), ncps_.end(), [protocol](const Ncp& ncp) {
    return ncp.engine->protocol() == protocol;
  });
  return found == ncps_.end() || !grants(found->policy) ? nullptr : &*found;
}

/// In the Network phase: control protocols, data of families that are not open, and what nobody
/// here speaks.
void Link::receive_other(Protocol protocol, Bytes packet, TimePoint now) {
  if (const auto* ncp = find_ncp(protocol)) return receive_ncp(*ncp, packet, now);
  // A peer whose IPCP is up already may send before ours is.
  const bool early = (protocol == Protocol::Ipv4 && grants(options_.ipv4.policy)) ||
                     (protocol == Protocol::Ipv6 && grants(options_.ipv6.policy)) ||
                     (protocol == Protocol::Compressed && grants(options_.deflate));
  early ? drop_untimely() : lcp_.reject_protocol(protocol, packet, now);
}

/// A protocol that is accepted and not asked for begins with the peer's first packet of it.
void Link::receive_ncp(const Ncp& ncp, Bytes packet, TimePoint now) {
  if (ncp.engine->state() <= State::Starting) start_ncp(ncp, now);
  ncp.engine->receive(packet, now);
}

void Link::peer_rejected(Protocol protocol, TimePoint now) {
  if (const auto* ncp = find_ncp(protocol)) return ncp->engine->protocol_rejected(now);
  const bool auth = protocol == Protocol::Pap || protocol == Protocol::Chap;
  const bool ours = auth && authenticator_.method() &&
                    auth_protocol(*authenticator_.method()) == protocol && !authenticated();
  // A Reject of a data packet is a peer that lags behind; its control protocol will say what it
  // means.
  if (!ours || reason_) return;
  reason_ = {DownReason::Kind::AuthRefused, DownReason::Permanence::Permanent,
             "the peer does not know " + protocol_name(protocol) + ", which it has agreed to"};
  lcp_.close(reason_->text, now);
}

void Link::answer(AuthSerial serial, AuthAnswer answer, TimePoint now) {
  if (phase_ == Phase::Dead) return;
  now_ = now;
  log_.set_time(now);
  const bool of_prover =
      std::holds_alternative<Proof>(answer) || std::holds_alternative<NoProof>(answer);
  if (of_prover) {
    prover_.answer(serial, std::move(answer), now);
  } else {
    authenticator_.answer(serial, answer, now);
  }
  settle(now);
}

std::optional<Bytes> Link::decompress(Bytes information, TimePoint now) {
  now_ = now;
  log_.set_time(now);
  const auto content = ccp_.decompress(information, now);
  if (!content) settle(now);
  return content;
}

void Link::note_uncompressed(Protocol protocol, Bytes packet, TimePoint now) {
  now_ = now;
  log_.set_time(now);
  ccp_.note_uncompressed(protocol, packet, now);
}

void Link::expire(TimePoint now) {
  if (phase_ == Phase::Dead) return;
  now_ = now;
  log_.set_time(now);
  lcp_.expire(now);
  authenticator_.expire(now);
  prover_.expire(now);
  for (const auto& ncp : ncps_) ncp.engine->expire(now);
  run_echo(now);
  settle(now);
}

std::optional<TimePoint> Link::deadline() const noexcept {
  std::optional<TimePoint> first;
  for (const auto& due :
       {lcp_.deadline(), authenticator_.deadline(), prover_.deadline(), ipcp_.deadline(),
        ipv6cp_.deadline(), ccp_.deadline(), echo_.deadline()}) {
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
  return {peer.accm, peer.protocol_field, peer.address_control, peer.fcs,
          peer.vendor && peer.vendor->frames()};
}

/// The agreed format, but never without FCS (RFC 1570 §2.1.2).
TransmitFormat Link::control_format() const noexcept {
  auto format = transmit_format();
  if (format.fcs == Fcs::None) format.fcs = Fcs::Ccitt16;
  return format;
}

/// RFC 1661 §5, RFC 1662 §7.1: LCP is sent so that a peer understands it whatever was agreed. The
/// FCS alone is another one while the link is in use (RFC 1570 §2.1.1), but for the packets that
/// end that: Configure and Terminate.
void Link::send_packet(const ControlProtocol& from, Bytes packet) {
  TransmitFormat format;
  if (from.protocol() != Protocol::Lcp) {
    format = control_format();
  } else if (Code{packet[0]} > Code::CodeReject) {
    format.fcs = control_format().fcs;
  }
  ring_.note(Direction::Sent, from.protocol(), packet, now_);
  out_.send(format, from.protocol(), packet);
}

void Link::send_auth(Protocol protocol, Bytes packet) {
  ring_.note(Direction::Sent, protocol, packet, now_);
  out_.send(control_format(), protocol, packet);
}

void Link::ask(AuthSerial serial, AuthQuestion question) {
  out_.ask(serial, std::move(question));
}

}  // namespace tunnel::ppp
