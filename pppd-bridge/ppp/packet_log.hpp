#pragma once

#include "pppd-bridge/ppp/output.hpp"
#include "tunneld/base/rate_limiter.hpp"
#include "tunneld/base/time.hpp"

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace tunnel::ppp {

/// The engines' way to ppp.log. What a peer can trigger is bounded: a flood costs a few lines a
/// second and a count of those left out.
class PacketLog {
 public:
  explicit PacketLog(LinkOutput& out) noexcept : out_{out} {}

  /// The time of what is logged next; every public call of the link begins with it.
  void set_time(TimePoint now) noexcept { now_ = now; }

  /// A line that packets can cause. `text` is called only where the line is written: a flood must
  /// not cost the making of lines that nobody reads.
  template <std::invocable Text>
  void packet(Layer layer, Text&& text) {
    if (admit(layer)) out_.log(layer, text());
  }

  void packet(Layer layer, std::string_view text) {
    if (admit(layer)) out_.log(layer, std::string{text});
  }

  /// A line about the life of the link, always written.
  void event(Layer layer, std::string text);

 private:
  bool admit(Layer layer);
  void report_suppressed(Layer layer);

  LinkOutput& out_;
  TimePoint now_{};
  RateLimiter lines_{200, 20};
  std::uint64_t suppressed_ = 0;
};

}  // namespace tunnel::ppp
