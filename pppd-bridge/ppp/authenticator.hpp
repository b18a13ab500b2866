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

/// The authenticator of RFC 1334 and RFC 1994: makes the peer prove who it is. Lives from LCP's
/// This-Layer-Up to its This-Layer-Down.
class Authenticator {
 public:
  Authenticator(const AuthOptions& options, const AutomatonLimits& limits, AuthOutput& out,
                PacketLog& log)
      : name_{options.name},
        rechallenge_{options.rechallenge},
        limits_{limits},
        out_{out},
        log_{log} {}

  void start(AuthMethod method, TimePoint now);
  void stop() noexcept;

  /// A PAP Authenticate-Request or a CHAP Response.
  void receive(const ControlPacket& packet, TimePoint now);
  /// Answers of another serial are dropped.
  void answer(AuthSerial serial, const AuthAnswer& answer, TimePoint now);

  void expire(TimePoint now);

  std::optional<TimePoint> deadline() const noexcept { return timer_; }

  /// nullopt: not at work.
  std::optional<AuthMethod> method() const noexcept { return method_; }

  /// The peer has proved itself, and not failed since.
  bool passed() const noexcept { return passed_; }

  const std::optional<DownReason>& failure() const noexcept { return failure_; }

  /// The Challenge that waits for its Response; empty: none does.
  Bytes challenge() const noexcept { return challenge_; }

 private:
  enum class State : std::uint8_t {
    Idle,        // not at work, or done until the next challenge is due
    Preparing,   // a Challenge is being made
    Challenged,  // CHAP: a Response is waited for; PAP: an Authenticate-Request is
    Checking,    // what came is being checked
  };

  void prepare(TimePoint now);
  void send_challenge(TimePoint now);
  void receive_proof(std::uint8_t id, Bytes name, Bytes response, TimePoint now);
  void decide(const AuthDecision& decision, TimePoint now);
  void send_acceptance();
  void refuse(const std::string& reason);
  void send_outcome(std::uint8_t code, const std::string& message);
  void fail(DownReason::Kind kind, std::string text);
  void expire_question(TimePoint now);
  void expire_challenge(TimePoint now);

  void arm(TimePoint now) { timer_ = now + limits_.restart; }

  bool pap() const noexcept { return method_ == AuthMethod::Pap; }

  const std::string name_;
  const Duration rechallenge_;
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
  std::string peer_name_;      // as it named itself, escaped
  std::string last_message_;   // of the Success sent, for a peer that missed it
  RateLimiter proofs_{10, 2};  // beyond which they are not worth a check
};

}  // namespace tunnel::ppp
