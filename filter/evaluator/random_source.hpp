#pragma once

#include <cstdint>

namespace tunnel::filter::evaluator {

/// Where random ports come from: tests and `tunnelctl filter test` want the same ones every time.
class RandomSource {
 public:
  virtual ~RandomSource() = default;

  /// A number below `bound`, which is at least 1.
  virtual std::uint32_t below(std::uint32_t bound) = 0;
};

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed on every machine.
class SeededSource final : public RandomSource {
 public:
  explicit SeededSource(std::uint64_t seed) noexcept : state_{seed} {}

  std::uint32_t below(std::uint32_t bound) override {
    state_ += 0x9e37'79b9'7f4a'7c15;
    auto mixed = (state_ ^ state_ >> 30) * 0xbf58'476d'1ce4'e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d0'49bb'1331'11eb;
    return static_cast<std::uint32_t>((mixed ^ mixed >> 31) % bound);
  }

 private:
  std::uint64_t state_;
};

}  // namespace tunnel::filter::evaluator
