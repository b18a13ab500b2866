#pragma once

#include "pppd-bridge/ppp/auth_dialogue.hpp"
#include "pppd-bridge/ppp/automaton.hpp"
#include "pppd-bridge/ppp/drop_counters.hpp"
#include "pppd-bridge/ppp/output.hpp"
#include "pppd-bridge/ppp/packet_log.hpp"
#include "tunneld/base/rate_limiter.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::ppp {

/// What the two halves of authentication have in common, each from LCP's This-Layer-Up to its
/// This-Layer-Down: one method, a timer, the last question to tunneld, and how it ended. Their
/// states differ.
class AuthHalf {
 public:
  AuthHalf(const AuthHalf&) = delete;
  AuthHalf& operator=(const AuthHalf&) = delete;

  void stop() noexcept;

  std::optional<TimePoint> deadline() const noexcept { return timer_; }

  /// nullopt: not at work.
  std::optional<AuthMethod> method() const noexcept { return method_; }

  /// A proof was accepted, and none has failed since.
  bool passed() const noexcept { return passed_; }

  const std::optional<DownReason>& failure() const noexcept { return failure_; }

  const DropCounters& dropped() const noexcept { return dropped_; }

 protected:
  AuthHalf(const AutomatonLimits& limits, AuthOutput& out, PacketLog& log)
      : limits_{limits}, out_{out}, log_{log} {}

  ~AuthHalf() = default;

  /// The hook: to the idle state, forgetting what belongs to another.
  virtual void rest() noexcept = 0;

  void fail(DownReason::Kind kind, std::string text);

  /// Any answer to an earlier question is late from here on.
  void ask(AuthQuestion question) { out_.ask(++serial_, std::move(question)); }

  void arm(TimePoint now) { timer_ = now + limits_.restart; }

  /// One that is longer or shorter than it says.
  void drop_malformed(std::string_view what);

  /// One that fits no question of ours, or not its time.
  void drop_unexpected() noexcept { ++dropped_.unexpected; }

  /// Whether `rate` allows one more; where it does not, the packet is counted as dropped.
  bool within(RateLimiter& rate, TimePoint now) noexcept { return dropped_.admit(rate, now); }

  bool pap() const noexcept { return method_ == AuthMethod::Pap; }

  /// For people; only while at work.
  std::string method_name() const { return std::string{auth_method_name(*method_)}; }

  const AutomatonLimits limits_;
  AuthOutput& out_;
  PacketLog& log_;

  std::optional<AuthMethod> method_;
  bool passed_ = false;
  std::optional<TimePoint> timer_;
  unsigned tries_ = 0;
  AuthSerial serial_ = 0;
  std::uint8_t id_ = 0;
  std::vector<std::uint8_t> challenge_;  // the last one, ours or the peer's

 private:
  std::optional<DownReason> failure_;
  DropCounters dropped_;
};

}  // namespace tunnel::ppp
