#include "pppd-bridge/ppp/prover.hpp"

#include "pppd-bridge/ppp/auth_packets.hpp"
#include "tunneld/base/escape.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::ppp {

namespace {

/// Without a shortcut at the first octet that differs: the peer must not learn how far it was
/// right.
bool same(Bytes a, Bytes b) noexcept {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= a[i] ^ static_cast<unsigned>(b[i]);
  return difference == 0;
}

}  // namespace

void Prover::start(AuthMethod method, TimePoint now) {
  stop();
  method_ = method;
  tries_ = 0;
  if (pap()) {
    ++id_;
    ask(now);
  } else {
    arm(now);
  }
}

void Prover::stop() noexcept {
  method_.reset();
  state_ = State::Idle;
  passed_ = false;
  failure_.reset();
  timer_.reset();
  ++serial_;  // answers that are under way belong to nothing any more
  challenge_.clear();
  proof_ = {};
}

void Prover::ask(TimePoint now) {
  state_ = State::Asking;
  tries_ = 1;
  arm(now);
  out_.ask(++serial_, ProofWanted{*method_, id_, challenge_, asker_});
}

void Prover::receive(const ControlPacket& packet, Bytes own_challenge, TimePoint now) {
  if (!method_) return;
  if (pap()) return receive_pap(packet);
  switch (ChapCode{static_cast<std::uint8_t>(packet.code)}) {
    case ChapCode::Challenge:
      return receive_challenge(packet, own_challenge, now);
    case ChapCode::Success:
      if (state_ == State::Proving && packet.id == id_) receive_success(packet.data);
      return;
    case ChapCode::Failure:
      if (state_ == State::Proving && packet.id == id_) receive_failure(packet.data);
      return;
    case ChapCode::Response:
      return;
  }
}

void Prover::receive_challenge(const ControlPacket& packet, Bytes own_challenge, TimePoint now) {
  if (!challenges_.allow(now)) return;
  const auto challenge = parse_chap_value(packet.data);
  const bool fits = challenge && (*method_ != AuthMethod::MsChapV2 ||
                                  challenge->value.size() == kMsChapV2Challenge);
  if (!fits) return log_.packet(Layer::Auth, "dropped: a Challenge whose lengths do not add up");
  log_.packet(Layer::Auth, "RecvChallenge(" + std::to_string(packet.id) + ") " +
                               std::string{auth_method_name(*method_)} + " from \"" +
                               escape_text(challenge->name) + "\"");
  if (same(challenge->value, own_challenge)) {
    return fail(DownReason::Kind::AuthFailed,
                "the peer sent our own CHAP Challenge back to have us answer it");
  }
  // A repetition, because our Response was lost.
  if (state_ == State::Proving && packet.id == id_ && same(challenge->value, challenge_)) {
    return send_proof(now);
  }
  id_ = packet.id;
  challenge_.assign(challenge->value.begin(), challenge->value.end());
  asker_.assign(challenge->name.begin(), challenge->name.end());
  ask(now);
}

void Prover::answer(AuthSerial serial, AuthAnswer&& answer, TimePoint now) {
  if (serial != serial_ || state_ != State::Asking) return;
  if (const auto* none = std::get_if<NoProof>(&answer)) {
    return fail(
        DownReason::Kind::AuthFailed,
        "peer requires " + std::string{auth_method_name(*method_)} + ", and " + none->reason);
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
  log_.packet(Layer::Auth, "Send" + std::string{pap() ? "AuthReq(" : "Response("} +
                               std::to_string(id_) + ") as \"" + escape_text(proof_.name) + "\"");
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
  if (state_ != State::Proving || packet.id != id_) return;
  const auto message = parse_pap_message(packet.data);
  if (!message) {
    return log_.packet(Layer::Auth, "dropped: a PAP answer whose lengths do not add up");
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
    if (expected.empty() || !same(given, expected)) {
      return fail(DownReason::Kind::AuthFailed,
                  "peer accepts our MS-CHAPv2 proof and does not know the secret itself");
    }
  }
  state_ = State::Idle;
  timer_.reset();
  log_.event(Layer::Auth, "we are accepted as \"" + escape_text(proof_.name) + "\" by " +
                              std::string{auth_method_name(*method_)});
  proof_ = {};
  passed_ = true;
}

void Prover::receive_failure(Bytes message) {
  const auto words = escape_text(message);
  fail(DownReason::Kind::AuthFailed,
       "peer does not accept our " + std::string{auth_method_name(*method_)} + " proof as \"" +
           escape_text(proof_.name) + "\"" + (words.empty() ? "" : ": " + words));
}

void Prover::fail(DownReason::Kind kind, std::string text) {
  passed_ = false;
  state_ = State::Idle;
  timer_.reset();
  const auto permanence = kind == DownReason::Kind::AuthFailed ? DownReason::Permanence::Permanent
                                                               : DownReason::Permanence::Transient;
  failure_ = DownReason{kind, permanence, std::move(text)};
}

void Prover::expire(TimePoint now) {
  if (!timer_ || now < *timer_) return;
  const std::string method{auth_method_name(*method_)};
  const bool enough = tries_ >= limits_.max_configure;
  switch (state_) {
    case State::Idle:  // only before the first Challenge
      if (enough) return fail(DownReason::Kind::NoAnswer, "peer sent no CHAP Challenge");
      ++tries_;
      return arm(now);
    case State::Asking:
      // As with the authenticator: a link that stands waits for a tunneld that restarts.
      if (enough && !passed_) {
        return fail(DownReason::Kind::NoAnswer, "tunneld does not answer about " + method);
      }
      ++tries_;
      arm(now);
      return out_.ask(++serial_, ProofWanted{*method_, id_, challenge_, asker_});
    case State::Proving:
      if (!enough) return send_proof(now);
      return fail(DownReason::Kind::NoAnswer,
                  "no answer to " + std::to_string(tries_) + " " + method + " proofs");
  }
}

}  // namespace tunnel::ppp
