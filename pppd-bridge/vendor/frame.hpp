#pragma once

#include "tunneld/base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

/// The frames of our own that two of our ends agree on by LCP's Vendor-Specific option (RFC 2153):
/// for data, among the frames of RFC 1662, which carry PPP's own packets as ever. What is below is
/// reliable and authenticated, so they have no FCS and escape nothing; and what they carry may be
/// longer than the MRU, if it says how it is to be cut.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |    Marker     |     Kind      |         Segment size          |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                            Length                             |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |    Content ...
///
/// A frame begins where one of RFC 1662 might: behind a flag, or behind another of these.
namespace tunnel::vendor {

/// What no frame of RFC 1662 begins with: it is even, so it is no compressed protocol field, and
/// the first octet of no protocol that a bridge speaks; nor is it a flag, an escape, or "all
/// stations".
inline constexpr std::uint8_t kMarker = 0x56;
inline constexpr std::size_t kHeaderSize = 8;
inline constexpr std::size_t kMaxPacket = 65535;  // RFC 791 §3.1; no jumbograms
inline constexpr std::size_t kMaxFrame = kHeaderSize + kMaxPacket;

enum class Kind : std::uint8_t {
  Packet = 0,           // an IP packet of at most the MRU
  PartialChecksum = 1,  // its transport checksum is yet to be computed, over a field that holds the
                        // sum of the pseudo-header
  SuperPacket = 2,      // a TCP or UDP packet, with a partial checksum, that is to be cut into
                        // segments with so many octets of payload
  CongestedSuperPacket = 3,  // of its segments only the first has CWR (RFC 3168 §6.1.2)
  Acknowledgement = 4,       // how much the sender has read, and when
};

struct Header {
  Kind kind = Kind::Packet;
  std::uint16_t segment_size = 0;  // of a super-packet; else 0
  std::uint32_t length = 0;        // of the content
  bool operator==(const Header&) const = default;
};

constexpr bool is_super(Kind kind) noexcept {
  return kind == Kind::SuperPacket || kind == Kind::CongestedSuperPacket;
}

/// The content of an Acknowledgement: two numbers of eight octets.
struct Acknowledgement {
  std::uint64_t octets = 0;  // of frames with packets, headers included, since there are any
  std::uint64_t clock = 0;   // nanoseconds of a monotonic clock of the sender's, as it read them

  bool operator==(const Acknowledgement&) const = default;
};

inline constexpr std::size_t kAcknowledgementSize = 16;

constexpr std::array<std::uint8_t, kHeaderSize> write_header(const Header& header) noexcept {
  const auto octet = [](std::uint32_t value, unsigned shift) {
    return static_cast<std::uint8_t>(value >> shift);
  };
  return {kMarker,
          static_cast<std::uint8_t>(header.kind),
          octet(header.segment_size, 8),
          octet(header.segment_size, 0),
          octet(header.length, 24),
          octet(header.length, 16),
          octet(header.length, 8),
          octet(header.length, 0)};
}

constexpr std::array<std::uint8_t, kAcknowledgementSize> write_acknowledgement(
    const Acknowledgement& told) noexcept {
  std::array<std::uint8_t, kAcknowledgementSize> content{};
  for (std::size_t i = 0; i < 8; ++i) {
    content[i] = static_cast<std::uint8_t>(told.octets >> (56 - 8 * i));
    content[8 + i] = static_cast<std::uint8_t>(told.clock >> (56 - 8 * i));
  }
  return content;
}

constexpr std::optional<Acknowledgement> read_acknowledgement(Bytes content) noexcept {
  ByteReader in{content};
  const auto octets = in.u64();
  const auto clock = in.u64();
  if (!clock || !in.empty()) return std::nullopt;
  return Acknowledgement{*octets, *clock};
}

static_assert(read_acknowledgement(write_acknowledgement({1ULL << 40, 3})) ==
              Acknowledgement{1ULL << 40, 3});

/// nullopt: no header of ours, or one whose fields contradict each other. What the packet behind it
/// makes of the segment size is for others to say.
constexpr std::optional<Header> read_header(Bytes octets) noexcept {
  ByteReader in{octets};
  const auto marker = in.u8();
  const auto kind = in.u8();
  const auto segment_size = in.u16();
  const auto length = in.u32();
  if (!length || *marker != kMarker) return std::nullopt;
  if (*kind > static_cast<std::uint8_t>(Kind::Acknowledgement)) return std::nullopt;
  const Header header{Kind{*kind}, *segment_size, *length};
  const bool fits = header.kind == Kind::Acknowledgement
                        ? header.length == kAcknowledgementSize
                        : header.length > 0 && header.length <= kMaxPacket;
  if (!fits || is_super(header.kind) != (header.segment_size > 0)) return std::nullopt;
  return header;
}

static_assert(read_header(write_header({Kind::SuperPacket, 1448, 65226})) ==
              Header{Kind::SuperPacket, 1448, 65226});

}  // namespace tunnel::vendor
