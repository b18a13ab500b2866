#include "pppd-bridge/segments/joiner.hpp"

#include "pppd-bridge/segments/checksum.hpp"
#include "pppd-bridge/segments/super_packet.hpp"
#include "tunneld/base/check.hpp"

#include <algorithm>

namespace tunnel::segments {

namespace {

constexpr std::uint8_t kEndsIt = tcp::kFin | tcp::kPsh;

/// TCP's options; nothing in UDP.
Bytes options_of(Bytes packet, const Candidate& of) noexcept {
  return packet.first(of.header_size).subspan(of.options_offset);
}

}  // namespace

void Joiner::add(Bytes packet, PacketSink& sink) noexcept {
  ++now_;
  const auto view = parse_packet(packet);
  const auto flow = view ? flow_key(packet, *view) : std::nullopt;
  if (!flow) {
    // What the protocol of a later fragment is may be said in the first one only.
    const bool of_another_protocol = view && view->fragment != Fragment::Later &&
                                     view->protocol != kTcp && view->protocol != kUdp;
    // Else it may be of any flow.
    if (!of_another_protocol) flush(sink);
    sink.packet(packet, {});
    return;
  }
  const bool of_kind = flow->protocol == kTcp || udp_ == JoinUdp::Yes;
  const bool wanted = of_kind && packet.size() <= kMostOctets;  // IPv6 has some that are larger
  const auto candidate = wanted ? candidate_of(packet, *view) : std::nullopt;
  auto* const held = find(*flow);
  if (held != nullptr && candidate && continues(*held, packet, *candidate)) {
    append(*held, packet, *candidate, sink);
    return;
  }
  if (held != nullptr) send(*held, sink);
  if (candidate && (candidate->flags & kEndsIt) == 0) {
    hold(packet, *flow, *candidate, sink);
  } else {
    sink.packet(packet, {});
  }
}

Joiner::Held* Joiner::find(const FlowKey& flow) noexcept {
  const auto found = std::find_if(held_.begin(), held_.end(), [&flow](const Held& held) {
    return !held.is_free() && held.flow == flow;
  });
  return found == held_.end() ? nullptr : &*found;
}

/// RFC 6864 §4.2: of packets that may be fragmented each has its own identification.
bool Joiner::continues(const Held& held, Bytes packet, const Candidate& next) noexcept {
  const auto& first = held.first;
  const auto octets_before = static_cast<std::uint32_t>(held.size - first.header_size);
  const bool is_tcp = held.flow.protocol == kTcp;
  if (next.likeness != first.likeness || next.header_size != first.header_size) return false;
  if (is_tcp && next.sequence != first.sequence + octets_before) return false;
  if ((next.flags & tcp::kCwr) != 0) return false;
  const auto count = first.identification_stays ? 0U : held.segments;
  const bool ipv4 = held.flow.family == Family::Ipv4;
  const auto identification = static_cast<std::uint16_t>(first.identification + count);
  if (ipv4 && next.identification != identification) return false;
  if (next.payload_size > first.payload_size) return false;
  if (held.size + next.payload_size > kMostOctets) return false;
  return std::ranges::equal(options_of(packet, next), options_of(held.contents(), first));
}

void Joiner::append(Held& held, Bytes packet, const Candidate& next, PacketSink& sink) noexcept {
  const auto payload = packet.subspan(next.header_size);
  const MutableBytes room{held.memory.get(), kMostOctets};
  std::copy(payload.begin(), payload.end(), room.subspan(held.size).begin());
  held.size += payload.size();
  ++held.segments;
  held.last_flags = next.flags;
  held.used = now_;
  const bool last = (next.flags & kEndsIt) != 0 || next.payload_size < held.first.payload_size;
  if (last || held.segments == kMostSegments) send(held, sink);
}

void Joiner::hold(Bytes packet, const FlowKey& flow, const Candidate& first,
                  PacketSink& sink) noexcept {
  auto& held = free_one(sink);
  if (!held.memory) held.memory.reset(new std::uint8_t[kMostOctets]);
  const MutableBytes room{held.memory.get(), kMostOctets};
  std::copy(packet.begin(), packet.end(), room.begin());
  held.size = packet.size();
  held.segments = 1;
  held.flow = flow;
  held.first = first;
  held.last_flags = first.flags;
  held.since = held.used = now_;
}

/// The first free one, so that one flow has one memory; else the least recently used.
Joiner::Held& Joiner::free_one(PacketSink& sink) noexcept {
  const auto found = std::ranges::find_if(held_, &Held::is_free);
  if (found != held_.end()) return *found;
  auto& oldest = *std::ranges::min_element(held_, {}, &Held::used);
  send(oldest, sink);
  return oldest;
}

void Joiner::flush(PacketSink& sink) noexcept {
  std::array<Held*, kFlows> order{};
  std::ranges::transform(held_, order.begin(), [](Held& held) { return &held; });
  std::ranges::sort(order, {}, [](const Held* held) { return held->since; });
  for (auto* const held : order) {
    if (!held->is_free()) send(*held, sink);
  }
}

void Joiner::send(Held& held, PacketSink& sink) noexcept {
  Offload offload;
  if (held.segments > 1) {
    offload = finish_super_packet(held);
    ++counters_.super_packets;
    counters_.segments += held.segments;
  }
  sink.packet(held.contents(), offload);
  held.segments = 0;
}

/// The first one's header is that of them all but for lengths, the last one's flags, checksums.
Offload Joiner::finish_super_packet(const Held& held) noexcept {
  const auto& first = held.first;
  const auto packet = held.contents();
  const auto transport = packet.subspan(first.transport_offset);
  const auto flags = static_cast<std::uint8_t>(first.flags | held.last_flags);
  auto ipv4_header = MutableFields<ipv4::kHeader>::at(packet, 0);
  auto ipv6_header = MutableFields<ipv6::kHeader>::at(packet, 0);
  if (held.flow.family == Family::Ipv4 && ipv4_header) {
    ipv4_header->set_u16<ipv4::kTotalLength>(static_cast<std::uint16_t>(packet.size()));
    ipv4_header->set_u16<ipv4::kChecksum>(ipv4_header_checksum(packet.first(ipv4::kHeader)));
  } else if (ipv6_header) {
    ipv6_header->set_u16<ipv6::kPayloadLength>(static_cast<std::uint16_t>(transport.size()));
  }
  auto tcp_header = MutableFields<tcp::kHeader>::at(transport, 0);
  auto udp_header = MutableFields<udp::kHeader>::at(transport, 0);
  if (held.flow.protocol == kTcp && tcp_header) {
    tcp_header->set_u8<tcp::kFlags>(flags);
  } else if (udp_header) {
    udp_header->set_u16<udp::kLength>(static_cast<std::uint16_t>(transport.size()));
  }
  Offload offload{.gso = super_packet_of(held.flow.family, held.flow.protocol),
                  .segment_size = static_cast<std::uint16_t>(first.payload_size),
                  .header_size = static_cast<std::uint16_t>(first.header_size)};
  if ((flags & tcp::kCwr) != 0) offload.cwr = Cwr::Set;
  const bool written = write_pseudo_header_sum(packet, offload);
  TUNNEL_CHECK(written);
  return offload;
}

void Joiner::release() noexcept {
  for (auto& held : held_) {
    TUNNEL_CHECK(held.is_free());
    held.memory.reset();
  }
}

}  // namespace tunnel::segments
