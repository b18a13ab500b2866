#pragma once

#include "pppd-bridge/hdlc/accm.hpp"
#include "pppd-bridge/hdlc/fcs.hpp"
#include "pppd-bridge/hdlc/machine.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <cstdint>

namespace tunnel::hdlc {

/// Every frame ends with a flag, which also opens the next one (RFC 1662 §3.1). An opening flag of
/// its own is for the first frame, and for one after a pause that line noise may have filled.
enum class OpeningFlag : std::uint8_t { Shared, Written };

/// How the peer wants its frames. The defaults are what every peer understands at any time, and how
/// LCP packets are sent whatever has been agreed on (RFC 1662 §7.1, RFC 1570 §2.1).
struct FrameFormat {
  Accm accm;
  Fcs fcs = Fcs::Ccitt16;

  bool operator==(const FrameFormat&) const = default;
};

/// Room that encode_frame() needs for header and payload of `content_size` octets together: all of
/// them and the longest FCS escaped, two flags, and what is stored beyond the end.
constexpr std::size_t encoded_bound(std::size_t content_size) noexcept {
  return 2 * (content_size + kMaxFcsSize) + 2 + kOverrun;
}

/// Writes one frame (RFC 1662 §3, §4) to `out`: `header` (address, control, protocol), `payload`
/// and FCS, escaped as `format` asks, and the closing flag. Returns the number of octets written;
/// `out` must have room for encoded_bound(), and what lies in it behind the frame is undefined
/// afterwards.
std::size_t encode_frame(Bytes header, Bytes payload, FrameFormat format, OpeningFlag opening,
                         MutableBytes out, const Machine& machine = this_machine()) noexcept;

}  // namespace tunnel::hdlc
