#include "pppd-bridge/hdlc/portable.hpp"

#include "pppd-bridge/hdlc/fcs_tables.hpp"

#include <cstring>
#include <optional>

namespace tunnel::hdlc::portable {

namespace {

constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
constexpr std::uint64_t kHighBits = 0x80 * kOnes;
constexpr std::size_t kWord = sizeof(std::uint64_t);

std::uint64_t load(const std::uint8_t* from) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from, kWord);
  return word;
}

/// Whether any octet of `word` is below `bound`, which is at most 0x80.
constexpr bool any_below(std::uint64_t word, std::uint8_t bound) noexcept {
  return ((word - bound * kOnes) & ~word & kHighBits) != 0;
}

constexpr bool any_is(std::uint64_t word, std::uint8_t octet) noexcept {
  return any_below(word ^ octet * kOnes, 1);
}

/// Whether an octet may need a closer look: controls are not looked up in the map.
constexpr bool any_special(std::uint64_t word, Accm accm) noexcept {
  return any_is(word, kFlag) || any_is(word, kEscape) || (!accm.none() && any_below(word, 0x20));
}

/// Writes one octet without a branch, which random octets would often have predicted wrongly.
std::uint8_t* put(std::uint8_t octet, Accm accm, std::uint8_t* to) noexcept {
  const unsigned special = octet - unsigned{kEscape} < 2 ? 1 : 0;
  const unsigned control = octet < 0x20 ? 1 : 0;
  const unsigned escaped = special | (control & accm.bits >> (octet & 0x1fU));
  to[0] = kEscape;
  to[escaped] = static_cast<std::uint8_t>(octet ^ escaped * kEscapeBit);
  return to + 1 + escaped;
}

struct Gathered {
  std::uint8_t* end;
  bool escaped;  // whether the octet behind is
};

/// Undoes the escapes in `in`, which has no flag and nothing to drop, without a branch for an
/// octet; nothing if an escape is escaped.
std::optional<Gathered> gather(std::span<const std::uint8_t, kWord> in, bool escaped,
                               std::uint8_t* to) noexcept {
  unsigned after_escape = escaped ? 1 : 0;
  unsigned twice = 0;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kWord; ++i) {
    const auto octet = in[i];
    const unsigned escape = octet == kEscape ? 1 : 0;
    *to = static_cast<std::uint8_t>(octet ^ after_escape * kEscapeBit);
    to += 1 - escape;
    twice |= escape & after_escape;
    after_escape = escape;
  }
  if (twice != 0) return std::nullopt;
  return Gathered{to, after_escape != 0};
}

}  // namespace

std::size_t escape(Bytes in, Accm accm, MutableBytes out) noexcept {
  static_assert(kEscape + 1 == kFlag);
  auto* to = out.data();
  for (; in.size() >= kWord; in = in.subspan(kWord)) {
    const auto word = load(in.data());
    if (any_special(word, accm)) {
#pragma GCC unroll 8
      for (std::size_t i = 0; i < kWord; ++i) to = put(in[i], accm, to);
    } else {
      std::memcpy(to, &word, kWord);
      to += kWord;
    }
  }
  for (const auto octet : in) to = put(octet, accm, to);
  return static_cast<std::size_t>(to - out.data());
}

Unescaped unescape(Bytes in, Accm accm, MutableBytes out) noexcept {
  const auto* from = in.data();
  auto left = in.size();
  auto* to = out.data();
  const auto* const last_start = out.data() + out.size() - kOverrun;
  bool escaped = false;
  for (; left >= kWord && out.size() >= kOverrun && to <= last_start; left -= kWord) {
    const auto word = load(from);
    if (!escaped && !any_special(word, accm)) {
      std::memcpy(to, &word, kWord);
      to += kWord;
    } else {
      if (any_is(word, kFlag) || (!accm.none() && any_below(word, 0x20))) break;
      const auto gathered = gather(std::span<const std::uint8_t, kWord>{from, kWord}, escaped, to);
      if (!gathered) break;
      to = gathered->end;
      escaped = gathered->escaped;
    }
    from += kWord;
  }
  if (escaped) --from;
  return {static_cast<std::size_t>(from - in.data()), static_cast<std::size_t>(to - out.data())};
}

std::uint16_t fcs16(Bytes data, std::uint16_t fcs) noexcept {
  return fcs_by_tables<Sum16>(data, fcs);
}

std::uint32_t fcs32(Bytes data, std::uint32_t fcs) noexcept {
  return fcs_by_tables<Sum32>(data, fcs);
}

}  // namespace tunnel::hdlc::portable
