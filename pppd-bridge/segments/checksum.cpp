#include "pppd-bridge/segments/checksum.hpp"

#include <array>
#include <bit>
#include <cstring>

// The sum does not depend on the order of a word's octets, except that the order of the result's is
// the same (RFC 1071 §2 (B)): octets are added as this machine reads them, and swapped in the end.
// Four octets go into a lane of eight, which therefore does not overflow before 16 GiB.

namespace tunnel::segments::detail {

namespace {

/// Two numbers that are added at once; every x86-64 has registers for that, and for any other
/// machine the compiler knows what to do.
using Lanes [[gnu::vector_size(16)]] = std::uint64_t;

constexpr std::size_t kStep = 2 * sizeof(Lanes);

template <typename Word>
[[gnu::always_inline]] inline Word load(Bytes octets) noexcept {
  Word word;
  std::memcpy(&word, octets.data(), sizeof(word));
  return word;
}

/// The sum of fewer octets than a step takes.
std::uint64_t sum_of_rest(Bytes octets) noexcept {
  std::uint64_t sum = 0;
  for (; octets.size() >= 4; octets = octets.subspan(4)) sum += load<std::uint32_t>(octets);
  if (octets.size() >= 2) {
    sum += load<std::uint16_t>(octets);
    octets = octets.subspan(2);
  }
  if (octets.empty()) return sum;
  const std::array<std::uint8_t, 2> last{octets.front(), 0};
  return sum + load<std::uint16_t>(last);
}

std::uint64_t native_sum(Bytes octets) noexcept {
  Lanes low{};
  Lanes high{};
  Lanes other_low{};
  Lanes other_high{};
  for (; octets.size() >= kStep; octets = octets.subspan(kStep)) {
    const auto first = load<Lanes>(octets);
    const auto second = load<Lanes>(octets.subspan(sizeof(Lanes)));
    low += first & 0xffff'ffffU;
    high += first >> 32;
    other_low += second & 0xffff'ffffU;
    other_high += second >> 32;
  }
  low += high + other_low + other_high;
  return low[0] + low[1] + sum_of_rest(octets);
}

}  // namespace

std::uint16_t sum_by_lanes(Bytes octets) noexcept {
  const auto sum = fold(native_sum(octets));
  return std::endian::native == std::endian::little ? std::rotl(sum, 8) : sum;
}

}  // namespace tunnel::segments::detail
