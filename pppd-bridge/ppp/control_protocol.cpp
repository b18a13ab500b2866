#include "pppd-bridge/ppp/control_protocol.hpp"

#include "tunneld/base/check.hpp"
#include "tunneld/base/escape.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::ppp {

namespace {

/// The timer alone cannot end a negotiation in which the peer Acks our requests and never sends an
/// acceptable one: each Ack restores the restart counter. So all requests are counted, too.
constexpr unsigned kRoundsToConverge = 3;  // times Max-Configure

}  // namespace

ControlProtocol::ControlProtocol(Protocol protocol, Layer layer, const AutomatonLimits& limits,
                                 EngineOutput& out, PacketLog& log)
    : protocol_{protocol}, layer_{layer}, limits_{limits}, out_{out}, log_{log} {}

void ControlProtocol::up(TimePoint now) {
  reset_wishes();
  request_.clear();
  request_answered_ = true;
  naks_sent_ = refusals_sent_ = refusals_ = requests_sent_ = 0;
  flooded_since_up_ = 0;
  terminate_text_.clear();
  peer_terminated_.reset();
  failure_.reset();
  close_pending_ = false;
  handle(Event::Up, {}, now);
}

void ControlProtocol::down(TimePoint now) {
  if (state_ > State::Starting) handle(Event::Down, {}, now);
}

void ControlProtocol::open(TimePoint now) {
  handle(Event::Open, {}, now);
}

void ControlProtocol::close(std::string text, TimePoint now) {
  terminate_text_ = std::move(text);
  handle(Event::Close, {}, now);
}

void ControlProtocol::protocol_rejected(TimePoint now) {
  if (state_ <= State::Stopped) return;  // at rest: there is nothing to end
  fail({DownReason::Kind::ProtocolRejected, DownReason::Permanence::Permanent,
        "the peer does not know " + protocol_name(protocol_)});
  close_pending_ = false;  // the event closes the layer by itself
  handle(Event::RxjFatal, {}, now);
}

void ControlProtocol::expire(TimePoint now) {
  if (!timer_ || now < *timer_) return;
  if (restart_counter_ > 0) {
    handle(Event::TimeoutMore, {}, now);
  } else {
    if (negotiating(state_) && !failure_) {
      const std::string name = layer_ == Layer::Lcp ? "" : std::string{layer_name(layer_)} + " ";
      failure_ = {DownReason::Kind::NoAnswer, DownReason::Permanence::Transient,
                  "no answer to " + std::to_string(limits_.max_configure) + " " + name +
                      "Configure-Requests"};
    }
    handle(Event::TimeoutLast, {}, now);
  }
  close_if_failed(now);
}

void ControlProtocol::handle(Event event, const Stimulus& stimulus, TimePoint now) {
  const Cell& cell = transition(state_, event);
  TUNNEL_DCHECK(cell.legal);
  if (!cell.legal) return;
  if (cell.footnote == Footnote::Crossed) {
    log_.packet(layer_, [&] {
      return std::string{event_name(event)} + " in state " + std::string{state_name(state_)} +
             ": crossed connection";
    });
  }
  // A peer that begins anew with a layer that had failed gets its chance.
  if (state_ == State::Stopped && negotiating(cell.next)) failure_.reset();
  set_state(cell.next);
  for (const auto action : cell.actions) perform(action, stimulus, now);
  if (!timer_runs(state_)) timer_.reset();
  if (!negotiating(state_)) requests_sent_ = 0;
  TUNNEL_DCHECK(consistent());
}

void ControlProtocol::set_state(State next) {
  if (next == state_) return;
  log_.packet(layer_, [&] {
    return "State change " + std::string{state_name(state_)} + " --> " +
           std::string{state_name(next)};
  });
  state_ = next;
}

void ControlProtocol::perform(Action action, const Stimulus& stimulus, TimePoint now) {
  switch (action) {
    case Action::None:
    case Action::Tls:
      return;  // the transport is brought up by our owner, not on our request
    case Action::Tlu:
      return this_layer_up(now);
    case Action::Tld:
      return this_layer_down(now);
    case Action::Tlf:
      return this_layer_finished(now);
    case Action::Irc:
      return initialize_restart_count();
    case Action::Zrc:
      return zero_restart_count(now);
    case Action::Scr:
      return send_configure_request(now);
    case Action::Sca:
      return send_configure_ack(stimulus);
    case Action::Scn:
      return send_configure_refusal(stimulus);
    case Action::Str:
      return send_terminate_request(now);
    case Action::Sta:
      return send(Code::TerminateAck, stimulus.id, {});
    case Action::Scj:
      return send_code_reject(stimulus, now);
    case Action::Ser:
      return send(Code::EchoReply, stimulus.id, stimulus.answer);
  }
}

void ControlProtocol::this_layer_up(TimePoint now) {
  log_.event(layer_, "LayerUp");
  peer_terminated_.reset();  // of an earlier negotiation
  when_up(now);
  out_.layer_up(*this, now);
}

