#pragma once

#include <cstdint>

// Numbers of protocols that the filter knows more about than the number (IANA).

namespace tunnel::filter {

inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kIcmp6 = 58;

constexpr bool has_ports(std::uint8_t protocol) noexcept {
  return protocol == kTcp || protocol == kUdp;
}

}  // namespace tunnel::filter
