#include "pppd-bridge/hdlc/portable.hpp"
#include "pppd-bridge/hdlc/x86.hpp"
#include "pppd-bridge/hdlc/x86_ssse3.hpp"

#if defined(__x86_64__)

namespace tunnel::hdlc::x86 {

namespace {

constexpr std::size_t kWideBlock = 32;
static_assert(kOverrun >= kWideBlock);

[[gnu::target("avx2"), gnu::always_inline]] inline __m256i load_wide(const void* from) noexcept {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

[[gnu::target("avx2"), gnu::always_inline]] inline void store_wide(void* to,
                                                                   __m256i octets) noexcept {
  _mm256_storeu_si256(static_cast<__m256i*>(to), octets);
}

[[gnu::target("avx2"), gnu::always_inline]] inline __m256i all_wide(std::uint8_t octet) noexcept {
  return _mm256_set1_epi8(vector_octet(octet));
}

[[gnu::target("avx2"), gnu::always_inline]] inline unsigned bits_of(__m256i hits) noexcept {
  return static_cast<unsigned>(_mm256_movemask_epi8(hits));
}

[[gnu::target("avx2"), gnu::always_inline]] inline __m128i low_half(__m256i octets) noexcept {
  return _mm256_castsi256_si128(octets);
}

[[gnu::target("avx2"), gnu::always_inline]] inline __m128i high_half(__m256i octets) noexcept {
  return _mm256_extracti128_si256(octets, 1);
}

/// As find() above.
template <bool kControls>
[[gnu::target("avx2"), gnu::always_inline]] inline __m256i find_wide(__m256i octets,
                                                                     __m256i special) noexcept {
  if constexpr (kControls) {
    const auto halves = _mm256_broadcastsi128_si256(upper_halves());
    const auto upper = _mm256_and_si256(_mm256_srli_epi16(octets, 4), all_wide(0x0f));
    const auto found =
        _mm256_and_si256(_mm256_shuffle_epi8(special, octets), _mm256_shuffle_epi8(halves, upper));
    return _mm256_cmpgt_epi8(found, _mm256_setzero_si256());
  } else {
    return _mm256_or_si256(_mm256_cmpeq_epi8(octets, all_wide(kFlag)),
                           _mm256_cmpeq_epi8(octets, all_wide(kEscape)));
  }
}

/// Writes 32 octets of which one is to be escaped: all, and those behind it again, one place on.
[[gnu::target("avx2"), gnu::always_inline]] inline std::uint8_t* escape_lone(
    const std::uint8_t* from, unsigned bits, std::uint8_t* to) noexcept {
  const auto place = static_cast<unsigned>(std::countr_zero(bits));
  store_wide(to, load_wide(from));
  to[place] = kEscape;
  to[place + 1] = from[place] ^ kEscapeBit;
  store_wide(to + place + 2, load_wide(from + place + 1));
  return to + kWideBlock + 1;
}

template <bool kControls>
[[gnu::target("avx2,popcnt")]] std::size_t escape_wide(Bytes in, Accm accm,
                                                       std::uint8_t* out) noexcept {
  const auto special = special_octets(accm);
  const auto special_wide = _mm256_broadcastsi128_si256(special);
  const auto* from = in.data();
  auto left = in.size();
  auto* to = out;
  // A register more than is looked at, for escape_lone() to read.
  for (; left >= 2 * kWideBlock; left -= kWideBlock, from += kWideBlock) {
    const auto octets = load_wide(from);
    const auto found = find_wide<kControls>(octets, special_wide);
    const auto bits = bits_of(found);
    if (bits == 0) {
      store_wide(to, octets);
      to += kWideBlock;
    } else if (std::has_single_bit(bits)) {
      to = escape_lone(from, bits, to);
    } else {
      to = spread(low_half(octets), low_half(found), bits, to);
      to = spread(high_half(octets), high_half(found), bits >> 16, to);
    }
  }
  to = escape_rest<kControls>(from, left, special, to);
  return static_cast<std::size_t>(to - out);
}

struct LookWide {
  __m256i content;
  __m256i escapes;
  unsigned halt;
};

/// As look() above.
template <bool kControls>
[[gnu::target("avx2,popcnt"), gnu::always_inline]] inline LookWide look_wide(
    __m256i octets, __m256i special, __m256i before) noexcept {
  const auto escapes = _mm256_cmpeq_epi8(octets, all_wide(kEscape));
  const auto escaped =
      _mm256_alignr_epi8(escapes, _mm256_permute2x128_si256(before, escapes, 0x21), 15);
  const auto found =
      kControls ? find_wide<true>(octets, special) : _mm256_cmpeq_epi8(octets, all_wide(kFlag));
  const auto halt =
      _mm256_or_si256(_mm256_andnot_si256(escapes, found), _mm256_and_si256(escapes, escaped));
  return {_mm256_xor_si256(octets, _mm256_and_si256(escaped, all_wide(kEscapeBit))), escapes,
          bits_of(halt)};
}

/// As take_before() above, of 32 octets.
[[gnu::target("avx2,popcnt"), gnu::always_inline]] inline void take_before_wide(
    const LookWide& seen, Position& at) noexcept {
  const auto count = static_cast<unsigned>(std::countr_zero(seen.halt));
  const auto escapes = bits_of(seen.escapes) & ((1U << count) - 1);
  gather(high_half(seen.content), escapes >> 16, gather(low_half(seen.content), escapes, at.to));
  at.from += count;
  at.to += count - static_cast<unsigned>(std::popcount(escapes));
}

template <bool kControls>
[[gnu::target("avx2,popcnt")]] Unescaped unescape_wide(Bytes in, Accm accm,
                                                       MutableBytes out) noexcept {
  const auto special = special_octets(accm);
  const auto special_wide = _mm256_broadcastsi128_si256(special);
  auto before = _mm256_setzero_si256();
  Position at{in.data(), in.size(), out.data(), out.size()};
  for (; at.left >= kWideBlock && at.room >= kOverrun; at.left -= kWideBlock) {
    const auto seen = look_wide<kControls>(load_wide(at.from), special_wide, before);
    if (seen.halt != 0) {
      take_before_wide(seen, at);
      return result(in, out, at);
    }
    const auto escapes = bits_of(seen.escapes);
    auto* next = at.to + kWideBlock;
    if (escapes == 0) {
      store_wide(at.to, seen.content);
    } else {
      next = gather(low_half(seen.content), escapes, at.to);
      next = gather(high_half(seen.content), escapes >> 16, next);
    }
    at.room -= static_cast<std::size_t>(next - at.to);
    at.to = next;
    at.from += kWideBlock;
    before = seen.escapes;
  }
  unescape_rest<kControls>(at, special, high_half(before));
  return result(in, out, at);
}

}  // namespace

std::size_t escape_avx2(Bytes in, Accm accm, MutableBytes out) noexcept {
  if (in.size() < kBlock) return portable::escape(in, accm, out);
  return accm.none() ? escape_wide<false>(in, accm, out.data())
                     : escape_wide<true>(in, accm, out.data());
}

Unescaped unescape_avx2(Bytes in, Accm accm, MutableBytes out) noexcept {
  if (in.size() < kBlock) return {};
  return accm.none() ? unescape_wide<false>(in, accm, out) : unescape_wide<true>(in, accm, out);
}

}  // namespace tunnel::hdlc::x86

#endif
