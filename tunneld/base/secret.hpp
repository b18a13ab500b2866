#pragma once

#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tunnel {

/// Overwrites memory in a way that the compiler may not leave out.
void wipe(MutableBytes memory) noexcept;
void wipe(std::string& text) noexcept;

/// Whether both are the same: lengths first, then in a time that does not depend on the contents,
/// so that nobody learns how far he was right. Nothing equals an empty text.
bool constant_time_equal(Bytes expected, Bytes given) noexcept;

/// Bytes that must not outlive their use: zeroed on destruction, movable, neither copyable nor
/// formattable.
class Secret {
 public:
  Secret() = default;

  explicit Secret(std::vector<std::uint8_t> bytes) noexcept : bytes_{std::move(bytes)} {}

  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  Secret(Secret&& other) noexcept : bytes_{std::exchange(other.bytes_, {})} {}

  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe(bytes_);
      bytes_ = std::exchange(other.bytes_, {});
    }
    return *this;
  }

  ~Secret() { wipe(bytes_); }

  Bytes reveal() const noexcept { return bytes_; }

  bool empty() const noexcept { return bytes_.empty(); }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace tunnel
