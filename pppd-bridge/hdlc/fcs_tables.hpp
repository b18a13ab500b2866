#pragma once

#include "tunneld/base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tunnel::hdlc {

/// The polynomials of RFC 1662 §C.1, the highest power left out, bits reversed as on the wire.
struct Sum16 {
  using Word = std::uint16_t;
  static constexpr Word kPolynomial = 0x8408;  // x^16 + x^12 + x^5 + 1
};

struct Sum32 {
  using Word = std::uint32_t;
  static constexpr Word kPolynomial = 0xedb8'8320;  // x^32 + x^26 + x^23 + ... + 1
};

inline constexpr std::size_t kSlice = 16;

/// kFcsTables[n][b]: what octet b contributes when n more octets follow it in its slice.
template <typename Sum>
inline constexpr auto kFcsTables = [] {
  using Word = typename Sum::Word;
  std::array<std::array<Word, 256>, kSlice> tables{};
  for (std::size_t octet = 0; octet < 256; ++octet) {
    auto fcs = static_cast<Word>(octet);
    for (int bit = 0; bit < 8; ++bit) {
      fcs = static_cast<Word>((fcs & 1U) != 0 ? fcs >> 1 ^ Sum::kPolynomial : fcs >> 1);
    }
    tables[0][octet] = fcs;
  }
  for (std::size_t n = 1; n < kSlice; ++n) {
    for (std::size_t octet = 0; octet < 256; ++octet) {
      const auto before = tables[n - 1][octet];
      tables[n][octet] = static_cast<Word>(before >> 8 ^ tables[0][before & 0xffU]);
    }
  }
  return tables;
}();

/// Sixteen octets at once. Only the first lookups wait for the FCS so far; the processor does the
/// others in parallel.
template <typename Sum>
inline typename Sum::Word fcs_of_slice(std::span<const std::uint8_t, kSlice> in,
                                       typename Sum::Word fcs) noexcept {
  constexpr auto& kTables = kFcsTables<Sum>;
  constexpr auto kWidth = sizeof(fcs);
  std::uint32_t sum = 0;
  for (std::size_t i = kWidth; i < kSlice; ++i) sum ^= kTables[kSlice - 1 - i][in[i]];
  for (std::size_t i = 0; i < kWidth; ++i) {
    sum ^= kTables[kSlice - 1 - i][in[i] ^ (fcs >> 8 * i & 0xffU)];
  }
  return static_cast<typename Sum::Word>(sum);
}

/// The FCS of `data`, continued from `fcs`, by lookups alone.
template <typename Sum>
inline typename Sum::Word fcs_by_tables(Bytes data, typename Sum::Word fcs) noexcept {
  while (data.size() >= kSlice) {
    fcs = fcs_of_slice<Sum>(data.first<kSlice>(), fcs);
    data = data.subspan(kSlice);
  }
  for (const auto octet : data) {
    const auto next = kFcsTables<Sum>[0][(fcs ^ octet) & 0xffU];
    fcs = static_cast<typename Sum::Word>(fcs >> 8 ^ next);
  }
  return fcs;
}

}  // namespace tunnel::hdlc
