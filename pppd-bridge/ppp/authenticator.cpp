#include "pppd-bridge/ppp/authenticator.hpp"

#include "pppd-bridge/ppp/auth_packets.hpp"
#include "tunneld/base/escape.hpp"
#include "tunneld/base/hex.hpp"

#include <utility>

namespace tunnel::ppp {

namespace {

/// What a response of this method must be long; nullopt: anything but empty.
std::optional<std::size_t> response_size(AuthMethod method) noexcept {
  switch (method) {
    case AuthMethod::Pap:
      return std::nullopt;
    case AuthMethod::ChapMd5:
      return kMd5Size;
    case AuthMethod::MsChapV2:
      return kMsChapV2Size;
  }
  return std::nullopt;
}

/// The peer learns that it has failed, not why. RFC 2759 §6: no retry.
std::string refusal_message(AuthMethod method, Bytes challenge) {
  const std::string text = "access denied";
  if (method != AuthMethod::MsChapV2) return text;
  return "E=691 R=0 C=" + to_hex(challenge, HexCase::Upper) + " V=3 M=" + text;
}

}  // namespace

void Authenticator::start(AuthMethod method, TimePoint now) {
  stop();
  method_ = method;
  if (pap()) {
    state_ = State::Challenged;
    tries_ = 0;
    arm(now);
  } else {
    prepare(now);
  }
}

void Authenticator::rest() noexcept {
  state_ = State::Idle;
  last_message_.clear();
}

void Authenticator::prepare(TimePoint now) {
  state_ = State::Preparing;
  tries_ = 1;
  arm(now);
  ask(ChallengeWanted{*method_});
}

void Authenticator::answer(AuthSerial serial, const AuthAnswer& answer, TimePoint now) {
  if (serial != serial_ || !method_) return;
  const auto* challenge = std::get_if<Challenge>(&answer);
  if (challenge != nullptr && state_ == State::Preparing) {
    if (challenge->value.empty() || challenge->value.size() > 0xff) return;
    challenge_ = challenge->value;
    state_ = State::Challenged;
    ++id_;
    tries_ = 0;
    send_challenge(now);
  }
  const auto* decision = std::get_if<AuthDecision>(&answer);
  if (decision != nullptr && state_ == State::Checking) decide(*decision, now);
}

void Authenticator::send_challenge(TimePoint now) {
  ++tries_;
  arm(now);
  log_.packet(Layer::Auth, [&] {
    return "SendChallenge(" + std::to_string(id_) + ") " + method_name() + " from " +
           escape_text(name_);
  });
  const auto data = write_chap_value(challenge_, to_bytes(name_));
  const Code code{static_cast<std::uint8_t>(ChapCode::Challenge)};
  out_.send_auth(Protocol::Chap, build_control_packet(code, id_, data));
}

void Authenticator::receive(const ControlPacket& packet, TimePoint now) {
  if (!method_) return;
  if (!within(proofs_, now)) return;
  if (pap()) {
    if (const auto request = parse_pap_request(packet.data)) {
      return receive_proof(packet.id, request->peer_id, request->password, now);
    }
  } else if (const auto response = parse_chap_value(packet.data)) {
    return receive_proof(packet.id, response->name, response->value, now);
  }
  drop_malformed("a packet whose lengths do not add up");
}

void Authenticator::receive_proof(std::uint8_t id, Bytes name, Bytes response, TimePoint now) {
  if (!pap() && id != id_) {
    drop_unexpected();
    return log_.packet(Layer::Auth, [&] {
      return "dropped: Response(" + std::to_string(id) + ") answers no Challenge of ours";
    });
  }
  // RFC 1334 §2.2.1, RFC 1994 §4.2: whoever missed the outcome hears it again.
  if (state_ == State::Idle && passed_) {
    id_ = id;
    return send_acceptance();
  }
  if (state_ != State::Challenged) return drop_unexpected();
  id_ = id;
  peer_name_ = escape_text(name);
  log_.packet(Layer::Auth, [&] {
    return "Recv" + std::string{pap() ? "AuthReq(" : "Response("} + std::to_string(id) + ") " +
           method_name() + " from \"" + peer_name_ + "\"";
  });
  const auto wanted = response_size(*method_);
  if (name.empty()) return refuse("it gives no name");
  if (response.empty() || (wanted && response.size() != *wanted)) {
    return refuse("its response has the wrong length");
  }
  state_ = State::Checking;
  tries_ = 1;
  arm(now);
  ask(ProofReceived{
      *method_, id, {name.begin(), name.end()}, Secret{{response.begin(), response.end()}}});
}

void Authenticator::decide(const AuthDecision& decision, TimePoint now) {
  if (decision.outcome != AuthDecision::Outcome::Accepted) return refuse(decision.reason);
  log_.event(Layer::Auth, "peer is \"" + peer_name_ + "\", by " + method_name());
  last_message_ = decision.message;
  passed_ = true;
  state_ = State::Idle;
  challenge_.clear();
  timer_.reset();
  if (rechallenge_ > Duration::zero() && !pap()) timer_ = now + rechallenge_;
  send_acceptance();
}

void Authenticator::send_acceptance() {
  send_outcome(pap() ? static_cast<std::uint8_t>(PapCode::AuthenticateAck)
                     : static_cast<std::uint8_t>(ChapCode::Success),
               last_message_);
}

void Authenticator::refuse(const std::string& reason) {
  send_outcome(pap() ? static_cast<std::uint8_t>(PapCode::AuthenticateNak)
                     : static_cast<std::uint8_t>(ChapCode::Failure),
               refusal_message(*method_, challenge_));
  fail(DownReason::Kind::AuthFailed, "peer \"" + peer_name_ + "\" has not proved itself by " +
                                         method_name() + (reason.empty() ? "" : ": " + reason));
}

void Authenticator::send_outcome(std::uint8_t code, const std::string& message) {
  ByteWriter data;
  const auto text = to_bytes(message.substr(0, 0xff));
  if (pap()) data.u8(static_cast<std::uint8_t>(text.size()));
  data.bytes(text);
  out_.send_auth(auth_protocol(*method_), build_control_packet(Code{code}, id_, data.view()));
}

void Authenticator::expire(TimePoint now) {
  if (!timer_ || now < *timer_) return;
  switch (state_) {
    case State::Idle:
      return prepare(now);  // the next challenge is due
    case State::Preparing:
    case State::Checking:
      return expire_question(now);
    case State::Challenged:
      return expire_challenge(now);
  }
}

/// tunneld may be restarting, and has not heard the question then. A link that stands waits for it,
/// one that begins does so for a while only.
void Authenticator::expire_question(TimePoint now) {
  arm(now);
  const bool enough = ++tries_ > limits_.max_configure;
  if (enough && !passed_) {
    return fail(DownReason::Kind::NoAnswer, "tunneld does not answer about " + method_name());
  }
  if (enough && state_ == State::Checking) return prepare(now);
  if (state_ == State::Preparing) ask(ChallengeWanted{*method_});
}

void Authenticator::expire_challenge(TimePoint now) {
  if (tries_ < limits_.max_configure) {
    if (!pap()) return send_challenge(now);
    ++tries_;
    return arm(now);
  }
  fail(DownReason::Kind::NoAnswer,
       pap() ? "peer sent no PAP Authenticate-Request"
             : "no answer to " + std::to_string(tries_) + " CHAP Challenges");
}

}  // namespace tunnel::ppp
