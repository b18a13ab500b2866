#include "pppd-bridge/session/inbound.hpp"

#include "pppd-bridge/ppp/frame.hpp"
#include "pppd-bridge/segments/mss_clamp.hpp"
#include "pppd-bridge/segments/splitter.hpp"
#include "pppd-bridge/segments/super_packet.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::session {

namespace {

using segments::Checksum;
using segments::Gso;
using segments::Offload;

/// What a peer may send that contradicts itself, before it is sent away: a change of the MRU on the
/// way explains a few packets, but not hundreds a second.
constexpr unsigned kLiesAtOnce = 500;
constexpr unsigned kLiesPerSecond = 50;

/// What the frame says of its packet.
Gso gso_of(Family family, const vendor::Header& header, Bytes packet) noexcept {
  if (!vendor::is_super(header.kind)) return Gso::None;
  const auto view = segments::parse_packet(packet);
  return segments::super_packet_of(family, view ? view->protocol : segments::kTcp);
}

bool says_congested(const vendor::Header& header) noexcept {
  return header.kind == vendor::Kind::CongestedSuperPacket;
}

bool is_syn(Bytes packet) noexcept {
  const auto view = segments::parse_packet(packet);
  const auto tcp = view ? segments::parse_tcp(packet, *view) : std::nullopt;
  return tcp && tcp->has(segments::tcp::kSyn);
}

}  // namespace

Inbound::Inbound(tun::PacketDevice& device, std::optional<SourceCheck> sources, Counters& counters)
    : device_{device},
      sources_{std::move(sources)},
      counters_{counters},
      joiner_{device.features().udp ? segments::JoinUdp::Yes : segments::JoinUdp::No},
      lies_{kLiesAtOnce, kLiesPerSecond} {}

Verdict Inbound::judge(Family family, Bytes packet) {
  const bool version = !packet.empty() && packet[0] >> 4 == static_cast<unsigned>(family);
  const auto verdict = sources_  ? sources_->check(family, packet)
                       : version ? Verdict::Accept
                                 : Verdict::Malformed;
  if (verdict == Verdict::WrongSource) ++counters_.dropped_source;
  if (verdict == Verdict::Malformed) ++counters_.dropped_malformed;
  return verdict;
}

/// With padding, a packet may be longer than any (RFC 1661 §2).
MutableBytes Inbound::scratch() {
  if (scratch_.empty()) scratch_.resize(vendor::kMaxPacket + ppp::kMaxFrameHeader);
  return scratch_;
}

void Inbound::standard_packet(Family family, Bytes packet, const InboundRules& rules) {
  if (judge(family, packet) != Verdict::Accept) return;
  if (!rules.clamp_mss || !is_syn(packet)) return plain_packet(packet);
  const auto copy = scratch().first(packet.size());
  std::copy(packet.begin(), packet.end(), copy.begin());
  if (segments::clamp_mss(copy, Checksum::Complete, *rules.clamp_mss)) ++counters_.mss_clamped;
  plain_packet(copy);
}

void Inbound::vendor_packet(Family family, const vendor::Header& header, MutableBytes packet,
                            const InboundRules& rules, TimePoint now) {
  const bool complete = header.kind == vendor::Kind::Packet;
  const auto verdict = judge(family, packet);
  // A complete packet is what somebody has put into the peer's device; others are looked at there.
  if (verdict == Verdict::Malformed && !complete) note_lie(now);
  if (verdict != Verdict::Accept) return;
  const auto checksum = complete ? Checksum::Complete : Checksum::Partial;
  const auto offload =
      segments::complete_metadata(packet, gso_of(family, header, packet), header.segment_size,
                                  checksum, rules.largest_segment.bytes);
  if (!offload || says_congested(header) != (offload->cwr == segments::Cwr::Set)) {
    return bad_frame(now);
  }
  if (rules.clamp_mss && segments::clamp_mss(packet, checksum, *rules.clamp_mss)) {
    ++counters_.mss_clamped;
  }
  if (*offload == Offload{}) return plain_packet(packet);
  if (offload->gso != Gso::None) ++counters_.super_packets_in;
  flush();  // what came before it, perhaps of the same flow
  if (!device_.features().header || !device_.takes(offload->gso)) {
    return write_segments(packet, *offload, rules.largest_segment.bytes);
  }
  counters_.packets_in += 1;
  counters_.bytes_in += packet.size();
  write(packet, *offload);
}

void Inbound::bad_frame(TimePoint now) noexcept {
  ++counters_.dropped_metadata;
  note_lie(now);
}

void Inbound::note_lie(TimePoint now) noexcept {
  if (!lies_.allow(now)) peer_lies_ = true;
}

void Inbound::plain_packet(Bytes packet) {
  counters_.packets_in += 1;
  counters_.bytes_in += packet.size();
  if (device_.features().tcp) {
    joiner_.add(packet, *this);
  } else {
    write(packet, {});
  }
}

/// What the joiner hands on.
void Inbound::packet(Bytes packet, const Offload& offload) {
  if (offload.gso == Gso::None) return write(packet, offload);
  counters_.joins = joiner_.counters().segments;
  if (device_.write(packet, offload)) return;
  const auto payload = packet.size() - offload.header_size;
  const auto count = (payload + offload.segment_size - 1) / offload.segment_size;
  counters_.dropped_tun += count;
  counters_.packets_in -= count;
  counters_.bytes_in -= packet.size() + (count - 1) * offload.header_size;
}

void Inbound::write(Bytes packet, const Offload& offload) {
  if (device_.write(packet, offload)) return;
  ++counters_.dropped_tun;
  --counters_.packets_in;
  counters_.bytes_in -= packet.size();
}

/// For a device that does not take the whole.
void Inbound::write_segments(Bytes packet, const Offload& offload, std::size_t largest) {
  auto splitter = segments::Splitter::create(packet, offload, largest);
  if (!splitter) {
    ++counters_.dropped_metadata;
    return;
  }
  counters_.packets_in += 1;
  counters_.bytes_in += packet.size();
  if (offload.gso != Gso::None) ++counters_.splits;
  bool taken = true;
  while (const auto size = splitter->next(scratch())) {
    if (offload.gso != Gso::None) ++counters_.segments;
    taken = device_.write(scratch().first(*size), {}) && taken;
  }
  if (taken) return;
  ++counters_.dropped_tun;
  --counters_.packets_in;
  counters_.bytes_in -= packet.size();
}

void Inbound::release_unused() noexcept {
  scratch_ = {};
  joiner_.release();
}

}  // namespace tunnel::session
