#pragma once

#include "pppd-bridge/hdlc/accm.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tunnel::hdlc {

/// Octets beyond their results that escape() and unescape() may overwrite: they store whole
/// registers.
inline constexpr std::size_t kOverrun = 32;

/// How far an unescape() came.
struct Unescaped {
  std::size_t taken = 0;    // octets of the wire
  std::size_t written = 0;  // octets of content
};

/// The four loops where a codec spends its time, as one kind of processor does them best. All kinds
/// yield the same; which is used is decided at run time.
struct Machine {
  std::string_view name;

  /// Whether the processor has what the loops below are made of.
  bool (*runs_here)() noexcept;

  /// Escapes `in` as `accm` asks (RFC 1662 §4.2); returns the octets written to `out`, which must
  /// have room for 2 * in.size() + kOverrun.
  std::size_t (*escape)(Bytes in, Accm accm, MutableBytes out) noexcept;

  /// Undoes escapes in `in`, the middle of a frame, for as long as it is easy: it halts at the
  /// latest before a flag, before an octet that `accm` has dropped, before an escape with no or
  /// another escape behind it, and where `out` has no room for kOverrun more; it may halt earlier,
  /// and what it leaves is to be taken octet by octet.
  Unescaped (*unescape)(Bytes in, Accm accm, MutableBytes out) noexcept;

  /// As the functions of the same names.
  std::uint16_t (*fcs16)(Bytes data, std::uint16_t fcs) noexcept;
  std::uint32_t (*fcs32)(Bytes data, std::uint32_t fcs) noexcept;
};

/// Every kind, the fastest first; the last one runs anywhere.
std::span<const Machine> machines() noexcept;

/// The fastest that runs here.
const Machine& this_machine() noexcept;

}  // namespace tunnel::hdlc
