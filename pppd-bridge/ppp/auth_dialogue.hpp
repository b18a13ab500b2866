#pragma once

#include "pppd-bridge/ppp/auth_method.hpp"
#include "tunneld/base/secret.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

// What the engine, which knows no secret, asks of the one who does: tunneld.

namespace tunnel::ppp {

/// A challenge to send to the peer. It is made where the response will be checked, so that a bridge
/// which its peer has taken over cannot replay an old pair.
struct ChallengeWanted {
  AuthMethod method{};
};

/// The peer has answered the last Challenge, or sent a PAP password: is it right?
struct ProofReceived {
  AuthMethod method{};
  std::uint8_t id = 0;
  std::vector<std::uint8_t> name;  // the peer's words
  Secret response;
};

/// The peer asks us to prove ourselves.
struct ProofWanted {
  AuthMethod method{};
  std::uint8_t id = 0;
  std::vector<std::uint8_t> challenge;  // empty for PAP
  std::vector<std::uint8_t> name;       // the peer's words: who asks; empty for PAP
};

using AuthQuestion = std::variant<ChallengeWanted, ProofReceived, ProofWanted>;

struct Challenge {
  std::vector<std::uint8_t> value;
};

/// Whether the peer has proved itself.
struct AuthDecision {
  enum class Outcome : std::uint8_t { Refused, Accepted };

  Outcome outcome = Outcome::Refused;
  std::string message;  // for the Success packet: MS-CHAPv2's proof of the authenticator
  std::string reason;   // of a refusal, for our administrator
};

struct Proof {
  std::string name;
  Secret response;       // CHAP's value, or PAP's password
  std::string expected;  // MS-CHAPv2: how the Success packet must begin
};

/// There is no proof: no secret for this peer.
struct NoProof {
  std::string reason;
};

using AuthAnswer = std::variant<Challenge, AuthDecision, Proof, NoProof>;

/// Ties an answer to its question: an answer to any but the last question of a kind is late, and
/// is dropped.
using AuthSerial = std::uint32_t;

/// What the two halves of authentication ask of the link. Implementations must not call back.
class AuthOutput {
 public:
  virtual void send_auth(Protocol protocol, Bytes packet) = 0;
  virtual void ask(AuthSerial serial, AuthQuestion question) = 0;

 protected:
  ~AuthOutput() = default;
};

}  // namespace tunnel::ppp
