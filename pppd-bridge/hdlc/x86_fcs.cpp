#include "pppd-bridge/hdlc/fcs_tables.hpp"
#include "pppd-bridge/hdlc/x86.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

#include <array>

// How it works. A register holds 128 coefficients of the message's polynomial, the first octet's
// lowest bit being the highest. What is in it may be moved past octets that follow, by a product
// with a power of x: modulo the FCS polynomial that is two products of 64 by 16 or 32 bits, one for
// each half. So a message is folded onto its last sixteen octets, four registers at a time, and the
// FCS of these is looked up. The product of two bit-reversed words comes out one place too high,
// hence exponents one less.

namespace tunnel::hdlc::x86 {

namespace {

constexpr std::size_t kLane = 16;  // octets of a register

/// x^exponent modulo the FCS polynomial, in the upper bits of a word with the bits reversed.
template <typename Sum>
constexpr long long power_of_x(unsigned exponent) {
  using Word = typename Sum::Word;
  constexpr unsigned kBits = 8 * sizeof(Word);
  auto power = static_cast<Word>(Word{1} << (kBits - 1));
  for (unsigned i = 0; i < exponent; ++i) {
    power = static_cast<Word>((power & 1U) != 0 ? power >> 1 ^ Sum::kPolynomial : power >> 1);
  }
  return static_cast<long long>(std::uint64_t{power} << (64 - kBits));
}

/// What moves the two halves of a register past `octets`.
template <typename Sum>
struct Past {
  explicit constexpr Past(unsigned octets)
      : first_half{power_of_x<Sum>(8 * octets + 64 - 1)},
        second_half{power_of_x<Sum>(8 * octets - 1)} {}

