// A packet from its fields, from the inside outwards: transport, then the header of IP.

#include "filter/packet/written.hpp"

#include "filter/model/protocols.hpp"
#include "filter/packet/checksum.hpp"
#include "filter/packet/packet_parser.hpp"
#include "tunneld/base/bytes.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::filter::packet {

namespace {

using Octets = std::vector<std::uint8_t>;

void write_address(ByteWriter& out, const HostAddress& address) {
  if (address.family() == Family::Ipv4) {
    out.u32(address.v4().value);
  } else {
    const auto v6 = address.v6();
    out.bytes(Bytes{v6.bytes});
  }
}

/// RFC 9293 §3.1, RFC 8200 §8.1: what the checksum of a transport header covers besides.
std::uint32_t pseudo_header(const WrittenEnds& ends, std::size_t length) {
  ByteWriter out;
  write_address(out, ends.source);
  write_address(out, ends.destination);
  out.u32(static_cast<std::uint32_t>(length));
  out.u32(ends.protocol);
  return add_to_sum(0, out.view());
}

void write_sum(Octets& octets, std::size_t at, std::uint32_t sum) {
  const auto checksum = folded(add_to_sum(sum, octets));
  octets[at] = static_cast<std::uint8_t>(checksum >> 8);
  octets[at + 1] = static_cast<std::uint8_t>(checksum);
}

Octets tcp_header(const WrittenFields& fields) {
  ByteWriter out;
  out.u16(fields.ends.source_port);
  out.u16(fields.ends.destination_port);
  out.u32(fields.sequence);
  out.u32(fields.acknowledgement);
  out.u8(fields.segment_size ? 0x60 : 0x50);
  out.u8(fields.flags);
  out.u16(fields.window);
  out.u16(0);
  out.u16(fields.urgent.value_or((fields.flags & kUrg) != 0 ? 1 : 0));
  if (fields.segment_size) {
    out.u16(0x0204);
    out.u16(*fields.segment_size);
  }
  return std::move(out).finish();
}

Octets udp_header(const WrittenFields& fields) {
  ByteWriter out;
  out.u16(fields.ends.source_port);
  out.u16(fields.ends.destination_port);
  out.u16(static_cast<std::uint16_t>(8 + fields.payload));
  out.u16(0);
  return std::move(out).finish();
}

/// What an error quotes: the header of IP and eight octets (RFC 792). An error about nothing in
/// particular is about a packet between the same two.
Octets quotation(const WrittenFields& fields) {
  WrittenFields quoted;
  quoted.ends =
      fields.quoted.value_or(WrittenEnds{fields.ends.destination, fields.ends.source, 59, 0, 0});
  quoted.query = quoted.ends.source_port;
  if (quoted.ends.protocol == kIcmp) quoted.icmp_type = 8;
  if (quoted.ends.protocol == kIcmp6) quoted.icmp_type = 128;
  if (!has_ports(quoted.ends.protocol)) quoted.body = 8;
  return octets_of(quoted);
}

Octets icmp_message(const WrittenFields& fields) {
  const auto family = fields.ends.source.family();
  ByteWriter out;
  out.u8(fields.icmp_type);
  out.u8(fields.icmp_code);
  out.u16(0);
  out.u16(fields.query);
  out.u16(0);
  if (is_icmp_error(family, fields.icmp_type)) {
    out.bytes(quotation(fields));
  } else if (family == Family::Ipv4 && fields.icmp_type >= 13 && fields.icmp_type <= 18) {
    // The longest of them: two timestamps more than the four octets of a mask.
    out.u32(0);
    out.u32(0);
    out.u32(0);
  }
  return std::move(out).finish();
}

/// The transport header and what lies behind it, as if the packet were no fragment.
Octets transport(const WrittenFields& fields) {
  const bool v4 = fields.ends.source.family() == Family::Ipv4;
  Octets octets;
  std::size_t checksum_at = 0;
  const auto protocol = fields.ends.protocol;
  if (protocol == kTcp) octets = tcp_header(fields), checksum_at = 16;
  if (protocol == kUdp) octets = udp_header(fields), checksum_at = 6;
  const bool icmp = protocol == (v4 ? kIcmp : kIcmp6);
  if (icmp) octets = icmp_message(fields), checksum_at = 2;
  octets.resize(octets.size() + fields.payload);
  if (checksum_at != 0) {
    // ICMP of IPv4 has no pseudo-header (RFC 792).
    write_sum(octets, checksum_at, icmp && v4 ? 0 : pseudo_header(fields.ends, octets.size()));
  }
  return octets;
}

/// Each option in a valid shape; the rest of the word is the end of the list (RFC 791 §3.1).
Octets option_octets(const std::vector<std::uint8_t>& types) {
  constexpr std::uint8_t kNop = 1;
  ByteWriter out;
  for (const auto type : types) {
    out.u8(type);
    if (type == kNop) continue;
    const bool route = type == 7 || type == 131 || type == 137;  // rr, lsrr, ssrr: one address
    const std::size_t length = type == 68 ? 8 : type == 130 ? 11 : route ? 7 : 4;
    out.u8(static_cast<std::uint8_t>(length));
    // Where the next address would go: behind the end of a source route, which has been walked.
    const std::uint8_t pointer = type == 7 ? 4 : type == 68 ? 5 : route ? 8 : 0;
    out.u8(pointer);
    for (std::size_t i = 3; i < length; ++i) out.u8(0);
  }
  auto octets = std::move(out).finish();
  octets.resize((octets.size() + 3) / 4 * 4);
  return octets;
}

Octets v4_header(const WrittenFields& fields, std::size_t body) {
  const auto options = option_octets(fields.options);
  const auto size = 20 + options.size();
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(0x40 | size / 4));
  out.u8(fields.tos);
  out.u16(static_cast<std::uint16_t>(size + body));
  out.u16(static_cast<std::uint16_t>(fields.id));
  out.u16(static_cast<std::uint16_t>((fields.more_fragments ? 0x2000U : 0) | fields.offset / 8));
  out.u8(fields.ttl);
  out.u8(fields.ends.protocol);
  out.u16(0);
  write_address(out, fields.ends.source);
  write_address(out, fields.ends.destination);
  out.bytes(options);
  auto octets = std::move(out).finish();
  write_sum(octets, 10, 0);
  return octets;
}

