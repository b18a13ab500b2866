#pragma once

#include "tunneld/base/check.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tunnel::transport {

enum class IoStatus : std::uint8_t {
  Done,        // at least one byte moved (flush: nothing is left to move)
  WouldBlock,  // nothing moved; wait for what watches() names
  Closed,      // the far side ended the stream in good order
  Failed,      // the stream broke
};

/// What one call did. `bytes` is above 0 exactly when a read or write is Done. Closed and Failed
/// are final, and come only after everything that had arrived before was read.
struct Io {
  std::size_t bytes = 0;
  IoStatus status = IoStatus::WouldBlock;
};

/// What to wait for on a descriptor, as flags.
enum class Interest : std::uint8_t { None = 0, Readable = 1, Writable = 2, Both = 3 };

constexpr Interest operator|(Interest a, Interest b) noexcept {
  return static_cast<Interest>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}

constexpr Interest operator&(Interest a, Interest b) noexcept {
  return static_cast<Interest>(static_cast<std::uint8_t>(a) & static_cast<std::uint8_t>(b));
}

/// One descriptor for a level-triggered epoll. Interest::None still reports errors and hang-ups.
struct Watch {
  int fd = -1;
  Interest interest = Interest::None;

  bool operator==(const Watch&) const = default;
};

/// The descriptors of one transport: few, and asked for at every wakeup, so without an allocation.
class WatchList {
 public:
  static constexpr std::size_t kCapacity = 4;

  constexpr void add(Watch watch) noexcept {
    TUNNEL_CHECK(count_ < kCapacity);
    entries_[count_++] = watch;
  }

  constexpr const Watch* begin() const noexcept { return entries_.data(); }

  constexpr const Watch* end() const noexcept { return entries_.data() + count_; }

  constexpr std::size_t size() const noexcept { return count_; }

  bool operator==(const WatchList&) const = default;

 private:
  std::array<Watch, kCapacity> entries_{};
  std::size_t count_ = 0;
};

}  // namespace tunnel::transport