  long long first_half;
  long long second_half;
};

/// Read from n on, a shuffle that moves the first n octets of a register to its end; the octets
/// before them become zero. From kLane + n on: the others to its front, zero behind them.
constexpr auto kShift = [] {
  std::array<std::uint8_t, 3 * kLane> table{};
  for (std::uint8_t i = 0; i < table.size(); ++i) {
    table[i] = i >= kLane && i < 2 * kLane ? static_cast<std::uint8_t>(i - kLane) : 0x80;
  }
  return table;
}();

[[gnu::target("ssse3"), gnu::always_inline]] inline __m128i load(const void* from) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

template <typename Sum>
[[gnu::target("ssse3"), gnu::always_inline]] inline __m128i factors(Past<Sum> past) noexcept {
  return _mm_set_epi64x(past.second_half, past.first_half);
}

/// `folded` moved past what `past` says, and `next` added.
[[gnu::target("pclmul"), gnu::always_inline]] inline __m128i fold(__m128i folded, __m128i past,
                                                                  __m128i next) noexcept {
  const auto first = _mm_clmulepi64_si128(folded, past, 0x00);
  const auto second = _mm_clmulepi64_si128(folded, past, 0x11);
  return _mm_xor_si128(_mm_xor_si128(first, second), next);
}

/// The FCS of `folded` and the octets of `data` behind it; those before `data` must be readable as
/// far back as sixteen octets from its end.
template <typename Sum>
[[gnu::target("ssse3,pclmul"), gnu::always_inline]] inline typename Sum::Word finish(
    __m128i folded, Bytes data) noexcept {
  static constexpr Past<Sum> kPastLane{kLane};
  const auto past_lane = factors(kPastLane);
  for (; data.size() >= kLane; data = data.subspan(kLane)) {
    folded = fold(folded, past_lane, load(data.data()));
  }
  if (const auto left = data.size(); left != 0) {
    // The last sixteen octets are those of `data` and, before them, the last of what is folded.
    const auto* const shift = kShift.data() + left;
    const auto moved_out = _mm_shuffle_epi8(folded, load(shift));
    const auto kept = _mm_shuffle_epi8(folded, load(shift + kLane));
    const auto fresh = load(data.data() + left - kLane);
    const auto is_fresh = _mm_cmpgt_epi8(_mm_setzero_si128(), load(shift + kLane));
    folded = fold(moved_out, past_lane, _mm_or_si128(kept, _mm_and_si128(is_fresh, fresh)));
  }
  std::array<std::uint8_t, kLane> last{};
  _mm_storeu_si128(static_cast<__m128i*>(static_cast<void*>(last.data())), folded);
  return fcs_of_slice<Sum>(std::span<const std::uint8_t, kSlice>{last}, 0);
}

template <typename Sum>
[[gnu::target("ssse3,pclmul")]] typename Sum::Word narrow(Bytes data,
                                                          typename Sum::Word fcs) noexcept {
  constexpr std::size_t kStep = 4 * kLane;
  static constexpr Past<Sum> kPastStep{kStep};
  static constexpr Past<Sum> kPastLane{kLane};
  const auto* from = data.data();
  auto a = _mm_xor_si128(load(from), _mm_cvtsi32_si128(static_cast<int>(fcs)));
  if (data.size() < 2 * kStep) return finish<Sum>(a, data.subspan(kLane));

  auto b = load(from + kLane);
  auto c = load(from + 2 * kLane);
  auto d = load(from + 3 * kLane);
  const auto past_step = factors(kPastStep);
  for (data = data.subspan(kStep); data.size() >= kStep; data = data.subspan(kStep)) {
    from = data.data();
    a = fold(a, past_step, load(from));
    b = fold(b, past_step, load(from + kLane));
    c = fold(c, past_step, load(from + 2 * kLane));
    d = fold(d, past_step, load(from + 3 * kLane));
  }
  const auto past_lane = factors(kPastLane);
  return finish<Sum>(fold(fold(fold(a, past_lane, b), past_lane, c), past_lane, d), data);
}

// ---- Two registers in one ----

constexpr std::size_t kWideLane = 2 * kLane;

[[gnu::target("avx2"), gnu::always_inline]] inline __m256i load_wide(const void* from) noexcept {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

[[gnu::target("avx2,vpclmulqdq"), gnu::always_inline]] inline __m256i fold_wide(
    __m256i folded, __m256i past, __m256i next) noexcept {
  const auto first = _mm256_clmulepi64_epi128(folded, past, 0x00);
  const auto second = _mm256_clmulepi64_epi128(folded, past, 0x11);
  return _mm256_xor_si256(_mm256_xor_si256(first, second), next);
}

/// Folds all but the last octets of `data`, which has 128 or more, to a register of 32; `data` is
/// left with the others.
template <typename Sum>
[[gnu::target("avx2,pclmul,vpclmulqdq"), gnu::always_inline]] inline __m256i fold_all(
    Bytes& data, typename Sum::Word fcs) noexcept {
  constexpr std::size_t kStep = 4 * kWideLane;
  static constexpr Past<Sum> kPastStep{kStep};
  static constexpr Past<Sum> kPastLane{kWideLane};
  const auto* from = data.data();
  auto a = _mm256_xor_si256(load_wide(from),
                            _mm256_zextsi128_si256(_mm_cvtsi32_si128(static_cast<int>(fcs))));
  auto b = load_wide(from + kWideLane);
  auto c = load_wide(from + 2 * kWideLane);
  auto d = load_wide(from + 3 * kWideLane);
  const auto past_step = _mm256_broadcastsi128_si256(factors(kPastStep));
  for (data = data.subspan(kStep); data.size() >= kStep; data = data.subspan(kStep)) {
    from = data.data();
    a = fold_wide(a, past_step, load_wide(from));
    b = fold_wide(b, past_step, load_wide(from + kWideLane));
    c = fold_wide(c, past_step, load_wide(from + 2 * kWideLane));
    d = fold_wide(d, past_step, load_wide(from + 3 * kWideLane));
  }
  const auto past_lane = _mm256_broadcastsi128_si256(factors(kPastLane));
  a = fold_wide(fold_wide(fold_wide(a, past_lane, b), past_lane, c), past_lane, d);
  for (; data.size() >= kWideLane; data = data.subspan(kWideLane)) {
    a = fold_wide(a, past_lane, load_wide(data.data()));
  }
  return a;
}

template <typename Sum>
[[gnu::target("avx2,pclmul,vpclmulqdq")]] typename Sum::Word wide(Bytes data,
                                                                  typename Sum::Word fcs) noexcept {
  static constexpr Past<Sum> kPastLane{kLane};
  const auto both = fold_all<Sum>(data, fcs);
  const auto folded =
      fold(_mm256_castsi256_si128(both), factors(kPastLane), _mm256_extracti128_si256(both, 1));
  return finish<Sum>(folded, data);
}

template <typename Sum>
typename Sum::Word by_pclmul(Bytes data, typename Sum::Word fcs) noexcept {
  return data.size() < kLane ? fcs_by_tables<Sum>(data, fcs) : narrow<Sum>(data, fcs);
}

template <typename Sum>
typename Sum::Word by_vpclmul(Bytes data, typename Sum::Word fcs) noexcept {
  return data.size() < 4 * kWideLane ? by_pclmul<Sum>(data, fcs) : wide<Sum>(data, fcs);
}

}  // namespace

std::uint16_t fcs16_pclmul(Bytes data, std::uint16_t fcs) noexcept {
  return by_pclmul<Sum16>(data, fcs);
}

std::uint16_t fcs16_vpclmul(Bytes data, std::uint16_t fcs) noexcept {
  return by_vpclmul<Sum16>(data, fcs);
}

std::uint32_t fcs32_pclmul(Bytes data, std::uint32_t fcs) noexcept {
  return by_pclmul<Sum32>(data, fcs);
}

std::uint32_t fcs32_vpclmul(Bytes data, std::uint32_t fcs) noexcept {
  return by_vpclmul<Sum32>(data, fcs);
}

}  // namespace tunnel::hdlc::x86

#endif
