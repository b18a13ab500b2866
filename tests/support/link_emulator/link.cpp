#include "tests/support/link_emulator/link.hpp"

#include <algorithm>

namespace tunnel::test {

namespace {

constexpr std::uint64_t kBitsPerByte = 8;
constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

/// What a random number decides. Each has a sequence of its own, so that asking for one does not
/// change the other.
enum class Question : std::uint64_t { Loss = 0x6c6f7373, Jitter = 0x6a697474 };

/// The finalizer of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014): a good hash of its argument.
constexpr std::uint64_t mix(std::uint64_t value) noexcept {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

/// From 0 to below 1. The standard library's distributions differ from one to the next.
double random(std::uint64_t seed, Question question, std::uint64_t number) noexcept {
  constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15;
  constexpr double kTwoToThe53 = 9007199254740992.0;
  const auto sequence = mix(seed * kGoldenRatio + static_cast<std::uint64_t>(question));
  return static_cast<double>(mix(sequence + number * kGoldenRatio) >> 11) / kTwoToThe53;
}

}  // namespace

std::chrono::nanoseconds Link::transmission_time(std::size_t bytes) const {
  if (settings_.bits_per_second == 0) return std::chrono::nanoseconds{0};
  const auto nanoseconds = bytes * kBitsPerByte * kNanosecondsPerSecond / settings_.bits_per_second;
  return std::chrono::nanoseconds{static_cast<std::int64_t>(nanoseconds)};
}

Passage Link::offer(std::size_t bytes, TimePoint now) {
  const auto waiting = std::max(idle_from_ - now, Duration{0});
  const auto transmission = transmission_time(bytes);
  if (waiting + transmission > transmission_time(settings_.queue_bytes)) {
    return {Fate::Overflown, {}};
  }
  const auto number = transmitted_++;
  idle_from_ = now + waiting + transmission;
  if (random(settings_.seed, Question::Loss, number) < settings_.loss) return {Fate::Lost, {}};

  const auto late = std::chrono::duration_cast<std::chrono::nanoseconds>(
      settings_.jitter * random(settings_.seed, Question::Jitter, number));
  last_arrival_ = std::max(last_arrival_, idle_from_ + settings_.delay + late);
  return {Fate::Arrives, last_arrival_};
}

}  // namespace tunnel::test
