#pragma once

#include "filter/kernel/log_message.hpp"
#include "tunneld/base/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace tunnel::filter::kernel {

/// The kernel's log of packets (NFLOG), one group of it. Records come some at a time, and up to
/// 10 ms late, so that 20,000 a second do not wake us 20,000 times.
class LogSocket {
 public:
  /// AtOnce: a record each time, for whoever waits for it.
  enum class Delivery : std::uint8_t { Together, AtOnce };

  /// Binds the group: nobody else gets its packets.
  static Result<LogSocket> open(unsigned group, Delivery delivery = Delivery::Together);

  LogSocket(LogSocket&&) noexcept;
  LogSocket& operator=(LogSocket&&) noexcept;
  ~LogSocket();

  /// To wait for; readable when there is something to read().
  int fd() const noexcept;

  enum class Rest : bool { No, Yes };

  /// Brings what has come, but not for ever: Rest::Yes, there is more. Not an error: that the
  /// kernel had to drop records, see lost().
  Result<Rest> read(const std::function<void(const LoggedPacket&)>& each);

  /// How often the kernel has dropped records because they were not read in time.
  std::uint64_t overruns() const noexcept;
  /// Records that are missing in the kernel's count. It is known when the next one comes.
  std::uint64_t lost() const noexcept;

 private:
  struct Impl;
  explicit LogSocket(std::unique_ptr<Impl> impl) noexcept;

  std::unique_ptr<Impl> impl_;
};

}  // namespace tunnel::filter::kernel
