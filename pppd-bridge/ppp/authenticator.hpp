#pragma once

#include "pppd-bridge/ppp/auth_half.hpp"
#include "pppd-bridge/ppp/control_packet.hpp"
#include "tunneld/base/rate_limiter.hpp"

#include <cstdint>
#include <string>

namespace tunnel::ppp {

/// The authenticator of RFC 1334 and RFC 1994: makes the peer prove who it is. Lives from LCP's
/// This-Layer-Up to its This-Layer-Down.
class Authenticator final : public AuthHalf {
 public:
  Authenticator(const AuthOptions& options, const AutomatonLimits& limits, AuthOutput& out,
                PacketLog& log)
      : AuthHalf{limits, out, log}, name_{options.name}, rechallenge_{options.rechallenge} {}

  void start(AuthMethod method, TimePoint now);

  /// A PAP Authenticate-Request or a CHAP Response.
  void receive(const ControlPacket& packet, TimePoint now);
  /// Answers of another serial are dropped.
  void answer(AuthSerial serial, const AuthAnswer& answer, TimePoint now);

  void expire(TimePoint now);

  /// The Challenge that waits for its Response; empty: none does.
  Bytes challenge() const noexcept { return challenge_; }

 private:
  enum class State : std::uint8_t {
    Idle,        // not at work, or done until the next challenge is due
    Preparing,   // a Challenge is being made
    Challenged,  // CHAP: a Response is waited for; PAP: an Authenticate-Request is
    Checking,    // what came is being checked
  };

  void rest() noexcept override;
  void prepare(TimePoint now);
  void send_challenge(TimePoint now);
  void receive_proof(std::uint8_t id, Bytes name, Bytes response, TimePoint now);
  void decide(const AuthDecision& decision, TimePoint now);
  void send_acceptance();
  void refuse(const std::string& reason);
  void send_outcome(std::uint8_t code, const std::string& message);
  void expire_question(TimePoint now);
  void expire_challenge(TimePoint now);

  const std::string name_;
  const Duration rechallenge_;
  State state_ = State::Idle;
  std::string peer_name_;      // as it named itself, escaped
  std::string last_message_;   // of the Success sent, for a peer that missed it
  RateLimiter proofs_{10, 2};  // beyond which they are not worth a check
};

}  // namespace tunnel::ppp
