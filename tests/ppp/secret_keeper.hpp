#pragma once

#include "pppd-bridge/ppp/auth_dialogue.hpp"
#include "pppd-bridge/ppp/auth_packets.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tunnel::ppp::test {

/// In place of tunneld: holds the secret, and makes and checks proofs. They are no real digests,
/// but as long as those, and right only with the secret, the identifier and the challenge.
class SecretKeeper {
 public:
  SecretKeeper(std::string name, std::string secret)
      : name_{std::move(name)}, secret_{std::move(secret)} {}

  AuthAnswer answer(const AuthQuestion& question) {
    if (const auto* wanted = std::get_if<ChallengeWanted>(&question)) return challenge(*wanted);
    if (const auto* proof = std::get_if<ProofReceived>(&question)) return check(*proof);
    return prove(std::get<ProofWanted>(question));
  }

  bool has_secret = true;
  std::string reason = "unknown name";  // of a refusal
  unsigned challenges = 0;

  static std::vector<std::uint8_t> response(AuthMethod method, std::uint8_t id, Bytes challenge,
                                            const std::string& secret) {
    if (method == AuthMethod::Pap) return to_bytes(secret);
    std::vector<std::uint8_t> out(method == AuthMethod::ChapMd5 ? kMd5Size : kMsChapV2Size, id);
    std::uint8_t mixed = id;
    for (std::size_t i = 0; i < 4 * out.size(); ++i) {
      mixed = static_cast<std::uint8_t>(mixed * 31 + secret[i % secret.size()]);
      if (!challenge.empty()) mixed ^= challenge[i % challenge.size()];
      out[i % out.size()] ^= mixed;
    }
    return out;
  }

  static std::string success(const std::string& secret) { return "S=" + secret + "!"; }

 private:
  AuthAnswer challenge(const ChallengeWanted&) {
    std::vector<std::uint8_t> value(16);
    const auto salt = static_cast<std::uint8_t>(name_.back());
    for (std::size_t i = 0; i < value.size(); ++i) {
      value[i] = static_cast<std::uint8_t>(17 * ++challenges_made_) ^ salt;
    }
    ++challenges;
    last_challenge_ = value;
    return Challenge{value};
  }

  AuthAnswer check(const ProofReceived& proof) const {
    const auto right = response(proof.method, proof.id, last_challenge_, secret_);
    const auto given = proof.response.reveal();
    const bool same = std::equal(right.begin(), right.end(), given.begin(), given.end());
    if (same) return AuthDecision{AuthDecision::Outcome::Accepted, success(secret_), {}};
    return AuthDecision{AuthDecision::Outcome::Refused, {}, reason};
  }

  AuthAnswer prove(const ProofWanted& wanted) const {
    if (!has_secret) return NoProof{"no secret for it"};
    return Proof{name_, Secret{response(wanted.method, wanted.id, wanted.challenge, secret_)},
                 success(secret_)};
  }

  std::string name_;
  std::string secret_;
  std::vector<std::uint8_t> last_challenge_;
  std::size_t challenges_made_ = 0;
};

}  // namespace tunnel::ppp::test
