#pragma once

#include "pppd-bridge/ppp/protocol.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/ppp_terms.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tunnel::ppp {

inline constexpr std::uint16_t kDefaultMru = 1500;  // RFC 1661 §6.1: what every end can receive

/// Whether a field may be sent compressed (RFC 1661 §6.5, §6.6).
enum class Compress : std::uint8_t { No, Yes };

/// How frames to the peer must look. The defaults are those of RFC 1661 §5: any peer in any state
/// understands them, and LCP packets always use them.
struct TransmitFormat {
  std::uint32_t accm = 0xffff'ffff;  // RFC 1662 §7.1: control characters the peer wants escaped
  Compress protocol_field = Compress::No;
  Compress address_control = Compress::No;
  Fcs fcs = Fcs::Ccitt16;
  bool vendor_frames = false;  // the peer is one of us: data may go in frames of our own
  bool operator==(const TransmitFormat&) const = default;
};

/// What the frames of the peer look like from now on.
struct ReceiveFormat {
  std::uint32_t accm = 0xffff'ffff;  // control characters to drop where they come unescaped
  std::uint16_t mru = kDefaultMru;   // the longest Information field that may come
  Fcs fcs = Fcs::Ccitt16;            // LCP's Configure and Terminate packets always have FCS-16
  bool vendor_frames = false;        // the peer has been told that it may send frames of our own
  bool operator==(const ReceiveFormat&) const = default;
};

inline constexpr std::uint8_t kAllStations = 0xff;
inline constexpr std::uint8_t kUnnumberedInformation = 0x03;
/// Address, control and protocol, uncompressed: what a frame's content may have beyond its MRU.
inline constexpr std::size_t kMaxFrameHeader = 4;

/// The network protocol of a packet, by its version (RFC 791 §3.1, RFC 8200 §3); nullopt: neither.
constexpr std::optional<Protocol> network_protocol(Bytes packet) noexcept {
  if (packet.empty()) return std::nullopt;
  switch (packet[0] >> 4) {
    case 4:
      return Protocol::Ipv4;
    case 6:
      return Protocol::Ipv6;
    default:
      return std::nullopt;
  }
}

/// A frame's content, taken apart; `payload` lies in the buffer that was parsed.
struct Frame {
  Protocol protocol{};
  Bytes payload;
};

/// Takes a frame's content (without FCS) apart: address and control, where they are present, and a
/// protocol field of one or two octets. Compressed forms are accepted whether negotiated or not
/// (RFC 1661 §6.5, §6.6). nullopt: no whole protocol field, or one that breaks the rules of §2.
constexpr std::optional<Frame> parse_frame(Bytes content) noexcept {
  if (content.size() >= 2 && content[0] == kAllStations && content[1] == kUnnumberedInformation) {
    content = content.subspan(2);
  }
  ByteReader in{content};
  const auto first = in.u8();
  if (!first) return std::nullopt;
  if ((*first & 1U) != 0) return Frame{Protocol{*first}, in.rest()};
  const auto second = in.u8();
  if (!second || (*second & 1U) == 0) return std::nullopt;  // §2: the last octet is odd
  return Frame{Protocol{static_cast<std::uint16_t>(*first << 8 | *second)}, in.rest()};
}

/// The octets before a packet: address, control and protocol, of which some may be left out.
class FrameHeader {
 public:
  constexpr Bytes bytes() const noexcept { return Bytes{octets_}.first(size_); }

  constexpr void append(std::uint8_t octet) noexcept { octets_[size_++] = octet; }

 private:
  std::array<std::uint8_t, kMaxFrameHeader> octets_{};
  std::size_t size_ = 0;
};

/// The header of a frame that carries `protocol` in `format`. LCP is never compressed (RFC 1661
/// §6.5, §6.6), whatever the format says.
constexpr FrameHeader write_header(const TransmitFormat& format, Protocol protocol) noexcept {
  const auto number = static_cast<std::uint16_t>(protocol);
  const bool lcp = protocol == Protocol::Lcp;
  FrameHeader header;
  if (lcp || format.address_control == Compress::No) {
    header.append(kAllStations);
    header.append(kUnnumberedInformation);
  }
  if (lcp || format.protocol_field == Compress::No || number > 0xff) {
    header.append(static_cast<std::uint8_t>(number >> 8));
  }
  header.append(static_cast<std::uint8_t>(number));
  return header;
}

}  // namespace tunnel::ppp
