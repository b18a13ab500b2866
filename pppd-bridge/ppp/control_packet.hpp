#pragma once

#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tunnel::ppp {

/// RFC 1661 §5, RFC 1570 §1, RFC 2153 §2.1, RFC 1962 §2. Any other octet may stand in a variable of
/// this type: it is what the
/// peer sent.
enum class Code : std::uint8_t {
  VendorSpecific = 0,
  ConfigureRequest = 1,
  ConfigureAck = 2,
  ConfigureNak = 3,
  ConfigureReject = 4,
  TerminateRequest = 5,
  TerminateAck = 6,
  CodeReject = 7,
  ProtocolReject = 8,  // LCP only, from here to 13
  EchoRequest = 9,
  EchoReply = 10,
  DiscardRequest = 11,
  Identification = 12,
  TimeRemaining = 13,
  ResetRequest = 14,  // CCP only
  ResetAck = 15,
};

/// As FreeBSD's ppp writes them, without "Send" or "Recv": "ConfigReq".
std::string_view code_name(Code code) noexcept;

/// A packet of LCP or of a network control protocol (RFC 1661 §5).
struct ControlPacket {
  Code code{};
  std::uint8_t id = 0;
  Bytes data;  // without the padding
  Bytes wire;  // the whole packet without the padding, for rejecting it
};

inline constexpr std::size_t kControlHeader = 4;

/// RFC 1661 §5: octets beyond the Length field are padding and are dropped. nullopt: shorter than
/// its header, or than its Length says.
constexpr std::optional<ControlPacket> parse_control_packet(Bytes wire) noexcept {
  ByteReader in{wire};
  const auto code = in.u8();
  const auto id = in.u8();
  const auto length = in.u16();
  if (!length || *length < kControlHeader) return std::nullopt;
  const auto data = in.take(*length - kControlHeader);
  if (!data) return std::nullopt;
  return ControlPacket{Code{*code}, *id, *data, wire.first(*length)};
}

/// The packet's octets; `data` beyond what a Length field can say is cut off.
constexpr std::vector<std::uint8_t> build_control_packet(Code code, std::uint8_t id, Bytes data) {
  constexpr std::size_t kMaxData = 0xffff - kControlHeader;
  data = data.first(data.size() < kMaxData ? data.size() : kMaxData);
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(code));
  out.u8(id);
  out.u16(static_cast<std::uint16_t>(data.size() + kControlHeader));
  out.bytes(data);
  return std::move(out).finish();
}

/// A Configuration Option (RFC 1661 §6) as it stands in a packet.
struct RawOption {
  std::uint8_t type = 0;
  Bytes data;  // what follows the Length field
  Bytes wire;  // with Type and Length, for sending it back
};

inline constexpr std::size_t kOptionHeader = 2;

/// Reads the options of a Configure packet one by one.
class OptionReader {
 public:
  explicit constexpr OptionReader(Bytes options) noexcept : in_{options} {}

  /// The next option; nullopt at the end, and at one whose Length is below 2 or beyond the packet.
  constexpr std::optional<RawOption> next() noexcept {
    const auto rest = in_.rest();
    const auto type = in_.u8();
    const auto length = in_.u8();
    if (!length || *length < kOptionHeader) return std::nullopt;
    const auto data = in_.take(*length - kOptionHeader);
    if (!data) return std::nullopt;
    return RawOption{*type, *data, rest.first(*length)};
  }

  /// Whether the whole of `options` is a list of well-formed options.
  static constexpr bool well_formed(Bytes options) noexcept {
    OptionReader in{options};
    std::size_t left = options.size();
    while (const auto option = in.next()) left -= option->wire.size();
    return left == 0;
  }

 private:
  ByteReader in_;
};

}  // namespace tunnel::ppp