void ControlProtocol::this_layer_down(TimePoint now) {
  log_.event(layer_, "LayerDown");
  when_down(now);
  out_.layer_down(*this, now);
}

void ControlProtocol::this_layer_finished(TimePoint now) {
  log_.packet(layer_, "LayerFinish");  // a peer can have it as often as it likes
  out_.layer_finished(*this, now);
}

/// Which of the two limits is meant follows from where the cell leads.
void ControlProtocol::initialize_restart_count() {
  const bool ending = state_ == State::Closing || state_ == State::Stopping;
  restart_counter_ = ending ? limits_.max_terminate : limits_.max_configure;
}

/// One period more, for the peer to hang up.
void ControlProtocol::zero_restart_count(TimePoint now) {
  restart_counter_ = 0;
  arm(now);
}

void ControlProtocol::send_configure_ack(const Stimulus& stimulus) {
  naks_sent_ = refusals_sent_ = 0;
  send(Code::ConfigureAck, stimulus.id, stimulus.answer);
}

void ControlProtocol::send_configure_refusal(const Stimulus& stimulus) {
  if (stimulus.answer_code == Code::ConfigureNak) ++naks_sent_;
  ++refusals_sent_;
  send(stimulus.answer_code, stimulus.id, stimulus.answer);
}

void ControlProtocol::send_code_reject(const Stimulus& stimulus, TimePoint now) {
  if (within(rejects_, now)) send(Code::CodeReject, next_id_++, stimulus.rejected);
}

void ControlProtocol::arm(TimePoint now) {
  timer_ = now + limits_.restart;
}

void ControlProtocol::send_configure_request(TimePoint now) {
  ByteWriter options;
  write_request(options);
  auto wanted = std::move(options).finish();
  // RFC 1661 §5.1: a new Identifier for new contents and after a valid answer; the same one for a
  // repetition, so that a late Ack still counts.
  if (request_answered_ || wanted != request_) request_id_ = next_id_++;
  request_ = std::move(wanted);
  request_answered_ = false;
  restart_counter_ -= restart_counter_ > 0 ? 1 : 0;
  arm(now);
  send(Code::ConfigureRequest, request_id_, request_);

  if (++requests_sent_ > kRoundsToConverge * limits_.max_configure) {
    fail({DownReason::Kind::NotConverging, DownReason::Permanence::Transient,
          std::string{layer_name(layer_)} + " does not converge: " +
              std::to_string(requests_sent_) + " Configure-Requests sent"});
  }
}

void ControlProtocol::send_terminate_request(TimePoint now) {
  restart_counter_ -= restart_counter_ > 0 ? 1 : 0;
  arm(now);
  send(Code::TerminateRequest, next_id_++, to_bytes(terminate_text_));
}

std::uint8_t ControlProtocol::send_other(Code code, Bytes data) {
  const auto id = next_id_++;
  send(code, id, data);
  return id;
}

/// The one way out. Text, echoes and quotations are cut to what the peer takes; Configure packets
/// are within the default MRU, which every peer takes (RFC 1661 §6.1).
void ControlProtocol::send(Code code, std::uint8_t id, Bytes data) {
  const bool configure = code <= Code::ConfigureReject;
  if (!configure) data = data.first(std::min(data.size(), transmit_limit() - kControlHeader));
  log_packet("Send", code, id);
  if (configure) log_options(data);
  out_.send_packet(*this, build_control_packet(code, id, data));
}

void ControlProtocol::log_packet(std::string_view direction, Code code, std::uint8_t id) {
  // A pair of echoes a second would bury everything else; an Identification has its own line.
  if (code >= Code::EchoRequest && code <= Code::Identification) return;
  log_.packet(layer_, [&] {
    std::string text{direction};
    text.append(code_name(code)).append("(").append(std::to_string(id)).append(") state = ");
    return text.append(state_name(state_));
  });
}

void ControlProtocol::log_options(Bytes options) {
  OptionReader in{options};
  while (const auto option = in.next()) log_.packet(layer_, [&] { return describe(*option); });
}

/// The first reason stands, unless the peer turns abusive.
void ControlProtocol::fail(DownReason reason) {
  const auto abusive = [](const DownReason& each) {
    return each.permanence == DownReason::Permanence::Abusive;
  };
  if (failure_ && (abusive(*failure_) || !abusive(reason))) return;
  log_.event(layer_, reason.text);
  failure_ = std::move(reason);
  close_pending_ = true;
}

void ControlProtocol::close_if_failed(TimePoint now) {
  if (!std::exchange(close_pending_, false)) return;
  terminate_text_ = failure_->text;
  handle(Event::Close, {}, now);
}

void ControlProtocol::count_malformed(std::string_view what) {
  ++dropped_.malformed;
  log_.packet(layer_, [&] { return "dropped: " + std::string{what}; });
}

bool ControlProtocol::consistent() const noexcept {
  return timer_.has_value() == timer_runs(state_) && !(failure_ && opened() && !close_pending_);
}

}  // namespace tunnel::ppp
