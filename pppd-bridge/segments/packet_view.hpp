#pragma once

#include "pppd-bridge/segments/fields.hpp"
#include "pppd-bridge/segments/offload.hpp"
#include "tunneld/base/address.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

// What the headers of an IP packet say, as far as segments, queues and marks are concerned. The
// octets may be anybody's: what is said to be at some place is there.

namespace tunnel::segments {

enum class Fragment : std::uint8_t { Whole, First, Later };

/// The two low bits of the traffic class (RFC 3168 §5).
enum class Ecn : std::uint8_t { NotEct = 0, Ect1 = 1, Ect0 = 2, Ce = 3 };

/// What the network header says.
struct PacketView {
  Family family = Family::Ipv4;
  Fragment fragment = Fragment::Whole;
  /// That of the transport header, behind IPv6's extension headers. Of a later fragment that of the
  /// first one.
  std::uint8_t protocol = 0;
  std::uint8_t traffic_class = 0;  // IPv4: TOS
  /// An IPv6 routing header has addresses left: the destination is not the last one, which is the
  /// one in the pseudo-header (RFC 8200 §8.1).
  bool routed = false;
  /// Where the network header, with options or extension headers, ends. At most what total_length
  /// says.
  std::uint32_t transport_offset = 0;
  /// Octets of the packet by its own header; what lies behind them is padding.
  std::uint32_t total_length = 0;

  constexpr Ecn ecn() const noexcept { return static_cast<Ecn>(traffic_class & 3U); }

  /// Without IPv4 options or IPv6 extension headers.
  constexpr bool is_plain() const noexcept {
    return transport_offset == (family == Family::Ipv4 ? ipv4::kHeader : ipv6::kHeader);
  }

  bool operator==(const PacketView&) const = default;
};

/// TCP's flags (RFC 9293 §3.1, RFC 3168 §6.1).
namespace tcp {
inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kRst = 0x04;
inline constexpr std::uint8_t kPsh = 0x08;
inline constexpr std::uint8_t kAck = 0x10;
inline constexpr std::uint8_t kUrg = 0x20;
inline constexpr std::uint8_t kEce = 0x40;
inline constexpr std::uint8_t kCwr = 0x80;
/// What a packet that is cut, or joined, has none of: each would be said of every segment.
inline constexpr std::uint8_t kOfOneSegment = kSyn | kRst | kUrg;
}  // namespace tcp

/// What a TCP header says. The payload begins at payload_offset, which is within total_length.
struct TcpView {
  std::uint32_t ports = 0;  // the source's in the high half
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgment = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;
  std::uint16_t checksum = 0;
  std::uint16_t urgent = 0;
  std::uint32_t payload_offset = 0;  // from the packet's first octet

