#pragma once

#include "pppd-bridge/hdlc/machine.hpp"

#if defined(__x86_64__)

#include <immintrin.h>

#include <array>
#include <bit>

namespace tunnel::hdlc::x86 {

// How it works. A register of octets is compared with those to be escaped. Mostly there are none,
// and it is stored as it is. Otherwise eight octets at a time are spread, or closed up, by a
// shuffle that is looked up by their eight bits of the comparison. There is a branch for a
// register, none for an octet: where an escape stands in it is not to be predicted, and makes no
// difference.

inline constexpr std::size_t kBlock = 16;
static_assert(kOverrun >= 2 * kBlock);

/// A shuffle of eight octets for each pattern of eight bits.
template <std::size_t kWidth>
using Shuffles = std::array<std::array<std::uint8_t, kWidth>, 256>;

inline constexpr std::uint8_t kEscapeIndex = 8;  // where spread() has an escape octet
inline constexpr std::uint8_t kNothing = 0x80;

/// Makes room for an escape before each octet whose bit is set.
alignas(64) inline constexpr auto kSpread = [] {
  Shuffles<16> table{};
  for (std::size_t pattern = 0; pattern < table.size(); ++pattern) {
    auto& shuffle = table[pattern];
    shuffle.fill(kNothing);
    std::size_t used = 0;
    for (std::uint8_t octet = 0; octet < 8; ++octet) {
      if ((pattern >> octet & 1U) != 0) shuffle[used++] = kEscapeIndex;
      shuffle[used++] = octet;
    }
  }
  return table;
}();

/// Leaves out each octet whose bit is set.
alignas(64) inline constexpr auto kGather = [] {
  Shuffles<8> table{};
  for (std::size_t pattern = 0; pattern < table.size(); ++pattern) {
    auto& shuffle = table[pattern];
    shuffle.fill(kNothing);
    std::size_t used = 0;
    for (std::uint8_t octet = 0; octet < 8; ++octet) {
      if ((pattern >> octet & 1U) == 0) shuffle[used++] = octet;
    }
  }
  return table;
}();

/// Read from `kBlock - n` on, a shuffle that moves the last n octets to the front.
inline constexpr auto kLastToFront = [] {
  std::array<std::uint8_t, 2 * kBlock> table{};
  for (std::uint8_t i = 0; i < table.size(); ++i) table[i] = i < kBlock ? i : kNothing;
  return table;
}();

constexpr char vector_octet(std::uint8_t octet) noexcept {
  return static_cast<char>(octet);
}

[[gnu::target("ssse3"), gnu::always_inline]] inline __m128i load(const void* from) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

[[gnu::target("ssse3"), gnu::always_inline]] inline __m128i load_half(const void* from) noexcept {
  return _mm_loadl_epi64(static_cast<const __m128i*>(from));
}

[[gnu::target("ssse3"), gnu::always_inline]] inline void store(void* to, __m128i octets) noexcept {
  _mm_storeu_si128(static_cast<__m128i*>(to), octets);
}

[[gnu::target("ssse3"), gnu::always_inline]] inline void store_half(void* to,
                                                                    __m128i octets) noexcept {
  _mm_storel_epi64(static_cast<__m128i*>(to), octets);
}

[[gnu::target("ssse3"), gnu::always_inline]] inline __m128i all(std::uint8_t octet) noexcept {
  return _mm_set1_epi8(vector_octet(octet));
}

[[gnu::target("ssse3"), gnu::always_inline]] inline unsigned bits_of(__m128i hits) noexcept {
  return static_cast<unsigned>(_mm_movemask_epi8(hits));
}

/// The `count` octets before `end`, at the front; sixteen before it must be readable.
[[gnu::target("ssse3"), gnu::always_inline]] inline __m128i load_last(const std::uint8_t* end,
                                                                      std::size_t count) noexcept {
  return _mm_shuffle_epi8(load(end - kBlock), load(kLastToFront.data() + kBlock - count));
}

/// The octets to be escaped, by their lower half: a bit for each upper half (0, 1 and 7) that makes
/// one of it. The upper halves 0 and 1 are the controls that an ACCM names, 7 is flag and escape.
[[gnu::target("ssse3"), gnu::always_inline]] inline __m128i special_octets(Accm accm) noexcept {
  const auto map = _mm_cvtsi32_si128(static_cast<int>(accm.bits));
  const auto bit = _mm_set1_epi64x(static_cast<long long>(0x8040'2010'0804'0201));
  const auto low = _mm_shuffle_epi8(map, _mm_set_epi64x(0x0101'0101'0101'0101, 0));
  const auto high =
      _mm_shuffle_epi8(map, _mm_set_epi64x(0x0303'0303'0303'0303, 0x0202'0202'0202'0202));
  const auto has_low = _mm_cmpeq_epi8(_mm_and_si128(low, bit), bit);
  const auto has_high = _mm_cmpeq_epi8(_mm_and_si128(high, bit), bit);
  const auto controls =
      _mm_or_si128(_mm_and_si128(has_low, all(1)), _mm_and_si128(has_high, all(2)));
  return _mm_or_si128(controls, _mm_set_epi64x(0x0004'0400'0000'0000, 0));  // 7d and 7e
}

/// For each upper half, its bit in special_octets().
[[gnu::target("ssse3"), gnu::always_inline]] inline __m128i upper_halves() noexcept {
  return _mm_set_epi64x(0, 0x0400'0000'0000'0201);
}

/// All ones where an octet is flag, escape or, unless `kControls` is false, one of `special`.
template <bool kControls>
[[gnu::target("ssse3"), gnu::always_inline]] inline __m128i find(__m128i octets,
                                                                 __m128i special) noexcept {
  if constexpr (kControls) {
    const auto upper = _mm_and_si128(_mm_srli_epi16(octets, 4), all(0x0f));
    const auto found = _mm_and_si128(_mm_shuffle_epi8(special, octets),  // nothing above 7f
                                     _mm_shuffle_epi8(upper_halves(), upper));
    return _mm_cmpgt_epi8(found, _mm_setzero_si128());
  } else {
    return _mm_or_si128(_mm_cmpeq_epi8(octets, all(kFlag)), _mm_cmpeq_epi8(octets, all(kEscape)));
  }
}

/// Writes sixteen octets, those whose bits are set escaped; returns where the next one goes.
[[gnu::target("ssse3,popcnt"), gnu::always_inline]] inline std::uint8_t* spread(
    __m128i octets, __m128i found, unsigned bits, std::uint8_t* to) noexcept {
  const auto escape = all(kEscape);
  octets = _mm_xor_si128(octets, _mm_and_si128(found, all(kEscapeBit)));
  const auto low = bits & 0xffU;
  const auto high = bits >> 8 & 0xffU;
  store(to, _mm_shuffle_epi8(_mm_unpacklo_epi64(octets, escape), load(kSpread[low].data())));
  to += 8 + std::popcount(low);
  store(to, _mm_shuffle_epi8(_mm_unpackhi_epi64(octets, escape), load(kSpread[high].data())));
  return to + 8 + std::popcount(high);
}

/// Writes sixteen octets but for those whose bits are set; returns where the next one goes.
[[gnu::target("ssse3,popcnt"), gnu::always_inline]] inline std::uint8_t* gather(
    __m128i octets, unsigned bits, std::uint8_t* to) noexcept {
  const auto low = bits & 0xffU;
  const auto high = bits >> 8 & 0xffU;
  store_half(to, _mm_shuffle_epi8(octets, load_half(kGather[low].data())));
  to += 8 - std::popcount(low);
  const auto upper = _mm_unpackhi_epi64(octets, octets);
  store_half(to, _mm_shuffle_epi8(upper, load_half(kGather[high].data())));
  return to + 8 - std::popcount(high);
}

/// Escapes what is left, `left` octets at `from`, of something that has sixteen octets or more.
template <bool kControls>
[[gnu::target("ssse3,popcnt"), gnu::always_inline]] inline std::uint8_t* escape_rest(
    const std::uint8_t* from, std::size_t left, __m128i special, std::uint8_t* to) noexcept {
  for (; left >= kBlock; left -= kBlock, from += kBlock) {
    const auto octets = load(from);
    const auto found = find<kControls>(octets, special);
    const auto bits = bits_of(found);
    if (bits == 0) {
      store(to, octets);
      to += kBlock;
    } else {
      to = spread(octets, found, bits, to);
    }
  }
  const auto octets = load_last(from + left, left);
  const auto found = find<kControls>(octets, special);
  const auto bits = bits_of(found) & ((1U << left) - 1);
  spread(octets, found, bits, to);
  return to + left + std::popcount(bits);
}

/// Where an unescape() stands.
struct Position {
  const std::uint8_t* from;
  std::size_t left;
  std::uint8_t* to;
  std::size_t room;
};

/// What there is to know of sixteen octets.
struct Look {
  __m128i content;  // escapes undone
  __m128i escapes;  // all ones where an escape is
  unsigned halt;    // a bit for each octet that is not easy
};

/// `escapes_before`: those of the sixteen octets before these.
template <bool kControls>
[[gnu::target("ssse3,popcnt"), gnu::always_inline]] inline Look look(__m128i octets,
                                                                     __m128i special,
                                                                     __m128i before) noexcept {
  const auto escapes = _mm_cmpeq_epi8(octets, all(kEscape));
  const auto escaped = _mm_alignr_epi8(escapes, before, 15);
  // An escape that is escaped is found by both; a lone one by neither.
  const auto found = kControls ? find<true>(octets, special) : _mm_cmpeq_epi8(octets, all(kFlag));
  const auto halt = _mm_or_si128(_mm_andnot_si128(escapes, found), _mm_and_si128(escapes, escaped));
  return {_mm_xor_si128(octets, _mm_and_si128(escaped, all(kEscapeBit))), escapes, bits_of(halt)};
}

/// Takes the octets before the first that is to halt at.
[[gnu::target("ssse3,popcnt"), gnu::always_inline]] inline void take_before(unsigned halt,
                                                                            __m128i content,
                                                                            unsigned escapes,
                                                                            Position& at) noexcept {
  const auto count = static_cast<unsigned>(std::countr_zero(halt));
  escapes &= (1U << count) - 1;
  gather(content, escapes, at.to);
  at.from += count;
  at.to += count - static_cast<unsigned>(std::popcount(escapes));
}

/// The rest of an unescape, by sixteen, and by what is left of that.
template <bool kControls>
[[gnu::target("ssse3,popcnt"), gnu::always_inline]] inline void unescape_rest(
    Position& at, __m128i special, __m128i before) noexcept {
  for (; at.left >= kBlock && at.room >= kOverrun; at.left -= kBlock) {
    const auto seen = look<kControls>(load(at.from), special, before);
    const auto escapes = bits_of(seen.escapes);
    if (seen.halt != 0) return take_before(seen.halt, seen.content, escapes, at);
    auto* const next = escapes == 0 ? at.to + kBlock : gather(seen.content, escapes, at.to);
    if (escapes == 0) store(at.to, seen.content);
    at.room -= static_cast<std::size_t>(next - at.to);
    at.to = next;
    at.from += kBlock;
    before = seen.escapes;
  }
  if (at.left >= kBlock || at.room < kOverrun) return;
  const auto seen = look<kControls>(load_last(at.from + at.left, at.left), special, before);
  take_before(seen.halt | 1U << at.left, seen.content, bits_of(seen.escapes), at);
}

/// Leaves an escape at the end to whoever has the octet behind it.
inline Unescaped result(Bytes in, MutableBytes out, Position at) noexcept {
  auto taken = static_cast<std::size_t>(at.from - in.data());
  if (taken > 0 && in[taken - 1] == kEscape) --taken;
  return {taken, static_cast<std::size_t>(at.to - out.data())};
}

}  // namespace tunnel::hdlc::x86

#endif
