#include "pppd-bridge/ppp/prover.hpp"

#include "pppd-bridge/ppp/auth_packets.hpp"
#include "tunneld/base/escape.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::ppp {

void Prover::start(AuthMethod method, TimePoint now) {
  stop();
  method_ = method;
  tries_ = 0;
  if (pap()) {
    ++id_;
    begin_asking(now);
  } else {
    arm(now);
  }
}

void Prover::rest() noexcept {
  state_ = State::Idle;
  proof_ = {};
}

void Prover::begin_asking(TimePoint now) {
  state_ = State::Asking;
  tries_ = 1;
  arm(now);
  ask_for_proof();
}

void Prover::ask_for_proof() {
  ask(ProofWanted{*method_, id_, challenge_, asker_});
}

void Prover::receive(const ControlPacket& packet, Bytes own_challenge, TimePoint now) {
  if (!method_) return;
  if (pap()) return receive_pap(packet);
  switch (ChapCode{static_cast<std::uint8_t>(packet.code)}) {
    case ChapCode::Challenge:
      return receive_challenge(packet, own_challenge, now);
    case ChapCode::Success:
      return answers_proof(packet) ? receive_success(packet.data) : drop_unexpected();
    case ChapCode::Failure:
      return answers_proof(packet) ? receive_failure(packet.data) : drop_unexpected();
    case ChapCode::Response:
      break;
  }
  drop_unexpected();
}

void Prover::receive_challenge(const ControlPacket& packet, Bytes own_challenge, TimePoint now) {
  if (!within(challenges_, now)) return;
  const auto challenge = parse_chap_value(packet.data);
  const bool fits = challenge && (*method_ != AuthMethod::MsChapV2 ||
                                  challenge->value.size() == kMsChapV2Challenge);
  if (!fits) return drop_malformed("a Challenge whose lengths do not add up");
  log_.packet(Layer::Auth, [&] {
    return "RecvChallenge(" + std::to_string(packet.id) + ") " + method_name() + " from \"" +
           escape_text(challenge->name) + "\"";
  });
  if (constant_time_equal(challenge->value, own_challenge)) {
    return fail(DownReason::Kind::AuthFailed,
                "the peer sent our own CHAP Challenge back to have us answer it");
  }
  // A repetition, because our Response was lost.
  if (state_ == State::Proving && packet.id == id_ &&
      constant_time_equal(challenge->value, challenge_)) {
    return send_proof(now);
  }
  id_ = packet.id;
  challenge_.assign(challenge->value.begin(), challenge->value.end());
  asker_.assign(challenge->name.begin(), challenge->name.end());
  begin_asking(now);
}

void Prover::answer(AuthSerial serial, AuthAnswer&& answer, TimePoint now) {
  if (serial != serial_ || state_ != State::Asking) return;
  if (const auto* none = std::get_if<NoProof>(&answer)) {
    return fail(DownReason::Kind::AuthFailed,
                "peer requires " + method_name() + ", and " + none->reason);
  }
  auto* proof = std::get_if<Proof>(&answer);
  if (proof == nullptr || proof->response.empty() || proof->response.reveal().size() > 0xff) return;
  proof_ = std::move(*proof);
  state_ = State::Proving;
  tries_ = 0;
  send_proof(now);
}

void Prover::send_proof(TimePoint now) {
  ++tries_;
  arm(now);
  log_.packet(Layer::Auth, [&] {
    return "Send" + std::string{pap() ? "AuthReq(" : "Response("} + std::to_string(id_) +
           ") as \"" + escape_text(proof_.name) + "\"";
  });
  const auto name = to_bytes(proof_.name.substr(0, 0xff));
  auto data = pap() ? write_pap_request(name, proof_.response.reveal())
                    : write_chap_value(proof_.response.reveal(), name);
  const auto code = pap() ? static_cast<std::uint8_t>(PapCode::AuthenticateRequest)
                          : static_cast<std::uint8_t>(ChapCode::Response);
  auto packet = build_control_packet(Code{code}, id_, data);
  out_.send_auth(auth_protocol(*method_), packet);
  wipe(data);
  wipe(packet);
}

void Prover::receive_pap(const ControlPacket& packet) {
  if (!answers_proof(packet)) return drop_unexpected();
  const auto message = parse_pap_message(packet.data);
  if (!message) {
    return drop_malformed("a PAP answer whose lengths do not add up");
  }
  const PapCode code{static_cast<std::uint8_t>(packet.code)};
  if (code == PapCode::AuthenticateAck) receive_success(*message);
  if (code == PapCode::AuthenticateNak) receive_failure(*message);
}

/// RFC 2759 §5: with MS-CHAPv2 the authenticator, too, must show that it knows the secret.
void Prover::receive_success(Bytes message) {
  if (*method_ == AuthMethod::MsChapV2) {
    const auto expected = to_bytes(proof_.expected);
    const auto given = message.first(std::min(message.size(), expected.size()));
    if (!constant_time_equal(expected, given)) {
      return fail(DownReason::Kind::AuthFailed,
                  "peer accepts our MS-CHAPv2 proof and does not know the secret itself");
    }
  }
  timer_.reset();
  log_.event(Layer::Auth,
             "we are accepted as \"" + escape_text(proof_.name) + "\" by " + method_name());
  rest();
  passed_ = true;
}

void Prover::receive_failure(Bytes message) {
  const auto words = escape_text(message);
  fail(DownReason::Kind::AuthFailed, "peer does not accept our " + method_name() + " proof as \"" +
                                         escape_text(proof_.name) + "\"" +
                                         (words.empty() ? "" : ": " + words));
}

void Prover::expire(TimePoint now) {
  if (!timer_ || now < *timer_) return;
  const bool enough = tries_ >= limits_.max_configure;
  switch (state_) {
    case State::Idle:  // only before the first Challenge
      if (enough) return fail(DownReason::Kind::NoAnswer, "peer sent no CHAP Challenge");
      ++tries_;
      return arm(now);
    case State::Asking:
      // As with the authenticator: a link that stands waits for a tunneld that restarts.
      if (enough && !passed_) {
        return fail(DownReason::Kind::NoAnswer, "tunneld does not answer about " + method_name());
      }
      ++tries_;
      arm(now);
      return ask_for_proof();
    case State::Proving:
      if (!enough) return send_proof(now);
      return fail(DownReason::Kind::NoAnswer,
                  "no answer to " + std::to_string(tries_) + " " + method_name() + " proofs");
  }
}

}  // namespace tunnel::ppp
