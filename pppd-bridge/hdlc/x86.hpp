#pragma once

#include "pppd-bridge/hdlc/machine.hpp"

#if defined(__x86_64__)

namespace tunnel::hdlc::x86 {

// The loops of a Machine for the extensions in their names; each _ssse3 needs POPCNT, too.

std::size_t escape_ssse3(Bytes in, Accm accm, MutableBytes out) noexcept;
std::size_t escape_avx2(Bytes in, Accm accm, MutableBytes out) noexcept;
Unescaped unescape_ssse3(Bytes in, Accm accm, MutableBytes out) noexcept;
Unescaped unescape_avx2(Bytes in, Accm accm, MutableBytes out) noexcept;
std::uint16_t fcs16_pclmul(Bytes data, std::uint16_t fcs) noexcept;
std::uint16_t fcs16_vpclmul(Bytes data, std::uint16_t fcs) noexcept;
std::uint32_t fcs32_pclmul(Bytes data, std::uint32_t fcs) noexcept;
std::uint32_t fcs32_vpclmul(Bytes data, std::uint32_t fcs) noexcept;

}  // namespace tunnel::hdlc::x86

#endif
