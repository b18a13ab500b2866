#include "filter/packet/ip_header.hpp"

#include <algorithm>
#include <array>

namespace tunnel::filter::packet {

namespace {

/// Types of IPv4's options, up to the end or to one that does not fit.
std::vector<std::uint8_t> option_types(ByteReader in) {
  constexpr std::uint8_t kEnd = 0;
  constexpr std::uint8_t kNop = 1;
  std::vector<std::uint8_t> types;
  while (const auto type = in.u8()) {
    if (*type == kEnd) break;
    types.push_back(*type);
    if (*type == kNop) continue;
    const auto length = in.u8();
    if (!length || *length < 2 || !in.take(*length - 2U)) break;
  }
  return types;
}

std::optional<IpHeader> parse_v4(ByteReader in, Bytes octets) {
  constexpr std::size_t kLeast = 20;
  if (octets.size() < kLeast) return std::nullopt;
  IpHeader header;
  header.header_size = (*in.u8() & 0xfU) * 4;
  header.tos = *in.u8();
  header.size = *in.u16();
  header.id = *in.u16();
  const auto fragment = *in.u16();
  header.more_fragments = (fragment & 0x2000) != 0;
  header.offset = static_cast<std::uint16_t>((fragment & 0x1fff) * 8);
  header.ttl = *in.u8();
  header.protocol = *in.u8();
  in.take(2);  // the checksum is the kernel's to check
  header.source = HostAddress{Ipv4Address{*in.u32()}};
  header.destination = HostAddress{Ipv4Address{*in.u32()}};
  if (header.header_size < kLeast || header.header_size > octets.size() ||
      header.size < header.header_size) {
    return std::nullopt;
  }
  header.options = option_types(ByteReader{octets.subspan(kLeast, header.header_size - kLeast)});
  return header;
}

HostAddress v6_address(ByteReader& in) {
  Ipv6Address address;
  const auto bytes = *in.take(address.bytes.size());
  std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
  return HostAddress{address};
}

/// Hop-by-hop, routing, destination options (RFC 8200 §4), mobility, HIP, shim6.
bool is_extension(std::uint8_t next) noexcept {
  constexpr std::array<std::uint8_t, 6> kKnown{0, 43, 60, 135, 139, 140};
  return std::find(kKnown.begin(), kKnown.end(), next) != kKnown.end();
}

/// To the transport header. Behind the header of a fragment that is not the first, none follows.
bool skip_extensions(ByteReader& in, IpHeader& header) {
  constexpr std::uint8_t kFragment = 44;
  while (is_extension(header.protocol) || header.protocol == kFragment) {
    const bool fragment = header.protocol == kFragment;
    const auto next = in.u8();
    const auto length = in.u8();
    if (!length) return false;
    header.protocol = *next;
    const std::size_t size = fragment ? 8 : (*length + 1U) * 8;
    const auto rest = in.take(size - 2);
    if (!rest) return false;
    header.header_size += static_cast<std::uint32_t>(size);
    if (!fragment) continue;
    ByteReader fields{*rest};
    const auto place = *fields.u16();
    header.offset = place & 0xfff8;
    header.more_fragments = (place & 1) != 0;
    header.id = *fields.u32();
    if (header.offset != 0) return true;
  }
  return true;
}

std::optional<IpHeader> parse_v6(ByteReader in, Bytes octets) {
  constexpr std::size_t kFixed = 40;
  if (octets.size() < kFixed) return std::nullopt;
  IpHeader header;
  header.family = Family::Ipv6;
  header.header_size = kFixed;
  header.tos = static_cast<std::uint8_t>(*in.u32() >> 20);
  header.size = *in.u16() + std::uint32_t{kFixed};
  header.protocol = *in.u8();
  header.ttl = *in.u8();
  header.source = v6_address(in);
  header.destination = v6_address(in);
  if (!skip_extensions(in, header) || header.size < header.header_size) return std::nullopt;
  return header;
}

}  // namespace

std::optional<IpHeader> parse_ip_header(Bytes octets) {
  if (octets.empty()) return std::nullopt;
  const auto version = octets[0] >> 4;
  if (version == 4) return parse_v4(ByteReader{octets}, octets);
  if (version == 6) return parse_v6(ByteReader{octets}, octets);
  return std::nullopt;
}

}  // namespace tunnel::filter::packet
