#pragma once

#include "pppd-bridge/queue/rate.hpp"
#include "tunneld/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tunnel::queue {

/// Whether there was so much to send that what took it was the limit.
enum class Demand : std::uint8_t { Short, Enough };

/// What an acknowledgement tells of the path, by the last octet that it is of.
struct DeliverySample {
  std::optional<Rate> rate;  // nullopt: no time has passed
  Duration round_trip{};
  TimePoint sent_at{};
  Demand demand = Demand::Short;
};

/// Measures how fast a stream arrives, by what is sent and what is acknowledged, both as totals
/// (draft-ietf-ccwg-bbr, "Delivery Rate Samples"): what was acknowledged between the sending of
/// some octets and their acknowledgement, over that time, or over the time in which it was sent if
/// that is longer. So neither bursts nor acknowledgements that come in lumps make the path look
/// faster than it is.
class Delivery {
 public:
  /// `total` octets have been sent up to now; it must not decrease.
  void sent(std::uint64_t total, TimePoint now, Demand demand) noexcept;

  /// `total` octets have been acknowledged: more than before, and no more than were sent.
  DeliverySample acknowledged(std::uint64_t total, TimePoint now) noexcept;

  std::uint64_t sent() const noexcept { return sent_; }

  std::uint64_t acknowledged() const noexcept { return acknowledged_; }

  std::uint64_t in_flight() const noexcept { return sent_ - acknowledged_; }

 private:
  /// What was sent at one point in time, and how things stood then.
  struct Record {
    std::uint64_t end = 0;  // total sent, this included
    TimePoint sent_at{};
    std::uint64_t acknowledged = 0;
    TimePoint acknowledged_at{};
    TimePoint first_sent_at{};
    Demand demand = Demand::Short;
  };

  /// Enough for 100 ms of wakeups on a busy link; if there are more, the last one takes it all.
  static constexpr std::size_t kRecords = 512;

  Record& newest() noexcept { return records_[(oldest_ + size_ - 1) % kRecords]; }

  std::array<Record, kRecords> records_{};
  std::size_t oldest_ = 0;
  std::size_t size_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t acknowledged_ = 0;
  TimePoint acknowledged_at_{};
  TimePoint first_sent_at_{};  // of what was sent in the time that is measured now
};

}  // namespace tunnel::queue
