#pragma once

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/secret.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tunnel::auth {

/// Octets on the stack that a secret could be computed or guessed from: zeroed on destruction.
template <std::size_t Size>
class Wiped {
 public:
  Wiped() = default;
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;

  ~Wiped() { wipe(octets_); }

  MutableBytes writable() noexcept { return octets_; }

  Bytes reveal() const noexcept { return octets_; }

 private:
  std::array<std::uint8_t, Size> octets_{};
};

}  // namespace tunnel::auth
