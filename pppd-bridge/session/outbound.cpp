#include "pppd-bridge/session/outbound.hpp"

#include "pppd-bridge/segments/ecn.hpp"
#include "pppd-bridge/segments/flow.hpp"
#include "pppd-bridge/segments/mss_clamp.hpp"
#include "pppd-bridge/segments/super_packet.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::session {

namespace {

using segments::Checksum;
using segments::Fault;
using segments::Gso;
using segments::Offload;

/// A link slower than this has super-packets cut before they wait: one of 64 KiB takes 10 ms there,
/// in which nobody else sends. On a faster one it is not worth the time of the processor, which may
/// be what makes it slow.
constexpr queue::Rate kSlow{50e6 / 8};

}  // namespace

Outbound::Outbound(Counters& counters, std::uint64_t seed)
    : counters_{counters}, seed_{seed}, queue_{queue::Limits{}, segments::mark_congestion} {}

bool Outbound::slow() const noexcept {
  const auto rate = queue_.drain_rate();
  return rate && *rate < kSlow;
}

void Outbound::push(queue::Buffer packet, Offload offload, const OutboundRules& rules,
                    TimePoint now) {
  const auto largest = rules.largest_segment.bytes;
  if (rules.clamp_mss && segments::clamp_mss(packet.bytes(), offload.checksum, *rules.clamp_mss)) {
    ++counters_.mss_clamped;
  }
  auto fault = Fault::None;
  if (rules.carriage == Carriage::Whole) {
    fault = segments::make_derivable(packet.bytes(), offload, largest);
  } else if (offload != Offload{}) {
    fault = segments::inspect(packet.bytes(), offload, largest).fault();
  }
  if (fault == Fault::TooLarge || (offload == Offload{} && packet.size() > largest)) {
    ++counters_.dropped_too_big;
    return;
  }
  // What a peer would not take whole goes in segments, unless it is no packet at all.
  const bool to_cut = offload.gso != Gso::None && (fault != Fault::None || slow());
  if (fault != Fault::None && !to_cut) {
    ++counters_.dropped_malformed;
    return;
  }
  const auto flow = segments::flow_hash(packet.bytes(), seed_);
  if (to_cut) {
    const auto whole = segments::Splitter::create(packet.bytes(), offload, largest);
    if (whole) return queue_segments(*whole, flow, now);
    ++counters_.dropped_malformed;
    return;
  }
  queue_packet(std::move(packet), {offload, rules.carriage}, flow, now);
}

void Outbound::queue_packet(queue::Buffer packet, const Waiting& what, std::uint32_t flow,
                            TimePoint now) {
  queue_.push({std::move(packet), what, flow}, now);
}

void Outbound::queue_segments(const segments::Splitter& whole, std::uint32_t flow, TimePoint now) {
  auto splitter = whole;
  ++counters_.splits;
  for (;;) {
    auto segment = pool_.take();
    const auto size = splitter.next(segment.bytes());
    if (!size) return;
    segment.shrink(*size);
    ++counters_.segments;
    queue_packet(std::move(segment), {}, flow, now);
  }
}

bool Outbound::send_next(PacketSink& sink, const OutboundRules& rules, TimePoint now) {
  if (cutting_) {
    send_segment(sink);
    return true;
  }
  auto next = queue_.pop(now);
  if (!next) return false;
  const auto& [offload, carriage] = next->meta;
  // Compression may have ended since it was queued: a peer could not work such metadata out.
  const bool whole = rules.carriage == Carriage::Whole && carriage == Carriage::Whole;
  if (!whole && offload != Offload{}) {
    if (begin_cutting(std::move(next->buffer), offload, rules)) send_segment(sink);
    return true;
  }
  if (offload.gso != Gso::None) ++counters_.super_packets_out;
  sink.send_packet(next->buffer.bytes(), offload);
  return true;
}

bool Outbound::begin_cutting(queue::Buffer packet, const Offload& offload,
                             const OutboundRules& rules) {
  const auto splitter =
      segments::Splitter::create(packet.bytes(), offload, rules.largest_segment.bytes);
  if (!splitter) {
    ++counters_.dropped_malformed;
    return false;
  }
  if (offload.gso != Gso::None) ++counters_.splits;
  cutting_.emplace(Cutting{std::move(packet), *splitter});
  if (segment_.empty()) segment_.resize(queue::BufferPool::kLargest);
  return true;
}

void Outbound::send_segment(PacketSink& sink) {
  const auto size = cutting_->splitter.next(segment_);
  if (!size) return cutting_.reset();
  if (cutting_->splitter.segments() > 1) ++counters_.segments;
  sink.send_packet(Bytes{segment_}.first(*size), {});
}

std::uint64_t Outbound::clear(TimePoint now) {
  cutting_.reset();
  return queue_.clear(now).packets;
}

void Outbound::release_unused() noexcept {
  if (!empty()) return;
  queue_.release_unused();
  pool_.release_unused();
  segment_ = {};
}

}  // namespace tunnel::session
