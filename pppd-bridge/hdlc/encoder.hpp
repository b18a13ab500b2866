#pragma once

#include "pppd-bridge/hdlc/accm.hpp"
#include "pppd-bridge/hdlc/fcs.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <cstdint>

namespace tunnel::hdlc {

/// Every frame ends with a flag, which also opens the next one (RFC 1662 §3.1). An opening flag of
/// its own is for the first frame, and for one after a pause that line noise may have filled.
enum class OpeningFlag : std::uint8_t { Shared, Written };

/// Octets that encode_frame() may need for header and payload of `content_size` octets together:
/// all of them and the FCS escaped, and two flags.
constexpr std::size_t encoded_bound(std::size_t content_size) noexcept {
  return 2 * (content_size + kFcsSize) + 2;
}

/// Writes one frame (RFC 1662 §3, §4) to `out`: `header` (address, control, protocol), `payload`
/// and FCS-16, escaped as `accm` asks, and the closing flag. Returns the number of octets written;
/// `out` must have room for encoded_bound() of them.
std::size_t encode_frame(Bytes header, Bytes payload, Accm accm, OpeningFlag opening,
                         MutableBytes out) noexcept;

}  // namespace tunnel::hdlc
