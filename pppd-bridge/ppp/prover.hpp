#pragma once

#include "pppd-bridge/ppp/auth_dialogue.hpp"
#include "pppd-bridge/ppp/automaton.hpp"
#include "pppd-bridge/ppp/control_packet.hpp"
#include "pppd-bridge/ppp/output.hpp"
#include "pppd-bridge/ppp/packet_log.hpp"
#include "pppd-bridge/ppp/rate_limiter.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::ppp {

/// The other half of RFC 1334 and RFC 1994, "the peer" there: proves to the far end who we are.
/// Lives from LCP's This-Layer-Up to its This-Layer-Down.
class Prover {
 public:
  Prover(const AutomatonLimits& limits, AuthOutput& out, PacketLog& log)
      : limits_{limits}, out_{out}, log_{log} {}

  void start(AuthMethod method, TimePoint now);
  void stop() noexcept;

  /// A CHAP Challenge, Success or Failure, or a PAP Ack or Nak. `own_challenge` is what our own
  /// authenticator waits for a Response to: it must not be answered by ourselves.
  void receive(const ControlPacket& packet, Bytes own_challenge, TimePoint now);
  /// Answers of another serial are dropped.
  void answer(AuthSerial serial, AuthAnswer&& answer, TimePoint now);

  void expire(TimePoint now);

  std::optional<TimePoint> deadline() const noexcept { return timer_; }

  /// nullopt: not at work.
  std::optional<AuthMethod> method() const noexcept { return method_; }

  bool passed() const noexcept { return passed_; }

  const std::optional<DownReason>& failure() const noexcept { return failure_; }

 private:
  enum class State : std::uint8_t {
    Idle,     // CHAP: a Challenge may come; PAP: done
    Asking,   // tunneld is making the proof
    Proving,  // the proof is sent; the outcome is waited for
  };

  void receive_challenge(const ControlPacket& packet, Bytes own_challenge, TimePoint now);
  void receive_success(Bytes message);
  void receive_failure(Bytes message);
  void receive_pap(const ControlPacket& packet);
  void ask(TimePoint now);
  void send_proof(TimePoint now);
  void fail(DownReason::Kind kind, std::string text);

  void arm(TimePoint now) { timer_ = now + limits_.restart; }

  bool pap() const noexcept { return method_ == AuthMethod::Pap; }

  const AutomatonLimits limits_;
  AuthOutput& out_;
  PacketLog& log_;

  std::optional<AuthMethod> method_;
  State state_ = State::Idle;
  bool passed_ = false;
  std::optional<DownReason> failure_;
  std::optional<TimePoint> timer_;
  unsigned tries_ = 0;
  AuthSerial serial_ = 0;
  std::uint8_t id_ = 0;
  std::vector<std::uint8_t> challenge_;
  std::vector<std::uint8_t> asker_;  // the name in the Challenge
  Proof proof_;
  RateLimiter challenges_{10, 2};
};

}  // namespace tunnel::ppp
