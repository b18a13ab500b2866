#include "pppd-bridge/hdlc/fcs.hpp"

#if defined(__x86_64__)
#include <emmintrin.h>
#include <wmmintrin.h>
#endif

#include <array>

namespace tunnel::hdlc {

namespace {

constexpr std::uint16_t kPolynomial = 0x8408;  // x^16 + x^12 + x^5 + 1, bits reversed
constexpr std::size_t kSlice = 16;

using Tables = std::array<std::array<std::uint16_t, 256>, kSlice>;

/// kTables[n][b]: what octet b contributes when n more octets follow it in its slice.
constexpr Tables kTables = [] {
  Tables tables{};
  for (std::size_t octet = 0; octet < 256; ++octet) {
    auto fcs = static_cast<std::uint16_t>(octet);
    for (int bit = 0; bit < 8; ++bit) {
      fcs = static_cast<std::uint16_t>((fcs & 1U) != 0 ? fcs >> 1 ^ kPolynomial : fcs >> 1);
    }
    tables[0][octet] = fcs;
  }
  for (std::size_t n = 1; n < kSlice; ++n) {
    for (std::size_t octet = 0; octet < 256; ++octet) {
      const auto before = tables[n - 1][octet];
      tables[n][octet] = static_cast<std::uint16_t>(before >> 8 ^ tables[0][before & 0xffU]);
    }
  }
  return tables;
}();

using Slice = std::span<const std::uint8_t, kSlice>;

/// Sixteen octets at once. Only the first two lookups wait for the FCS so far; the processor does
/// the other fourteen in parallel.
std::uint16_t fcs_of_slice(Slice in, std::uint16_t fcs) noexcept {
  unsigned rest = 0;
  for (std::size_t i = 2; i < kSlice; ++i) rest ^= kTables[kSlice - 1 - i][in[i]];
  return static_cast<std::uint16_t>(rest ^ kTables[kSlice - 1][in[0] ^ (fcs & 0xffU)] ^
                                    kTables[kSlice - 2][in[1] ^ (fcs >> 8U)]);
}

#if defined(__x86_64__)

// Sixty-four octets at once, by carry-less multiplication. A register holds 128 coefficients of the
// message's polynomial, the first octet's lowest bit being the highest. To move a register past the
// 512 bits that follow is to multiply it by x^512; modulo the FCS polynomial that is two products
// of 64 by 16 bits, one for each half. The product of two bit-reversed words comes out one place
// too high, hence the exponents one less.

constexpr std::size_t kFoldOctets = 64;
constexpr std::size_t kMinToFold = 2 * kFoldOctets;  // below, the tables are as fast

/// x^exponent modulo x^16 + x^12 + x^5 + 1, in the upper bits of a word with the bits reversed.
constexpr long long power_of_x(int exponent) {
  unsigned power = 1;
  for (int i = 0; i < exponent; ++i) {
    power <<= 1;
    if ((power & 0x1'0000U) != 0) power ^= 0x1'1021U;
  }
  std::uint64_t reversed = 0;
  for (unsigned bit = 0; bit < 16; ++bit) {
    if ((power >> bit & 1U) != 0) reversed |= std::uint64_t{1} << (63 - bit);
  }
  return static_cast<long long>(reversed);
}

__m128i load(const std::uint8_t* from) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(static_cast<const void*>(from)));
}

/// `folded` moved past the bits that `factors` stand for, and `next` added.
[[gnu::target("pclmul")]] __m128i fold(__m128i folded, __m128i factors, __m128i next) noexcept {
  const auto first = _mm_clmulepi64_si128(folded, factors, 0x00);
  const auto second = _mm_clmulepi64_si128(folded, factors, 0x11);
  return _mm_xor_si128(_mm_xor_si128(first, second), next);
}

/// Folds all whole blocks of `data` into sixteen octets that have the same FCS, started from zero;
/// `data` is left with the octets behind them. It must have kMinToFold.
[[gnu::target("pclmul")]] std::array<std::uint8_t, kSlice> fold_blocks(Bytes& data,
                                                                       std::uint16_t fcs) noexcept {
  const auto past_block = _mm_set_epi64x(power_of_x(512 - 1), power_of_x(512 + 64 - 1));
  const auto past_lane = _mm_set_epi64x(power_of_x(128 - 1), power_of_x(128 + 64 - 1));
  const auto* from = data.data();
  auto a = _mm_xor_si128(load(from), _mm_cvtsi32_si128(fcs));
  auto b = load(from + 16);
  auto c = load(from + 32);
  auto d = load(from + 48);
  data = data.subspan(kFoldOctets);
  while (data.size() >= kFoldOctets) {
    from = data.data();
    a = fold(a, past_block, load(from));
    b = fold(b, past_block, load(from + 16));
    c = fold(c, past_block, load(from + 32));
    d = fold(d, past_block, load(from + 48));
    data = data.subspan(kFoldOctets);
  }
  a = fold(fold(fold(a, past_lane, b), past_lane, c), past_lane, d);
  while (data.size() >= kSlice) {
    a = fold(a, past_lane, load(data.data()));
    data = data.subspan(kSlice);
  }
  std::array<std::uint8_t, kSlice> folded{};
  _mm_storeu_si128(static_cast<__m128i*>(static_cast<void*>(folded.data())), a);
  return folded;
}

bool can_fold() noexcept {
  return __builtin_cpu_supports("pclmul") != 0;
}

#endif

}  // namespace

std::uint16_t fcs16_by_tables(Bytes data, std::uint16_t fcs) noexcept {
  while (data.size() >= kSlice) {
    fcs = fcs_of_slice(data.first<kSlice>(), fcs);
    data = data.subspan(kSlice);
  }
  for (const auto octet : data) {
    fcs = static_cast<std::uint16_t>(fcs >> 8 ^ kTables[0][(fcs ^ octet) & 0xffU]);
  }
  return fcs;
}

std::uint16_t fcs16(Bytes data, std::uint16_t fcs) noexcept {
#if defined(__x86_64__)
  if (data.size() >= kMinToFold && can_fold()) {
    const auto folded = fold_blocks(data, fcs);
    fcs = fcs_of_slice(Slice{folded}, 0);
  }
#endif
  return fcs16_by_tables(data, fcs);
}

}  // namespace tunnel::hdlc
