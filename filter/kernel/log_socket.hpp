#pragma once

#include "filter/model/rule.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace tunnel::filter::kernel {

/// A packet that a rule has logged, valid during the call that brings it.
struct LoggedPacket {
  Direction direction = Direction::In;
  std::uint32_t mark = 0;
  std::string prefix{};
  unsigned interface = 0;            // its index: where it came in, or goes out
  std::chrono::microseconds time{};  // since 1970; zero: the kernel told none
  Bytes packet{};                    // as far as it was asked for
};

/// The kernel's log of packets (NFLOG), one group of it.
class LogSocket {
 public:
  /// Binds the group: nobody else gets its packets.
  static Result<LogSocket> open(unsigned group);

  LogSocket(LogSocket&&) noexcept;
  LogSocket& operator=(LogSocket&&) noexcept;
  ~LogSocket();

  /// To wait for; readable when there is something to read().
  int fd() const noexcept;

  /// Brings what has come. Not an error: that the kernel had to drop records, see lost().
  Result<void> read(const std::function<void(const LoggedPacket&)>& each);

  /// How often the kernel has dropped records because they were not read in time.
  std::uint64_t overruns() const noexcept;
  /// Records that are missing in the kernel's count.
  std::uint64_t lost() const noexcept;

 private:
  struct Impl;
  explicit LogSocket(std::unique_ptr<Impl> impl) noexcept;

  std::unique_ptr<Impl> impl_;
};

}  // namespace tunnel::filter::kernel
