#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tunnel::ctl {

/// "45s", "2m 5s", "2h 3m", "3d 4h": the two greatest units.
std::string human_duration(std::chrono::seconds duration);

/// "512 B", "14.0 MiB".
std::string human_bytes(std::uint64_t bytes);

/// "1 key", "2 keys".
std::string counted(std::uint64_t number, std::string_view what);

/// "0.84 ms", "12.3 ms".
std::string human_round_trip(std::chrono::microseconds time);

/// "2005-04-13T13:02:11Z" (with a fraction or without) as local time, "2005-04-13 15:02:11"; any
/// other text as it is.
std::string local_time(std::string_view utc);

/// "20s", "500ms", "2m", "1h", or seconds alone, at most a year; nullopt for anything else.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace tunnel::ctl