Octets v6_header(const WrittenFields& fields, std::size_t body) {
  constexpr std::uint8_t kFragment = 44;
  const bool fragment = fields.more_fragments || fields.offset != 0;
  ByteWriter out;
  out.u32(0x6000'0000U | std::uint32_t{fields.tos} << 20);
  out.u16(static_cast<std::uint16_t>(body + (fragment ? 8 : 0)));
  out.u8(fragment ? kFragment : fields.ends.protocol);
  out.u8(fields.ttl);
  write_address(out, fields.ends.source);
  write_address(out, fields.ends.destination);
  if (fragment) {
    out.u8(fields.ends.protocol);
    out.u8(0);
    out.u16(
        static_cast<std::uint16_t>((fields.offset & 0xfff8) | (fields.more_fragments ? 1U : 0)));
    out.u32(fields.id);
  }
  return std::move(out).finish();
}

}  // namespace

std::uint32_t add_to_sum(std::uint32_t sum, Bytes octets) noexcept {
  std::uint64_t total = sum;
  for (std::size_t i = 0; i < octets.size(); i += 2) {
    const std::uint32_t low = i + 1 < octets.size() ? octets[i + 1] : 0;
    total += std::uint32_t{octets[i]} << 8 | low;
  }
  while (total >> 32 != 0) total = (total & 0xffff'ffff) + (total >> 32);
  return static_cast<std::uint32_t>(total);
}

std::uint16_t folded(std::uint32_t sum) noexcept {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

std::size_t option_octets_of(const std::vector<std::uint8_t>& types) {
  return option_octets(types).size();
}

std::vector<std::uint8_t> octets_of(const WrittenFields& fields) {
  auto body = fields.offset == 0 ? transport(fields) : Octets(fields.payload);
  if (fields.body) body.resize(*fields.body);
  const bool v4 = fields.ends.source.family() == Family::Ipv4;
  auto octets = v4 ? v4_header(fields, body.size()) : v6_header(fields, body.size());
  octets.insert(octets.end(), body.begin(), body.end());
  return octets;
}

}  // namespace tunnel::filter::packet
