#pragma once

#include "filter/model/rule.hpp"

#include <cstdint>

namespace tunnel::filter::packet {

/// RFC 9293 §3.1; which of these combinations no host sends is IPFilter's judgement.
constexpr bool contradictory(std::uint8_t flags, std::uint16_t urgent) noexcept {
  const auto has = [flags](unsigned some) { return (flags & some) != 0; };
  if (has(kUrg) && urgent == 0) return true;
  if (has(kSyn | kFin) && has(kRst) && !has(kAck)) return true;
  if (has(kSyn) && has(kUrg | kPsh)) return true;
  return !has(kAck) && (!has(kSyn | kRst) || has(kUrg | kPsh | kFin));
}

}  // namespace tunnel::filter::packet
