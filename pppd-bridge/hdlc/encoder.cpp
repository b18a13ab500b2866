#include "pppd-bridge/hdlc/encoder.hpp"

#include "pppd-bridge/hdlc/copy_clean.hpp"
#include "tunneld/base/check.hpp"

#include <array>

namespace tunnel::hdlc {

namespace {

/// Writes one octet that stops a run; returns what is left of `out`.
MutableBytes escape_octet(std::uint8_t octet, Accm accm, MutableBytes out) noexcept {
  // A control character may stop a run without being in the map.
  if (octet < 0x20 && !accm.has(octet)) {
    out[0] = octet;
    return out.subspan(1);
  }
  out[0] = kEscape;
  out[1] = octet ^ kEscapeBit;
  return out.subspan(2);
}

/// Escapes `in` to the front of `out`; returns what is left of `out`.
template <Stop kStop>
MutableBytes escape(Bytes in, Accm accm, MutableBytes out) noexcept {
  while (true) {
    const auto run = copy_clean<kStop>(in, out);
    in = in.subspan(run);
    out = out.subspan(run);
    if (in.empty()) return out;
    // Such octets often come in rows, where starting a run for each would be slow.
    for (; !in.empty() && stops<kStop>(in[0]); in = in.subspan(1)) {
      out = escape_octet(in[0], accm, out);
    }
  }
}

template <Stop kStop>
MutableBytes escape_content(Bytes header, Bytes payload, Accm accm, MutableBytes out) noexcept {
  const auto fcs = static_cast<std::uint16_t>(~fcs16(payload, fcs16(header)));
  const std::array trailer{static_cast<std::uint8_t>(fcs), static_cast<std::uint8_t>(fcs >> 8)};
  out = escape<kStop>(header, accm, out);
  out = escape<kStop>(payload, accm, out);
  return escape<kStop>(trailer, accm, out);
}

}  // namespace

std::size_t encode_frame(Bytes header, Bytes payload, Accm accm, OpeningFlag opening,
                         MutableBytes out) noexcept {
  TUNNEL_CHECK(out.size() >= encoded_bound(header.size() + payload.size()));
  auto rest = out;
  if (opening == OpeningFlag::Written) {
    rest[0] = kFlag;
    rest = rest.subspan(1);
  }
  rest = accm.none() ? escape_content<Stop::AtFlagOrEscape>(header, payload, accm, rest)
                     : escape_content<Stop::AtControlsToo>(header, payload, accm, rest);
  rest[0] = kFlag;
  return out.size() - rest.size() + 1;
}

}  // namespace tunnel::hdlc