  constexpr bool has(std::uint8_t flag) const noexcept { return (flags & flag) != 0; }
};

/// What a UDP header says.
struct UdpView {
  std::uint32_t ports = 0;  // the source's in the high half
  std::uint16_t length = 0;
  std::uint16_t checksum = 0;
  std::uint32_t payload_offset = 0;  // from the packet's first octet
};

namespace detail {

// RFC 8200 §4.
inline constexpr std::uint8_t kHopByHop = 0;
inline constexpr std::uint8_t kRouting = 43;
inline constexpr std::uint8_t kFragmentHeader = 44;
inline constexpr std::uint8_t kDestinationOptions = 60;

/// Sensible packets have at most five; who sends more is not worth the time.
inline constexpr int kMostExtensions = 8;
inline constexpr std::size_t kLongestExtension = 8 * 256;

/// Walks extension headers from view.transport_offset on, for as long as they are ones that may
/// stand before a transport header and can be read.
constexpr std::optional<PacketView> walk_extensions(Bytes packet, PacketView view) noexcept {
  for (int count = 0; count <= kMostExtensions; ++count) {
    const bool fragment = view.protocol == kFragmentHeader;
    const bool routing = view.protocol == kRouting;
    if (!fragment && !routing && view.protocol != kHopByHop &&
        view.protocol != kDestinationOptions) {
      return view;
    }
    const auto header = Fields<8>::at(packet, view.transport_offset);  // the least they have
    if (!header) return std::nullopt;
    const auto size = fragment ? 8U : 8U * (header->u8<1>() + 1U);
    if (size > packet.size() - view.transport_offset) return std::nullopt;
    view.transport_offset = static_cast<std::uint32_t>(view.transport_offset + size);
    view.protocol = header->u8<0>();
    if (routing && header->u8<3>() != 0) view.routed = true;
    if (!fragment) continue;
    const bool more = (header->u16<2>() & 1U) != 0;
    if (header->u16<2>() >> 3 != 0) {
      view.fragment = Fragment::Later;
      return view;  // what follows is from the middle of a packet
    }
    if (more) view.fragment = Fragment::First;
  }
  return std::nullopt;
}

constexpr std::optional<PacketView> parse_ipv4(Bytes packet) noexcept {
  const auto header = Fields<ipv4::kHeader>::at(packet, 0);
  if (!header) return std::nullopt;
  const auto size = (header->u8<ipv4::kVersionAndLength>() & 0x0fU) * 4U;
  const auto length = header->u16<ipv4::kTotalLength>();
  if (size < ipv4::kHeader || length < size || length > packet.size()) return std::nullopt;
  const auto place = header->u16<ipv4::kFragment>();
  PacketView view{.family = Family::Ipv4,
                  .protocol = header->u8<ipv4::kProtocol>(),
                  .traffic_class = header->u8<ipv4::kTrafficClass>(),
                  .transport_offset = size,
                  .total_length = length};
  if ((place & ipv4::kMoreFragments) != 0) view.fragment = Fragment::First;
  if ((place & ipv4::kFragmentOffset) != 0) view.fragment = Fragment::Later;
  return view;
}

constexpr std::optional<PacketView> parse_ipv6(Bytes packet) noexcept {
  const auto header = Fields<ipv6::kHeader>::at(packet, 0);
  if (!header) return std::nullopt;
  const auto payload = header->u16<ipv6::kPayloadLength>();
  if (payload > packet.size() - ipv6::kHeader) return std::nullopt;
  const auto next = header->u8<ipv6::kNextHeader>();
  if (payload == 0 && next == kHopByHop) return std::nullopt;  // a jumbogram (RFC 2675 §2)
  const PacketView view{.family = Family::Ipv6,
                        .protocol = next,
                        .traffic_class = static_cast<std::uint8_t>(
                            header->u16<ipv6::kVersionClassLabel>() >> 4 & 0xffU),
                        .transport_offset = ipv6::kHeader,
                        .total_length = static_cast<std::uint32_t>(ipv6::kHeader + payload)};
  return walk_extensions(packet.first(view.total_length), view);
}

}  // namespace detail

/// Octets of headers in front of a payload, at most.
inline constexpr std::size_t kLongestHeader =
    ipv6::kHeader + detail::kMostExtensions * detail::kLongestExtension + tcp::kLongestHeader;

/// The network header of an IP packet. nullopt: it is neither version, its lengths lie, it is a
/// jumbogram, or its extension headers have no end.
constexpr std::optional<PacketView> parse_packet(Bytes packet) noexcept {
  if (packet.empty()) return std::nullopt;
  switch (packet.front() >> 4) {
    case 4:
      return detail::parse_ipv4(packet);
    case 6:
      return detail::parse_ipv6(packet);
    default:
      return std::nullopt;
  }
}

/// The TCP header of a packet that parse_packet() has read. nullopt: it is not TCP, not the
/// beginning of it, or the header is not whole.
constexpr std::optional<TcpView> parse_tcp(Bytes packet, const PacketView& view) noexcept {
  if (view.protocol != kTcp || view.fragment == Fragment::Later) return std::nullopt;
  const auto header =
      Fields<tcp::kHeader>::at(packet.first(view.total_length), view.transport_offset);
  if (!header) return std::nullopt;
  const auto size = (header->u8<tcp::kDataOffset>() >> 4) * 4U;
  if (size < tcp::kHeader || size > view.total_length - view.transport_offset) return std::nullopt;
  return TcpView{.ports = header->u32<tcp::kPorts>(),
                 .sequence = header->u32<tcp::kSequence>(),
                 .acknowledgment = header->u32<tcp::kAcknowledgment>(),
                 .flags = header->u8<tcp::kFlags>(),
                 .window = header->u16<tcp::kWindow>(),
                 .checksum = header->u16<tcp::kChecksum>(),
                 .urgent = header->u16<tcp::kUrgent>(),
                 .payload_offset = static_cast<std::uint32_t>(view.transport_offset + size)};
}

/// The UDP header, as parse_tcp() does it. Its length is whatever it says.
constexpr std::optional<UdpView> parse_udp(Bytes packet, const PacketView& view) noexcept {
  if (view.protocol != kUdp || view.fragment == Fragment::Later) return std::nullopt;
  const auto header =
      Fields<udp::kHeader>::at(packet.first(view.total_length), view.transport_offset);
  if (!header) return std::nullopt;
  return UdpView{
      .ports = header->u32<udp::kPorts>(),
      .length = header->u16<udp::kLength>(),
      .checksum = header->u16<udp::kChecksum>(),
      .payload_offset = static_cast<std::uint32_t>(view.transport_offset + udp::kHeader)};
}

}  // namespace tunnel::segments
