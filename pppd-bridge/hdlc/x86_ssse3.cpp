#include "pppd-bridge/hdlc/x86_ssse3.hpp"

#include "pppd-bridge/hdlc/portable.hpp"
#include "pppd-bridge/hdlc/x86.hpp"

#if defined(__x86_64__)

namespace tunnel::hdlc::x86 {

namespace {

template <bool kControls>
[[gnu::target("ssse3,popcnt")]] std::size_t escape_narrow(Bytes in, Accm accm,
                                                          std::uint8_t* out) noexcept {
  const auto* const end = escape_rest<kControls>(in.data(), in.size(), special_octets(accm), out);
  return static_cast<std::size_t>(end - out);
}

template <bool kControls>
[[gnu::target("ssse3,popcnt")]] Unescaped unescape_narrow(Bytes in, Accm accm,
                                                          MutableBytes out) noexcept {
  Position at{in.data(), in.size(), out.data(), out.size()};
  unescape_rest<kControls>(at, special_octets(accm), _mm_setzero_si128());
  return result(in, out, at);
}

}  // namespace

std::size_t escape_ssse3(Bytes in, Accm accm, MutableBytes out) noexcept {
  if (in.size() < kBlock) return portable::escape(in, accm, out);
  return accm.none() ? escape_narrow<false>(in, accm, out.data())
                     : escape_narrow<true>(in, accm, out.data());
}

Unescaped unescape_ssse3(Bytes in, Accm accm, MutableBytes out) noexcept {
  if (in.size() < kBlock) return {};
  return accm.none() ? unescape_narrow<false>(in, accm, out) : unescape_narrow<true>(in, accm, out);
}

}  // namespace tunnel::hdlc::x86

#endif
