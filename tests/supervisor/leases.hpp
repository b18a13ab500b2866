#pragma once

#include "tunneld/supervisor/lease_table.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace tunnel::supervisor {

inline SiteName site(std::string_view name) {
  return *SiteName::parse(name);
}

inline Ipv4Address ip(std::string_view text) {
  return *Ipv4Address::parse(text);
}

inline config::Pool pool(std::string_view name, std::string_view first, std::string_view last) {
  return {std::string{name}, {{ip(first), ip(last)}}};
}

/// A time of day for tests, in seconds.
inline audit::WallTime at(int seconds) {
  return audit::WallTime{std::chrono::hours{300'000} + std::chrono::seconds{seconds}};
}

}  // namespace tunnel::supervisor
