#include "pppd-bridge/queue/scheduler.hpp"

#include "tunneld/base/check.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::queue {

namespace {

/// To look for the fattest flow takes long, so it loses more at once than is needed (RFC 8290
/// §4.1): up to half of what it holds, but no more than a few packets' worth.
constexpr std::uint64_t kDropPackets = 64;
constexpr std::size_t kDropShare = 64;  // of the limit in octets

}  // namespace

Scheduler::Scheduler(const Limits& limits) noexcept
    : limits_{limits}, aim_{limits.target, limits.interval} {}

Index Scheduler::push(const Arrival& arrival, TimePoint now) {
  drain_.advance(now, packets_ > 0);
  if (flows_.empty()) flows_.resize(limits_.flows);
  const auto item = take_index();
  items_[item] = {now, arrival.size, arrival.memory, kNone};
  const auto index = bucket(arrival.flow_hash);
  auto& flow = flows_[index];
  flow.items.push_back(items_, item);
  flow.bytes += arrival.size;
  if (!flow.listed) {
    flow.listed = true;
    flow.deficit = limits_.quantum;
    new_flows_.push_back(flows_, index);
  }
  ++packets_;
  bytes_ += arrival.size;
  memory_ += arrival.memory;
  return item;
}

Dropped Scheduler::keep_limits(PacketStore& store) noexcept {
  Dropped dropped;
  while (over_limits()) {
    auto& flow = flows_[fattest()];
    const auto enough = std::min<std::uint64_t>(flow.bytes / 2, limits_.bytes / kDropShare);
    Dropped batch;
    do {
      drop_from(flow, batch, store);
    } while (batch.bytes < enough && batch.packets < kDropPackets);
    flow.codel.add_drops(static_cast<std::uint32_t>(batch.packets));
    dropped.packets += batch.packets;
    dropped.bytes += batch.bytes;
  }
  counters_.full.packets += dropped.packets;
  counters_.full.bytes += dropped.bytes;
  return dropped;
}

std::optional<Index> Scheduler::pop(TimePoint now, PacketStore& store) noexcept {
  drain_.advance(now, packets_ > 0);
  follow_drain_rate();
  while (!new_flows_.empty() || !old_flows_.empty()) {
    const bool is_new = !new_flows_.empty();
    auto& list = is_new ? new_flows_ : old_flows_;
    const auto index = list.front();
    auto& flow = flows_[index];
    if (flow.deficit <= 0) {
      flow.deficit += limits_.quantum;
      list.pop_front(flows_);
      old_flows_.push_back(flows_, index);
      continue;
    }
    if (const auto item = take_from(flow, now, store)) {
      flow.deficit -= items_[*item].size;
      drain_.taken(items_[*item].size, packets_ > 0);
      return item;
    }
    list.pop_front(flows_);
    // A new flow that has nothing more waits for the end of the round: it would be new again with
    // its next packet, and so starve the others (RFC 8290 §4.2).
    flow.listed = is_new && !old_flows_.empty();
    if (flow.listed) old_flows_.push_back(flows_, index);
  }
  return std::nullopt;
}

/// The first packet of the flow that CoDel lets pass; nullopt: there is none.
std::optional<Index> Scheduler::take_from(Flow& flow, TimePoint now, PacketStore& store) noexcept {
  while (!flow.items.empty()) {
    const auto held = flow.bytes;
    const auto item = unlink_first(flow);
    const auto sojourn = now - items_[item].arrived;
    auto verdict = flow.codel.judge(sojourn, held, limits_.mtu, aim_, now);
    if (verdict == Codel::Verdict::Signal && store.mark(item)) {
      ++counters_.marked;
      verdict = Codel::Verdict::Pass;
    }
    free_items_.push_back(items_, item);
    if (verdict == Codel::Verdict::Pass) {
      note_passed(sojourn);
      return item;
    }
    ++counters_.codel.packets;
    counters_.codel.bytes += items_[item].size;
    store.drop(item);
  }
  flow.codel.emptied();
  return std::nullopt;
}

Dropped Scheduler::clear(TimePoint now, PacketStore& store) noexcept {
  drain_.advance(now, packets_ > 0);
  Dropped dropped;
  for (auto* list : {&new_flows_, &old_flows_}) {
    while (!list->empty()) {
      auto& flow = flows_[list->pop_front(flows_)];
      while (!flow.items.empty()) drop_from(flow, dropped, store);
      flow = {};
    }
  }
  drain_.taken(0, false);
  counters_.cleared.packets += dropped.packets;
  counters_.cleared.bytes += dropped.bytes;
  return dropped;
}

void Scheduler::release_unused() noexcept {
  if (packets_ > 0) return;
  items_ = decltype(items_){};  // not {}, which keeps the capacity
  free_items_ = {};
  flows_ = decltype(flows_){};
  new_flows_ = {};
  old_flows_ = {};
}

Delays Scheduler::take_delays() noexcept {
  Delays delays{passed_, {}, longest_wait_};
  if (passed_ > 0) delays.mean = waited_ / static_cast<Duration::rep>(passed_);
  passed_ = 0;
  waited_ = {};
  longest_wait_ = {};
  return delays;
}

/// The rate changes a few times a second at most.
void Scheduler::follow_drain_rate() noexcept {
  if (drain_.rate() == aim_rate_) return;
  aim_rate_ = drain_.rate();
  // A link on which a packet takes longer than the target could never reach it (RFC 8290 §5.2.2).
  // Packets are of the size of the wire: where the rate is so low that it matters, super-packets
  // must not wait here, for one of them delays everybody else by its own length. An interval must
  // have room for a queue to stand and to go.
  aim_.target = std::max(limits_.target, aim_rate_->time_of(limits_.mtu * 3 / 2));
  aim_.interval = std::max(limits_.interval, 2 * aim_.target);
}

Index Scheduler::take_index() {
  if (!free_items_.empty()) return free_items_.pop_front(items_);
  items_.emplace_back();
  return static_cast<Index>(items_.size() - 1);
}

/// Spreads hashes without a division, by their upper bits.
Index Scheduler::bucket(std::uint32_t hash) const noexcept {
  return static_cast<Index>(std::uint64_t{hash} * limits_.flows >> 32);
}

bool Scheduler::over_limits() const noexcept {
  return packets_ > limits_.packets || bytes_ > limits_.bytes || memory_ > limits_.memory;
}

/// A flow that has something queued is in one of the lists.
Index Scheduler::fattest() const noexcept {
  Index found = kNone;
  std::uint64_t most = 0;
  for (const auto& list : {new_flows_, old_flows_}) {
    if (list.empty()) continue;
    for (auto index = list.front(); index != kNone; index = flows_[index].next) {
      if (flows_[index].bytes <= most) continue;
      found = index;
      most = flows_[index].bytes;
    }
  }
  TUNNEL_CHECK(found != kNone);
  return found;
}

void Scheduler::drop_from(Flow& flow, Dropped& dropped, PacketStore& store) noexcept {
  const auto item = unlink_first(flow);
  ++dropped.packets;
  dropped.bytes += items_[item].size;
  free_items_.push_back(items_, item);
  store.drop(item);
}

Index Scheduler::unlink_first(Flow& flow) noexcept {
  const auto item = flow.items.pop_front(items_);
  flow.bytes -= items_[item].size;
  --packets_;
  bytes_ -= items_[item].size;
  memory_ -= items_[item].memory;
  return item;
}

void Scheduler::note_passed(Duration sojourn) noexcept {
  ++passed_;
  waited_ += sojourn;
  longest_wait_ = std::max(longest_wait_, sojourn);
}

}  // namespace tunnel::queue
