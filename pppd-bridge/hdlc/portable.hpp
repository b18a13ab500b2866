#pragma once

#include "pppd-bridge/hdlc/machine.hpp"

namespace tunnel::hdlc::portable {

// The loops of a Machine in plain C++: eight octets to a word.

std::size_t escape(Bytes in, Accm accm, MutableBytes out) noexcept;
Unescaped unescape(Bytes in, Accm accm, MutableBytes out) noexcept;
std::uint16_t fcs16(Bytes data, std::uint16_t fcs) noexcept;
std::uint32_t fcs32(Bytes data, std::uint32_t fcs) noexcept;

}  // namespace tunnel::hdlc::portable
