#include "tunneld/agent/conversation.hpp"

namespace tunnel::agent {

namespace {

Answer refusal(std::string what) {
  return {write_failure(), std::move(what)};
}

}  // namespace

Reaction Conversation::take(Bytes message) {
  if (++requests_ > kMostRequests) return HangUp{"it asks for more than a login takes"};
  const auto request = parse_request(message);
  if (!request) return HangUp{"it sent a malformed request"};
  return std::visit([this](const auto& wanted) { return on(wanted); }, *request);
}

Reaction Conversation::on(const IdentitiesRequest& /*request*/) const {
  return Answer{write_identities_answer(login_.key_blob, ""), {}};
}

Reaction Conversation::on(const SignRequest& request) {
  auto verdict = judge(request, login_);
  if (verdict.algorithm.empty()) return refusal(std::string{verdict.refusal});
  if (signatures_ == kMostSignatures) return refusal("more signatures than a login takes");
  ++signatures_;
  return Sign{request, std::move(verdict.algorithm)};
}

Reaction Conversation::on(const ExtensionRequest& /*request*/) const {
  return Answer{write_failure(), {}};
}

Reaction Conversation::on(const OtherRequest& request) const {
  return refusal("a request of type " + std::to_string(request.type));
}

}  // namespace tunnel::agent
