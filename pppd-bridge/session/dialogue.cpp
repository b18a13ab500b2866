#include "pppd-bridge/session/dialogue.hpp"

#include <utility>
#include <variant>

namespace tunnel::session {

namespace {

std::vector<std::uint8_t> copy(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

ipc::FromBridge put(ppp::AuthSerial serial, const ppp::ChallengeWanted& wanted) {
  return ipc::ChallengeWanted{serial, wanted.method};
}

ipc::FromBridge put(ppp::AuthSerial serial, const ppp::ProofReceived& proof) {
  return ipc::ProofReceived{serial, proof.method, proof.id, proof.name,
                            copy(proof.response.reveal())};
}

ipc::FromBridge put(ppp::AuthSerial serial, const ppp::ProofWanted& wanted) {
  return ipc::ProofWanted{serial, wanted.method, wanted.id, wanted.challenge, wanted.name};
}

}  // namespace

ipc::FromBridge question_of(ppp::AuthSerial serial, const ppp::AuthQuestion& question) {
  return std::visit([serial](const auto& asked) { return put(serial, asked); }, question);
}

std::optional<DialogueAnswer> answer_of(ipc::ToBridge& message) {
  if (auto* challenge = std::get_if<ipc::Challenge>(&message)) {
    return DialogueAnswer{challenge->serial, ppp::Challenge{std::move(challenge->value)}};
  }
  if (auto* decision = std::get_if<ipc::AuthDecision>(&message)) {
    using Outcome = ppp::AuthDecision::Outcome;
    const auto outcome =
        decision->outcome == ipc::AuthOutcome::Accepted ? Outcome::Accepted : Outcome::Refused;
    return DialogueAnswer{decision->serial, ppp::AuthDecision{outcome, std::move(decision->message),
                                                              std::move(decision->reason)}};
  }
  if (auto* proof = std::get_if<ipc::Proof>(&message)) {
    return DialogueAnswer{proof->serial, ppp::Proof{std::move(proof->name),
                                                    Secret{std::exchange(proof->response, {})},
                                                    std::move(proof->expected)}};
  }
  if (auto* none = std::get_if<ipc::NoProof>(&message)) {
    return DialogueAnswer{none->serial, ppp::NoProof{std::move(none->reason)}};
  }
  return std::nullopt;
}

}  // namespace tunnel::session
