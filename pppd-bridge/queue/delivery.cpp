#include "pppd-bridge/queue/delivery.hpp"

#include <algorithm>

namespace tunnel::queue {

void Delivery::sent(std::uint64_t total, TimePoint now, Demand demand) noexcept {
  if (in_flight() == 0) {
    first_sent_at_ = now;
    acknowledged_at_ = now;
  }
  sent_ = total;
  if (size_ > 0 && (newest().sent_at == now || size_ == kRecords)) {
    newest().end = total;
    return;
  }
  ++size_;
  newest() = {total, now, acknowledged_, acknowledged_at_, first_sent_at_, demand};
}

DeliverySample Delivery::acknowledged(std::uint64_t total, TimePoint now) noexcept {
  acknowledged_ = total;
  acknowledged_at_ = now;
  while (records_[oldest_].end < total) {
    oldest_ = (oldest_ + 1) % kRecords;
    --size_;
  }
  const auto record = records_[oldest_];  // that the last octet is of
  if (record.end == total) {
    oldest_ = (oldest_ + 1) % kRecords;
    --size_;
  }
  first_sent_at_ = record.sent_at;
  DeliverySample sample{{}, now - record.sent_at, record.sent_at, record.demand};
  const auto time = std::max(now - record.acknowledged_at, record.sent_at - record.first_sent_at);
  if (time > Duration{}) sample.rate = Rate::of(total - record.acknowledged, time);
  return sample;
}

}  // namespace tunnel::queue
