#pragma once

#include "pppd-bridge/ppp/auth_half.hpp"
#include "pppd-bridge/ppp/control_packet.hpp"
#include "tunneld/base/rate_limiter.hpp"

#include <cstdint>
#include <vector>

namespace tunnel::ppp {

/// The other half of RFC 1334 and RFC 1994, "the peer" there: proves to the far end who we are.
/// Lives from LCP's This-Layer-Up to its This-Layer-Down.
class Prover final : public AuthHalf {
 public:
  Prover(const AutomatonLimits& limits, AuthOutput& out, PacketLog& log)
      : AuthHalf{limits, out, log} {}

  void start(AuthMethod method, TimePoint now);

  /// A CHAP Challenge, Success or Failure, or a PAP Ack or Nak. `own_challenge` is what our own
  /// authenticator waits for a Response to: it must not be answered by ourselves.
  void receive(const ControlPacket& packet, Bytes own_challenge, TimePoint now);
  /// Answers of another serial are dropped.
  void answer(AuthSerial serial, AuthAnswer&& answer, TimePoint now);

  void expire(TimePoint now);

 private:
  enum class State : std::uint8_t {
    Idle,     // CHAP: a Challenge may come; PAP: done
    Asking,   // tunneld is making the proof
    Proving,  // the proof is sent; the outcome is waited for
  };

  void rest() noexcept override;

  bool answers_proof(const ControlPacket& packet) const noexcept {
    return state_ == State::Proving && packet.id == id_;
  }

  void receive_challenge(const ControlPacket& packet, Bytes own_challenge, TimePoint now);
  void receive_success(Bytes message);
  void receive_failure(Bytes message);
  void receive_pap(const ControlPacket& packet);
  void begin_asking(TimePoint now);
  void ask_for_proof();
  void send_proof(TimePoint now);

  State state_ = State::Idle;
  std::vector<std::uint8_t> asker_;  // the name in the Challenge
  Proof proof_;
  RateLimiter challenges_{10, 2};
};

}  // namespace tunnel::ppp
