#pragma once

#include "tests/support/sites.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tunnel::test {

/// Numbered datagrams from one node to another, a hundred a second, served by a thread of its own.
/// They are also the clock of these tests: time passes when packets are sent.
class NumberedStream {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr Limit kInterval = 10ms;

  NumberedStream(const World& world, const std::string& from, const std::string& to,
                 const std::string& address);
  NumberedStream(const NumberedStream&) = delete;
  NumberedStream& operator=(const NumberedStream&) = delete;
  ~NumberedStream();

  /// Waits until as many more were sent as are in so much time.
  void let_pass(Limit time);

  /// Waits until one that was sent after this call has arrived, and returns when.
  Clock::time_point goes_on(Limit limit = kPatience);

  /// The number of the next one.
  std::uint64_t next();

  /// Of those from number `first` to the newest that has arrived, how many have not.
  std::uint64_t lost_since(std::uint64_t first);

  /// The longest time between two arrivals, of those from number `first` on.
  Clock::duration longest_gap_since(std::uint64_t first);

 private:
  void work();
  void send();
  void receive();

  UniqueFd receiver_;
  UniqueFd sender_;
  UniqueFd timer_;
  UniqueFd stop_;
  std::mutex mutex_;  // all below, but for the thread
  std::condition_variable progress_;
  std::uint64_t sent_ = 0;
  std::uint64_t newest_ = 0;  // one more than the highest number that has arrived
  std::vector<std::optional<Clock::time_point>> arrivals_;
  std::jthread thread_;
};

}  // namespace tunnel::test
