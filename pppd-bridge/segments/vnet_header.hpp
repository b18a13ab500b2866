#pragma once

#include "pppd-bridge/segments/offload.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/check.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

// struct virtio_net_hdr, which a tun device with IFF_VNET_HDR has in front of each packet: Virtual
// I/O Device (VIRTIO) 1.2 §5.1.6, without num_buffers. Little-endian: the device has to be told so
// (TUNSETVNETLE), for else it is the machine's own order.

namespace tunnel::segments {

inline constexpr std::size_t kVnetHeaderSize = 10;

namespace vnet {

// §5.1.6, `flags`.
inline constexpr std::uint8_t kNeedsChecksum = 1;
inline constexpr std::uint8_t kDataValid = 2;

// §5.1.6, `gso_type`. Those not here (UFO, tunnels) come only to who has asked for them.
inline constexpr std::uint8_t kGsoNone = 0;
inline constexpr std::uint8_t kGsoTcp4 = 1;
inline constexpr std::uint8_t kGsoTcp6 = 4;
inline constexpr std::uint8_t kGsoUdp = 5;
inline constexpr std::uint8_t kGsoEcn = 0x80;

/// Fields of two octets, the low one first.
constexpr std::optional<std::uint16_t> read_u16(ByteReader& in) noexcept {
  const auto octets = in.take(2);
  if (!octets) return std::nullopt;
  return static_cast<std::uint16_t>((*octets)[0] | (*octets)[1] << 8);
}

constexpr std::optional<Gso> gso_of(std::uint8_t type) noexcept {
  switch (type) {
    case kGsoNone:
      return Gso::None;
    case kGsoTcp4:
      return Gso::Tcp4;
    case kGsoTcp6:
      return Gso::Tcp6;
    case kGsoUdp:
      return Gso::Udp;
    default:
      return std::nullopt;
  }
}

constexpr std::uint8_t type_of(Gso gso) noexcept {
  switch (gso) {
    case Gso::None:
      break;
    case Gso::Tcp4:
      return kGsoTcp4;
    case Gso::Tcp6:
      return kGsoTcp6;
    case Gso::Udp:
      return kGsoUdp;
  }
  return kGsoNone;
}

}  // namespace vnet

/// The header in the first ten octets. nullopt: fewer octets, or a flag or type that nobody has
/// asked for. Whether it fits the packet behind it is inspect()'s to say.
constexpr std::optional<Offload> read_vnet_header(Bytes header) noexcept {
  ByteReader in{header};
  const auto flags = in.u8();
  const auto type = in.u8();
  const auto header_size = vnet::read_u16(in);
  const auto segment_size = vnet::read_u16(in);
  const auto checksum_start = vnet::read_u16(in);
  const auto checksum_offset = vnet::read_u16(in);
  if (!checksum_offset) return std::nullopt;
  if ((*flags & ~(vnet::kNeedsChecksum | vnet::kDataValid)) != 0) return std::nullopt;
  const auto gso = vnet::gso_of(*type & static_cast<std::uint8_t>(~vnet::kGsoEcn));
  const bool cwr = (*type & vnet::kGsoEcn) != 0;
  if (!gso || (cwr && *gso != Gso::Tcp4 && *gso != Gso::Tcp6)) return std::nullopt;
  // Fields of which neither flag nor type speaks mean nothing, whatever is in them.
  Offload offload{.gso = *gso, .cwr = cwr ? Cwr::Set : Cwr::Clear, .header_size = *header_size};
  if (*gso != Gso::None) offload.segment_size = *segment_size;
  if ((*flags & vnet::kNeedsChecksum) != 0) {
    offload.checksum = Checksum::Partial;
    offload.checksum_start = *checksum_start;
    offload.checksum_offset = *checksum_offset;
  }
  return offload;
}

/// Writes the header to the first ten octets of `out`, which must have as many.
constexpr void write_vnet_header(const Offload& offload, MutableBytes out) noexcept {
  TUNNEL_CHECK(out.size() >= kVnetHeaderSize);
  const auto u16 = [&out](std::size_t offset, std::uint16_t value) {
    out[offset] = static_cast<std::uint8_t>(value);
    out[offset + 1] = static_cast<std::uint8_t>(value >> 8);
  };
  out[0] = offload.checksum == Checksum::Partial ? vnet::kNeedsChecksum : std::uint8_t{0};
  out[1] = vnet::type_of(offload.gso);
  if (offload.cwr == Cwr::Set) out[1] |= vnet::kGsoEcn;
  u16(2, offload.header_size);
  u16(4, offload.segment_size);
  u16(6, offload.checksum_start);
  u16(8, offload.checksum_offset);
}

}  // namespace tunnel::segments
