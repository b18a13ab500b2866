#include "pppd-bridge/hdlc/encoder.hpp"

#include "tunneld/base/check.hpp"

#include <array>

namespace tunnel::hdlc {

namespace {

struct Trailer {
  Bytes bytes() const noexcept { return Bytes{octets}.first(size); }

  std::array<std::uint8_t, kMaxFcsSize> octets{};
  std::size_t size = 0;
};

/// The FCS as it is sent: its complement, low octet first (RFC 1662 §C.2, §C.3).
Trailer trailer_of(Bytes header, Bytes payload, Fcs fcs, const Machine& machine) noexcept {
  std::uint32_t sum = 0;
  switch (fcs) {
    case Fcs::None:
      break;
    case Fcs::Ccitt16:
      sum = machine.fcs16(payload, machine.fcs16(header, kInitialFcs16));
      break;
    case Fcs::Ccitt32:
      sum = machine.fcs32(payload, machine.fcs32(header, kInitialFcs32));
      break;
  }
  Trailer trailer{.size = fcs_size(fcs)};
  for (std::size_t i = 0; i < trailer.octets.size(); ++i) {
    trailer.octets[i] = static_cast<std::uint8_t>(~sum >> 8 * i);
  }
  return trailer;
}

}  // namespace

std::size_t encode_frame(Bytes header, Bytes payload, FrameFormat format, OpeningFlag opening,
                         MutableBytes out, const Machine& machine) noexcept {
  TUNNEL_CHECK(out.size() >= encoded_bound(header.size() + payload.size()));
  const auto trailer = trailer_of(header, payload, format.fcs, machine);
  std::size_t used = 0;
  if (opening == OpeningFlag::Written) out[used++] = kFlag;
  for (const auto part : {header, payload, trailer.bytes()}) {
    used += machine.escape(part, format.accm, out.subspan(used));
  }
  out[used++] = kFlag;
  return used;
}

}  // namespace tunnel::hdlc
