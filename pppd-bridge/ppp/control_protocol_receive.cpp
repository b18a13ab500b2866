// The receiving half of ControlProtocol: a packet is checked, judged, and turned into an event.

#include "pppd-bridge/ppp/control_protocol.hpp"
#include "tunneld/base/escape.hpp"

#include <algorithm>
#include <bitset>
#include <utility>

namespace tunnel::ppp {

namespace {

/// Requests beyond their rate, since the layer below came up, that end a link: at ten answered a
/// second, no peer in good faith gets near it.
constexpr std::uint64_t kFlood = 5000;

}  // namespace

void ControlProtocol::receive(Bytes packet, TimePoint now) {
  if (state_ <= State::Starting) return;  // nothing is received while the layer below is down
  const auto parsed = parse_control_packet(packet);
  if (!parsed) return count_malformed("a packet shorter than its Length");
  dispatch(*parsed, now);
  close_if_failed(now);
}

void ControlProtocol::dispatch(const ControlPacket& packet, TimePoint now) {
  switch (packet.code) {
    case Code::ConfigureRequest:
      return receive_configure_request(packet, now);
    case Code::ConfigureAck:
      return receive_configure_ack(packet, now);
    case Code::ConfigureNak:
      return receive_refusal(Refusal::Nak, packet, now);
    case Code::ConfigureReject:
      return receive_refusal(Refusal::Reject, packet, now);
    case Code::TerminateRequest:
      return receive_terminate_request(packet, now);
    case Code::TerminateAck:
      log_packet("Recv", packet.code, packet.id);
      return handle(Event::Rta, {}, now);
    case Code::CodeReject:
      return receive_code_reject(packet, now);
    case Code::VendorSpecific:
    case Code::ProtocolReject:
    case Code::EchoRequest:
    case Code::EchoReply:
    case Code::DiscardRequest:
    case Code::Identification:
    case Code::TimeRemaining:
    case Code::ResetRequest:
    case Code::ResetAck:
      break;
  }
  if (!receive_other(packet, now)) receive_unknown(packet, now);
}

void ControlProtocol::receive_configure_request(const ControlPacket& packet, TimePoint now) {
  if (!within(requests_, now)) return note_flood();
  // An Ack repeats the whole request: one beyond the default MRU could not be answered.
  if (!OptionReader::well_formed(packet.data) || packet.wire.size() > kDefaultMru) {
    return count_malformed("a Configure-Request whose options do not add up");
  }
  log_packet("Recv", packet.code, packet.id);
  log_options(packet.data);
  // Where the table answers with Terminate-Ack, or not at all, there is nothing to judge.
  const bool judged = state_ == State::Stopped || state_ >= State::ReqSent;
  if (!judged) return handle(Event::RcrGood, {.id = packet.id}, now);

  const auto answer = review_request(packet.data);
  if (close_pending_) return;
  const auto event = answer.code == Code::ConfigureAck ? Event::RcrGood : Event::RcrBad;
  const Stimulus stimulus{.id = packet.id, .answer_code = answer.code, .answer = answer.options};
  handle(event, stimulus, now);
}

/// RFC 1661 §5.2 to §5.4: a Reject of what is unknown goes before a Nak of values, and only a
/// request without either is Ack'd. After Max-Failure Naks a Nak becomes a Reject.
ControlProtocol::Answer ControlProtocol::review_request(Bytes options) {
  ByteWriter naks;
  ByteWriter rejects;
  std::bitset<256> seen;
  const bool may_nak = naks_sent_ < limits_.max_failure;
  begin_review();
  OptionReader in{options};
  while (const auto option = in.next()) {
    const auto verdict = seen.test(option->type) ? Verdict::reject() : review(*option);
    seen.set(option->type);
    if (verdict.answer == Verdict::Answer::Nak && may_nak) {
      naks.bytes(verdict.suggestion);
    } else if (verdict.answer != Verdict::Answer::Ack) {
      rejects.bytes(option->wire);
    }
  }
  if (rejects.size() == 0 && may_nak) append_missing(naks);

  Answer answer{Code::ConfigureAck, {options.begin(), options.end()}};
  if (rejects.size() > 0) {
    answer = {Code::ConfigureReject, std::move(rejects).finish()};
  } else if (naks.size() > 0) {
    answer = {Code::ConfigureNak, std::move(naks).finish()};
  }
  if (answer.code != Code::ConfigureAck && refusals_sent_ >= 2 * limits_.max_failure) {
    fail(insisted_on().value_or(DownReason{
        DownReason::Kind::NotConverging, DownReason::Permanence::Transient,
        "the peer insists on " + std::string{layer_name(layer_)} + " options that we refuse"}));
  }
  return answer;
}

/// A request beyond the rate, counted already. A peer that goes on is no peer: the link ends, and
/// the peer is held down.
void ControlProtocol::note_flood() {
  if (++flooded_since_up_ < kFlood) return;
  fail({DownReason::Kind::Flood, DownReason::Permanence::Abusive,
        "the peer floods us with " + std::string{layer_name(layer_)} + " requests"});
}

bool ControlProtocol::answers_open_request(const ControlPacket& packet) {
  if (!request_answered_ && packet.id == request_id_) return true;
  ++dropped_.unexpected;
  log_.packet(layer_, [&] {
    return "dropped: " + std::string{code_name(packet.code)} + "(" + std::to_string(packet.id) +
           ") answers no request of ours";
  });
  return false;
}

void ControlProtocol::receive_configure_ack(const ControlPacket& packet, TimePoint now) {
  if (!answers_open_request(packet)) return;
  if (!std::equal(packet.data.begin(), packet.data.end(), request_.begin(), request_.end())) {
    return count_malformed("a Configure-Ack of something else than was requested");
  }
  log_packet("Recv", packet.code, packet.id);
  request_answered_ = true;
  refusals_ = 0;
  handle(Event::Rca, {.id = packet.id}, now);
}

/// Whether each of `options` stands in our last request as it is.
bool ControlProtocol::all_requested(Bytes options) const {
  OptionReader in{options};
  while (const auto option = in.next()) {
    bool found = false;
    OptionReader ours{request_};
    while (const auto wanted = ours.next()) {
      found = found || std::equal(wanted->wire.begin(), wanted->wire.end(), option->wire.begin(),
                                  option->wire.end());
    }
    if (!found) return false;
  }
  return true;
}

void ControlProtocol::receive_refusal(Refusal refusal, const ControlPacket& packet, TimePoint now) {
  if (!answers_open_request(packet)) return;
  if (!OptionReader::well_formed(packet.data)) {
    return count_malformed("a Configure-Nak or -Reject whose options do not add up");
  }
  if (refusal == Refusal::Reject && !all_requested(packet.data)) {
    return count_malformed("a Configure-Reject of an option that was not requested");
  }
  log_packet("Recv", packet.code, packet.id);
  log_options(packet.data);
  request_answered_ = true;
  // At rest there is no request to mend; the table answers with a Terminate-Ack.
  if (negotiating(state_)) {
    OptionReader in{packet.data};
    while (const auto option = in.next()) refused(refusal, *option);
    if (++refusals_ >= 2 * limits_.max_failure) {
      fail({DownReason::Kind::NotConverging, DownReason::Permanence::Transient,
            "the peer keeps refusing our " + std::string{layer_name(layer_)} + " options"});
    }
    if (close_pending_) return;
  }
  handle(Event::Rcn, {.id = packet.id}, now);
}

void ControlProtocol::receive_terminate_request(const ControlPacket& packet, TimePoint now) {
  if (!within(requests_, now)) return note_flood();
  log_packet("Recv", packet.code, packet.id);
  peer_terminated_ = escape_text(packet.data);
  if (!peer_terminated_->empty()) log_.packet(layer_, [&] { return " TEXT " + *peer_terminated_; });
  if (opened() && !failure_) failure_ = peer_closed();
  handle(Event::Rtr, {.id = packet.id}, now);
}

DownReason ControlProtocol::peer_closed() const {
  std::string text = "peer closed ";
  text += layer_ == Layer::Lcp ? "the link" : layer_name(layer_);
  if (peer_terminated_ && !peer_terminated_->empty()) text += ": " + *peer_terminated_;
  return {DownReason::Kind::PeerClosed, DownReason::Permanence::Transient, std::move(text)};
}

void ControlProtocol::receive_code_reject(const ControlPacket& packet, TimePoint now) {
  ByteReader in{packet.data};
  const auto rejected = in.u8();
  if (!rejected) return count_malformed("a Code-Reject of nothing");
  log_packet("Recv", packet.code, packet.id);
  const Code code{*rejected};
  const std::string name{code_name(code)};
  log_.packet(layer_, [&] { return " CODE " + std::to_string(*rejected) + " " + name; });
  if (code < Code::ConfigureRequest || code > Code::CodeReject) {
    return handle(Event::RxjPermitted, {}, now);
  }
  // §5.6: codes 1 to 7 are what every implementation has.
  fail({DownReason::Kind::ProtocolRejected, DownReason::Permanence::Permanent,
        "the peer does not know " + std::string{layer_name(layer_)} + " code " +
            std::to_string(*rejected) + " (" + name + ")"});
  close_pending_ = false;  // the event closes the layer by itself
  handle(Event::RxjFatal, {}, now);
}

void ControlProtocol::receive_unknown(const ControlPacket& packet, TimePoint now) {
  log_.packet(layer_, [&] {
    return "RecvUnknownCode(" + std::to_string(packet.id) + ") code " +
           std::to_string(static_cast<unsigned>(packet.code));
  });
  handle(Event::Ruc, {.id = packet.id, .rejected = packet.wire}, now);
}

}  // namespace tunnel::ppp
