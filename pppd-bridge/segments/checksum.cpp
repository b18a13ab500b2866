#include "pppd-bridge/segments/checksum.hpp"

#include <algorithm>
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

std::uint64_t native_sum(Bytes octets) noexcept {
  Lanes low{};
  Lanes high{};
  Lanes other_low{};
  Lanes other_high{};
  for (; octets.size() >= kStep; octets = octets.subspan(kStep)) {
    Lanes first;
    Lanes second;
    std::memcpy(&first, octets.data(), sizeof(first));
    std::memcpy(&second, octets.subspan(sizeof(first)).data(), sizeof(second));
    low += first & 0xffff'ffffU;
    high += first >> 32;
    other_low += second & 0xffff'ffffU;
    other_high += second >> 32;
  }
  low += high + other_low + other_high;
  auto sum = low[0] + low[1];
  while (!octets.empty()) {
    std::uint64_t word = 0;
    const auto size = std::min(octets.size(), sizeof(word));
    std::memcpy(&word, octets.data(), size);
    sum += (word & 0xffff'ffffU) + (word >> 32);
    octets = octets.subspan(size);
  }
  return sum;
}

}  // namespace

std::uint16_t sum_by_lanes(Bytes octets) noexcept {
  const auto sum = fold(native_sum(octets));
  return std::endian::native == std::endian::little ? std::rotl(sum, 8) : sum;
}

}  // namespace tunnel::segments::detail
