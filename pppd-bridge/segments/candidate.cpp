#include "pppd-bridge/segments/candidate.hpp"

#include "pppd-bridge/segments/checksum.hpp"

namespace tunnel::segments {

namespace {

constexpr std::uint16_t kAllOnes = 0xffff;

constexpr std::uint16_t kFlagsThatMayDiffer = tcp::kCwr | tcp::kPsh | tcp::kFin;

/// Whether the header is as it would be written again.
bool take_ipv4(Bytes packet, Candidate& found) noexcept {
  const auto header = Fields<ipv4::kHeader>::at(packet, 0);
  if (!header) return false;
  const auto checksum = header->u16<ipv4::kChecksum>();
  const auto sum = sum_of(packet.first(ipv4::kHeader));
  if (sum != kAllOnes || checksum == kAllOnes) return false;
  const auto fragment = header->u16<ipv4::kFragment>();
  found.identification = header->u16<ipv4::kIdentification>();
  found.identification_stays = (fragment & ipv4::kDontFragment) != 0 && found.identification == 0;
  found.likeness.network = std::uint32_t{header->u16<ipv4::kVersionAndLength>()} << 16 | fragment;
  found.likeness.hops = header->u16<ipv4::kTtl>();
  return true;
}

bool take_ipv6(Bytes packet, Candidate& found) noexcept {
  const auto header = Fields<ipv6::kHeader>::at(packet, 0);
  if (!header) return false;
  found.likeness.network = header->u32<ipv6::kVersionClassLabel>();
  found.likeness.hops = header->u16<ipv6::kNextHeader>();
  return true;
}

bool take_tcp(Bytes packet, const PacketView& view, Candidate& found) noexcept {
  const auto header = parse_tcp(packet, view);
  const auto fields = Fields<tcp::kHeader>::at(packet, view.transport_offset);
  if (!header || !fields) return false;
  if (header->has(tcp::kOfOneSegment)) return false;
  // As zero it is written with zeros.
  if (header->checksum == kAllOnes) return false;
  found.header_size = header->payload_offset;
  found.options_offset = view.transport_offset + tcp::kHeader;
  found.sequence = header->sequence;
  found.flags = header->flags;
  found.likeness.acknowledgment = header->acknowledgment;
  found.likeness.offset_and_flags = static_cast<std::uint16_t>(
      fields->u16<tcp::kDataOffset>() & static_cast<std::uint16_t>(~kFlagsThatMayDiffer));
  found.likeness.window = header->window;
  found.likeness.urgent = header->urgent;
  return true;
}

bool take_udp(Bytes packet, const PacketView& view, Candidate& found) noexcept {
  const auto header = parse_udp(packet, view);
  // 0: there is no checksum (RFC 768), and a segment would get one.
  if (!header || header->checksum == 0) return false;
  found.header_size = found.options_offset = header->payload_offset;
  return header->length == packet.size() - view.transport_offset;
}

bool take_transport(Bytes packet, const PacketView& view, Candidate& found) noexcept {
  return view.protocol == kTcp ? take_tcp(packet, view, found) : take_udp(packet, view, found);
}

bool take_network(Bytes packet, const PacketView& view, Candidate& found) noexcept {
  return view.family == Family::Ipv4 ? take_ipv4(packet, found) : take_ipv6(packet, found);
}

bool has_right_checksum(Bytes packet, const PacketView& view) noexcept {
  const auto transport = packet.subspan(view.transport_offset);
  const auto pseudo = pseudo_header_sum(packet, view, static_cast<std::uint32_t>(transport.size()));
  return fold(std::uint64_t{pseudo} + sum_of(transport)) == kAllOnes;
}

}  // namespace

std::optional<FlowKey> flow_key(Bytes packet, const PacketView& view) noexcept {
  if (view.fragment != Fragment::Whole) return std::nullopt;
  if (view.protocol != kTcp && view.protocol != kUdp) return std::nullopt;
  const auto ports = Fields<4>::at(packet.first(view.total_length), view.transport_offset);
  if (!ports) return std::nullopt;
  FlowKey key{.ports = ports->u32<0>(), .protocol = view.protocol, .family = view.family};
  if (view.family == Family::Ipv4) {
    if (const auto header = Fields<ipv4::kHeader>::at(packet, 0)) {
      key.addresses[0] = header->u64<ipv4::kSource>();
    }
  } else if (const auto header = Fields<ipv6::kHeader>::at(packet, 0)) {
    key.addresses = {header->u64<ipv6::kSource>(), header->u64<ipv6::kSource + 8>(),
                     header->u64<ipv6::kDestination>(), header->u64<ipv6::kDestination + 8>()};
  }
  return key;
}

std::optional<Candidate> candidate_of(Bytes packet, const PacketView& view) noexcept {
  // One variable, so that it is filled where the caller has it: a copy of what has just been
  // written in small pieces takes as long as all the rest.
  std::optional<Candidate> result{std::in_place};
  auto& found = *result;
  found.transport_offset = view.transport_offset;
  const bool plain = view.is_plain() && view.total_length == packet.size() &&
                     take_transport(packet, view, found) && take_network(packet, view, found);
  // Last, for all of the packet is read for it.
  if (!plain || found.header_size == packet.size() || !has_right_checksum(packet, view)) {
    result.reset();
    return result;
  }
  found.payload_size = packet.size() - found.header_size;
  return result;
}

}  // namespace tunnel::segments
