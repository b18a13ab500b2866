#include "tunneld/ctl/units.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <utility>

namespace tunnel::ctl {

namespace {

/// One decimal below ten thousand, none above: "9.8 MiB", "512 B".
std::string decimal(double value, const char* unit, int digits) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.*f %s", digits, value, unit);
  return text.data();
}

}  // namespace

std::string human_duration(std::chrono::seconds duration) {
  using Unit = std::pair<long long, char>;
  constexpr std::array<Unit, 4> kUnits{{{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}}};
  auto rest = duration.count() < 0 ? 0LL : static_cast<long long>(duration.count());
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    const auto [size, letter] = kUnits[i];
    if (rest < size && i + 1 < kUnits.size()) continue;
    auto out = std::to_string(rest / size) + letter;
    rest %= size;
    if (rest == 0 || i + 1 == kUnits.size()) return out;
    const auto [next_size, next_letter] = kUnits[i + 1];
    if (rest >= next_size) out += ' ' + std::to_string(rest / next_size) + next_letter;
    return out;
  }
  return "0s";
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  constexpr std::array<const char*, 6> kUnits{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return decimal(value, kUnits[unit], 1);
}

std::string counted(std::uint64_t number, std::string_view what) {
  return std::to_string(number) + ' ' + std::string{what} + (number == 1 ? "" : "s");
}

std::string human_round_trip(std::chrono::microseconds time) {
  const auto milliseconds = static_cast<double>(time.count()) / 1000;
  return decimal(milliseconds, "ms", milliseconds < 10 ? 2 : 1);
}

std::string local_time(std::string_view utc) {
  const std::string text{utc};
  std::tm broken_down{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &broken_down);
  if (end == nullptr || (*end != 'Z' && *end != '.')) return text;
  const auto time = ::timegm(&broken_down);
  std::tm local{};
  if (::localtime_r(&time, &local) == nullptr) return text;
  std::array<char, 32> out{};
  std::strftime(out.data(), out.size(), "%Y-%m-%d %H:%M:%S", &local);
  return out.data();
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr std::uint64_t kYear = 366ULL * 86400 * 1000;
  std::uint64_t amount = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, amount);
  if (error != std::errc{} || amount > kYear) return std::nullopt;
  const std::string_view unit{rest, static_cast<std::size_t>(end - rest)};
  std::uint64_t factor = 0;
  if (unit == "ms") factor = 1;
  if (unit.empty() || unit == "s") factor = 1000;
  if (unit == "m" || unit == "min") factor = 60'000;
  if (unit == "h") factor = 3'600'000;
  if (factor == 0 || amount > kYear / factor) return std::nullopt;
  return std::chrono::milliseconds{amount * factor};
}

}  // namespace tunnel::ctl
