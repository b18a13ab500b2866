#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "pppd-bridge/hdlc/accm.hpp"
#include "tunneld/base/bytes.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>

namespace tunnel::hdlc {

/// Which octets end a run: flag and escape always, those below 0x20 where an ACCM names any.
enum class Stop : std::uint8_t { AtFlagOrEscape, AtControlsToo };

template <Stop kStop>
constexpr bool stops(std::uint8_t octet) noexcept {
  return octet == kFlag || octet == kEscape || (kStop == Stop::AtControlsToo && octet < 0x20);
}

#if defined(__SSE2__)
/// Copies 16 octets and returns a bit for each that stops a run.
template <Stop kStop>
inline unsigned copy_block(const std::uint8_t* from, std::uint8_t* to) noexcept {
  const auto block = _mm_loadu_si128(static_cast<const __m128i*>(static_cast<const void*>(from)));
  _mm_storeu_si128(static_cast<__m128i*>(static_cast<void*>(to)), block);
  auto hits = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8(kFlag)),
                           _mm_cmpeq_epi8(block, _mm_set1_epi8(kEscape)));
  if constexpr (kStop == Stop::AtControlsToo) {
    const auto capped = _mm_min_epu8(block, _mm_set1_epi8(0x1f));
    hits = _mm_or_si128(hits, _mm_cmpeq_epi8(capped, block));
  }
  return static_cast<unsigned>(_mm_movemask_epi8(hits));
}
#endif

/// Copies the octets of `in` before the first that stops a run, and returns their number. `out`
/// must be as long as `in`; what lies in it behind the run is undefined afterwards.
template <Stop kStop>
inline std::size_t copy_clean(Bytes in, MutableBytes out) noexcept {
  std::size_t done = 0;
#if defined(__SSE2__)
  constexpr std::size_t kBlock = 16;
  for (; in.size() - done >= kBlock; done += kBlock) {
    const auto hits = copy_block<kStop>(in.data() + done, out.data() + done);
    if (hits != 0) return done + static_cast<std::size_t>(std::countr_zero(hits));
  }
#endif
  for (; done < in.size() && !stops<kStop>(in[done]); ++done) out[done] = in[done];
  return done;
}

}  // namespace tunnel::hdlc
