#pragma once

#include "pppd-bridge/ppp/output.hpp"
#include "pppd-bridge/ppp/rate_limiter.hpp"
#include "tunneld/base/time.hpp"

#include <cstdint>
#include <string>

namespace tunnel::ppp {

/// The engines' way to ppp.log. What a peer can trigger is bounded: a flood costs a few lines a
/// second and a count of those left out.
class PacketLog {
 public:
  explicit PacketLog(LinkOutput& out) noexcept : out_{out} {}

  /// The time of what is logged next; every public call of the link begins with it.
  void set_time(TimePoint now) noexcept { now_ = now; }

  /// A line that packets can cause.
  void packet(Layer layer, std::string text);
  /// A line about the life of the link, always written.
  void event(Layer layer, std::string text);

 private:
  void report_suppressed(Layer layer);

  LinkOutput& out_;
  TimePoint now_{};
  RateLimiter lines_{200, 20};
  std::uint64_t suppressed_ = 0;
};

}  // namespace tunnel::ppp
